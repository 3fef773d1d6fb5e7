from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from adapters.records import Asker
from app.search import Search, fuse
from ingest.keep import sync
from ingest.pipeline import Parts
from tests.parts import ANN, BOB, small_parts


def stored(tmp_path: Path, files: dict[str, str], readers: tuple[str, ...] = ("public",)) -> Parts:
    parts = small_parts(tmp_path)
    fill(tmp_path / "docs", files, parts, readers)
    return parts


def fill(folder: Path, files: dict[str, str], parts: Parts, readers: tuple[str, ...]) -> None:
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    list(sync(folder, folder.name, parts, readers))


def searching(parts: Parts, **settings: int) -> Search:
    def weigh(terms: Sequence[str]) -> dict[str, float]:
        return dict.fromkeys(terms, 1.0)

    return Search(parts.library, parts.vectors, parts.words, parts.embedder, weigh, **settings)  # type: ignore[arg-type]


def found(search: Search, question: str, asker: Asker = BOB, k: int = 8) -> list[str]:
    return [passage.document_path for passage in search(question, asker, k).passages]


FILES = {
    "leave.txt": "员工每年享受十天年休假。",
    "travel.txt": "出差住宿标准为每晚五百元。",
    "api.txt": "Error ERR-4012 means the request timed out.",
}


@pytest.mark.parametrize(
    ("question", "right"),
    [("年休假有几天", "leave.txt"), ("住宿标准", "travel.txt"), ("what does ERR-4012 mean", "api.txt")],
)
def test_the_right_document_comes_first(tmp_path: Path, question: str, right: str) -> None:
    assert found(searching(stored(tmp_path, FILES)), question)[0] == right


def test_every_passage_carries_its_scores_and_every_stage_its_time(tmp_path: Path) -> None:
    result = searching(stored(tmp_path, FILES))("年休假有几天", BOB)
    assert set(result.passages[0].scores) == {"dense", "lexical", "fused"}
    assert set(result.milliseconds) == {"embed", "dense", "lexical", "fuse", "read"}
    assert set(result.legs) == {"dense", "lexical", "fused"}


def test_what_may_not_be_read_is_not_found_and_does_not_displace_what_may(tmp_path: Path) -> None:
    parts = stored(tmp_path, {"mine.txt": "salary rules for everyone"})
    secrets = {f"s{i}.txt": f"salary salary salary of person {i}" for i in range(40)}
    fill(tmp_path / "secret", secrets, parts, ("group:hr",))
    search = searching(parts, overfetch=10, candidates=10)
    assert found(search, "salary", BOB) == ["mine.txt"]
    assert len(found(search, "salary", ANN)) == 8


def test_one_long_document_does_not_crowd_out_the_others(tmp_path: Path) -> None:
    long = "\n\n".join(f"leave rule {i}" for i in range(10))
    parts = stored(tmp_path, {"long.txt": long, "short.txt": "leave rule of another kind"})
    assert "short.txt" in found(searching(parts), "leave rule", k=4)


def test_an_empty_knowledge_base_finds_nothing(tmp_path: Path) -> None:
    assert found(searching(stored(tmp_path, {})), "anything") == []


def test_words_count_by_their_share_of_the_question() -> None:
    cosines = {"a": 0.6, "b": 0.5, "c": 0.4}
    assert fuse(cosines, {"b": 8.0}, 10.0, 0.5) == pytest.approx({"a": 0.6, "b": 0.9, "c": 0.4})
    # The best word match of a question that shares hardly a word with the texts does not decide.
    weak = fuse(cosines, {"c": 0.5}, 10.0, 0.5)
    assert max(weak, key=lambda id: weak[id]) == "a"
    assert fuse(cosines, {"c": 9.0}, 10.0, 0.0) == cosines
    assert fuse({}, {}, 0.0, 0.5) == {}
