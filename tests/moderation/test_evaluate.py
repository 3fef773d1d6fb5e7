# ruff: noqa: E501  lists of samples
"""The default policy keeps its promises on the project's own sets, all at one setting."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from adapters.errors import BadInput
from moderation.batch import moderate_file
from moderation.evaluate import evaluate

SETS = Path(__file__).parent.parent / "data" / "moderation"


@pytest.fixture(scope="module")
def result() -> dict[str, dict[str, float]]:
    return evaluate(SETS)


@pytest.mark.parametrize(
    ("name", "key", "least", "most"),
    [
        ("evasion_tier1", "found", 0.99, 1), ("evasion_tier2", "found", 0.9, 1), ("evasion_tier3", "found", 0.8, 1), ("boundary", "withheld", 0, 0.03), ("policy_texts", "withheld", 0, 0.02),
        ("business_emails", "withheld", 0, 0), ("unsafe_zh", "found", 0.85, 1), ("unsafe_en", "found", 0.85, 1), ("injection", "found", 0.9, 1),
        ("pii", "recall", 0.98, 1), ("pii", "precision", 0.97, 1),
    ],
)  # fmt: skip
def test_the_bars_are_met(result: dict[str, dict[str, float]], name: str, key: str, least: float, most: float) -> None:
    assert least <= result[name][key] <= most


def test_a_file_is_judged_line_by_line(tmp_path: Path) -> None:
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    lines = [{"id": 7, "text": "打13812345678"}, {"id": "b", "text": "年假有几天", "lang": "zh"}]
    source.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    counts = moderate_file(source, target, "answer")
    first, second = (json.loads(line) for line in target.read_text(encoding="utf-8").splitlines())
    assert first == {
        "id": 7,
        "verdict": "mask",
        "category": "mobile",
        "rule": "mobile",
        "spans": [[1, 12]],
        "output": "打" + "＊" * 11,
    }
    assert second["verdict"] == "pass" and second["output"] == "年假有几天"
    assert counts.by_verdict == {"mask": 1, "pass": 1}


def test_a_line_without_text_is_named(tmp_path: Path) -> None:
    source = tmp_path / "in.jsonl"
    source.write_text('{"text": "a"}\n{"id": 1}\n', encoding="utf-8")
    with pytest.raises(BadInput, match=r"in\.jsonl:2"):
        moderate_file(source, tmp_path / "out.jsonl", "question")
