from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from adapters.records import Chunk, Passage
from adapters.terms import terms
from app.rerank import Reranker, default_reranker, features


def passage(id: str, text: str, title: str = "手册", ordinal: int = 0, **scores: float) -> Passage:
    chunk = Chunk(id, id.split(":")[0], ordinal, text, f"{title}\n{text}", 0, len(text), 0, len(text), "zh")
    return Passage(chunk, f"{title}.md", title, 1, scores.get("fused", 0.5), text, scores)


def rarity(question: str) -> Mapping[str, float]:
    return dict.fromkeys(terms(question), 1.0)


def order(question: str, *passages: Passage) -> list[str]:
    scores = default_reranker().score(question, passages, rarity(question))
    return [p.chunk.id for _, p in sorted(zip(scores, passages, strict=True), key=lambda pair: -pair[0])]


def test_the_passage_that_says_it_in_one_sentence_goes_before_the_one_that_scatters_it() -> None:
    scattered = passage("a:1:0", "试用期内应遵守纪律。工资另行规定。最低标准由部门决定。", dense=0.5)
    stated = passage("b:1:0", "试用期工资最低为标准的百分之八十。", dense=0.5)
    assert order("试用期工资最低是多少", scattered, stated) == ["b:1:0", "a:1:0"]


def test_a_clause_asked_for_by_number_comes_first() -> None:
    passages = [
        passage(f"a:1:{i}", f"第{i}条 员工应当遵守本办法的有关规定。", ordinal=3 * i, dense=0.5) for i in (1, 2, 3)
    ]
    assert order("本办法第2条是什么", *passages)[0] == "a:1:2"


def test_a_number_counts_only_where_an_amount_is_asked_for() -> None:
    with_number = passage("a:1:0", "押金为500元。")
    asked, not_asked = (features(q, [with_number], rarity(q))[0] for q in ("押金是多少", "押金退给谁"))
    assert (asked["amount"], not_asked["amount"]) == (1.0, 0.0)


def test_words_say_nothing_across_languages_and_that_is_told() -> None:
    english = passage("a:1:0", "Ten days of leave.", dense=0.6)
    english = replace(english, chunk=replace(english.chunk, language="en"))
    row = features("年假有几天", [english], rarity("年假有几天"))[0]
    assert (row["crossing"], row["held"], row["dense"]) == (1.0, 0.0, 0.6)


def test_a_passage_beside_a_good_one_profits_from_it() -> None:
    good = passage("a:1:4", "年假十天", ordinal=4, fused=0.9)
    beside = passage("a:1:5", "申请方法", ordinal=5, fused=0.2)
    far = passage("a:1:9", "附则", ordinal=9, fused=0.2)
    assert [row["beside"] for row in features("年假", [good, beside, far], {})] == [0.2, 0.9, 0.0]


def test_an_unknown_feature_weighs_nothing() -> None:
    assert Reranker({"no such": 5.0}).score("年假", [passage("a:1:0", "年假")], {}) == [0.0]
