from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from adapters.records import Asker, Passage
from app.asked import Understand
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


def searching(parts: Parts, **settings: object) -> Search:
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
    assert set(result.milliseconds) == {"understand", "embed", "dense", "lexical", "fuse", "read", "related"}
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


def test_both_sides_of_a_comparison_are_among_the_first(tmp_path: Path) -> None:
    files = {f"leave{i}.txt": f"年休假的天数另见附件{i}" for i in range(5)} | {"sick.txt": "病假三天"}
    search = searching(stored(tmp_path, files), understand=Understand())
    assert "sick.txt" in found(search, "年休假和病假分别有几天", k=3)[:2]


def test_a_best_passage_that_ends_with_a_colon_brings_what_follows(tmp_path: Path) -> None:
    text = "报销年休假交通费需要下列材料：\n\n甲表与乙表。\n\n别的事情。"
    result = searching(stored(tmp_path, {"form.txt": text, **FILES}))("报销年休假交通费需要什么材料", BOB)
    assert [(p.chunk.ordinal, p.why) for p in result.passages[:2]] == [(0, ""), (1, "continues")]


def test_what_is_brought_in_must_be_readable_too(tmp_path: Path) -> None:
    parts = stored(tmp_path, {"open.txt": "工资规则见附件"})
    fill(tmp_path / "secret", {"s.txt": "工资明细"}, parts, ("group:hr",))
    hidden = next(id for id in parts.library.chunk_ids() if "明细" in parts.library.passages([id])[0].chunk.text)
    search = searching(parts, related=lambda question, passages: [(hidden, "cited")])
    assert found(search, "工资规则", BOB) == ["open.txt"]
    assert found(search, "工资规则", ANN) == ["open.txt", "s.txt"]


def test_the_reranker_orders_and_its_scores_show(tmp_path: Path) -> None:
    class Backwards:
        def score(self, question: str, passages: Sequence[Passage], rarity: Mapping[str, float]) -> list[float]:
            return [float(number) for number, _ in enumerate(passages)]

    parts = stored(tmp_path, FILES)
    plain, turned = found(searching(parts), "年休假有几天"), searching(parts, reranker=Backwards())("年休假有几天", BOB)
    assert [p.document_path for p in turned.passages] == plain[::-1]
    assert turned.passages[0].scores["reranked"] == 2.0 and turned.legs["reranked"][0] == turned.passages[0].chunk.id
