from __future__ import annotations

import pytest

from adapters.records import Chunk, Passage
from app.conflict import conflicts, told


def passage(document: str, text: str) -> Passage:
    chunk = Chunk(f"{document}:1:0", document, 0, text, text, 0, len(text), 0, len(text), "zh")
    return Passage(chunk, f"{document}.md", document, 1, 0.5, text)


@pytest.mark.parametrize(
    ("question", "left", "right", "figures"),
    [
        ("年休假有几天", "员工每年享受年休假10天。", "员工每年享受年休假十五天。", ("10天", "15天")),
        ("住宿标准是多少", "住宿标准为每晚500元。", "住宿标准为每晚 600 元。", ("500元", "600元")),
        (
            "How many days of parental leave?",
            "Employees get 10 days of parental leave.",
            "Employees get 15 days of parental leave.",
            ("10day", "15day"),
        ),
    ],
)
def test_two_documents_that_disagree_are_both_told(
    question: str, left: str, right: str, figures: tuple[str, str]
) -> None:
    found = conflicts(question, [passage("a", left), passage("b", right)])
    assert [one.figures for one in found] == [figures]
    assert all(name in told(found, "zh") and name in told(found, "en") for name in ("a.md", "b.md", figures[0]))


@pytest.mark.parametrize(
    ("question", "left", "right"),
    [
        ("年休假有几天", "员工每年享受年休假10天。", "员工每年享受年休假十天。"),
        ("年休假有几天", "员工每年享受年休假10天。", "员工生育享受产假158天，奖励假另计。"),
        ("年休假有几天", "第十条 员工享受年休假10天。", "第十二条 员工享受年休假10天。"),
        ("年休假有几天", "员工享受年休假10天。", "员工享受年休假10天，自2024年1月1日起施行。"),
        ("2024年的年休假有几天", "员工每年享受年休假10天。", "员工每年享受年休假15天。"),
        ("谁批准年休假", "住宿标准为每晚500元。", "住宿标准为每晚600元。"),
        ("住宿标准是多少", "住宿标准为每晚500元。", "住宿标准为每晚500元，共3天。"),
    ],
)
def test_what_only_looks_alike_is_no_conflict(question: str, left: str, right: str) -> None:
    assert conflicts(question, [passage("a", left), passage("b", right)]) == ()


def test_one_document_does_not_conflict_with_itself() -> None:
    scale = "工龄满1年的员工享受年休假5天。工龄满10年的员工享受年休假10天。"
    assert conflicts("员工年休假有几天", [passage("a", scale)]) == ()
