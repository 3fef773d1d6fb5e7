from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from adapters.records import Chunk, Passage
from app.direct import Candidate, candidates, cited, contradiction, direct


def pair(question: str, answer: str = "每年5天。", near: float = 0.8, start: int = 0, wording: str = "") -> Passage:
    text = f"## {question}\n\n{answer}"
    chunk = Chunk(
        f"d:1:{start}", "d", 0, text, "\x02" + (wording or question), start, start + len(text), start,
        start + len(text), "zh", (question,), location="faq!A2:C2", kind="faq",
    )  # fmt: skip
    return Passage(chunk, "faq.csv", "faq", 1, near, text, {"dense": near})


def text_of(passage: Passage, near: float = 0.6) -> Passage:
    scores: Mapping[str, float] = {"dense": near}
    return replace(passage, chunk=replace(passage.chunk, kind="text", id="t"), score=near, scores=scores)


def other(near: float = 0.2) -> Passage:
    return pair("打印机卡纸怎么处理？", "抽出纸张。", near, start=500)


def test_a_near_and_clear_question_is_answered_word_for_word_and_cited_to_its_row() -> None:
    stored = pair("年假有几天？")
    given = direct("每年可以休几天假", [stored, text_of(stored), other()])
    assert given is not None
    shown = cited(given, given.answer)
    assert shown.text == "每年5天。 [1]"
    (source,) = shown.citations
    assert (source.quote, source.location) == ("每年5天。", "faq!A2:C2")
    assert stored.chunk.text[source.start : source.end] == "每年5天。"


@pytest.mark.parametrize("near", [0.3, 0.49])
def test_a_distant_question_is_not(near: float) -> None:
    stored = pair("年假有几天？", near=near)
    assert direct("每年可以休几天假", [stored, text_of(stored, 0.9), other()]) is None


def test_two_pairs_as_near_as_each_other_are_for_the_model() -> None:
    stored, rival = pair("年假有几天？"), pair("婚假有几天？", "3天。", 0.79, start=500)
    assert direct("每年可以休几天假", [stored, text_of(stored), rival, text_of(rival)]) is None


def test_two_pairs_with_one_answer_are_no_rivals() -> None:
    stored, twin = pair("年假有几天？"), pair("年休假的天数", near=0.79, start=500)
    assert direct("每年可以休几天假", [stored, text_of(stored), twin, text_of(twin), other(0.1)]) is not None


def test_the_stored_question_itself_is_answered_unless_it_has_two_answers() -> None:
    stored = pair("年假有几天？", near=0.4)
    assert direct("年假有几天", [stored]) is not None
    assert direct("年假有几天", [stored, pair("年假有几天？", "10天。", 0.4, start=500)]) is None


def test_passages_alone_are_never_a_direct_answer() -> None:
    assert direct("年假有几天？", [text_of(pair("年假有几天？"), 0.95)]) is None
    assert direct("年假有几天？", []) is None


@pytest.mark.parametrize(
    ("question", "stored", "answer"),
    [
        ("工作满20年有几天年假", "工作满10年有几天年假", "10天"),
        ("怎样升级 TiKV", "怎样升级 TiDB", "用 tiup"),
        ("MongoDB 怎么备份", "数据库怎么备份", "用 mysqldump"),
        ("离职要办什么手续", "入职要办什么手续", "带身份证"),
        ("打车费不能报销的情况", "打车费能报销吗", "可以"),
        ("病假怎么申请？", "年假怎么申请？", "在系统里提交"),
        ("陪产假有多少天？", "产假有多少天？", "158天"),
        ("How do I import data into the CRM?", "How do I export data from the CRM?", "Ask the data steward."),
        ("Which holidays does the Berlin office observe?", "Which holidays does the London office observe?", "All."),
        ("Can I expense a home office monitor?", "Can I expense a home office chair?", "Yes."),
    ],
)
def test_what_tells_questions_apart_is_seen(question: str, stored: str, answer: str) -> None:
    assert contradiction(question, Candidate(pair(stored, answer), stored, 0.9, 0.6, 1.5))


@pytest.mark.parametrize(
    ("question", "stored", "answer"),
    [
        ("我每年能不能休假", "每年可以休假吗", "可以"),
        ("满10年的年假是多少", "年假有几天", "满10年的，10天"),
        ("去外地出差酒店最多能住多少钱的", "出差住宿标准是多少？", "每晚600元"),
        ("Will the company pay for a chair at home", "Can I expense a home office chair?", "Yes"),
    ],
)
def test_other_words_for_the_same_are_no_contradiction(question: str, stored: str, answer: str) -> None:
    assert not contradiction(question, Candidate(pair(stored, answer), stored, 0.9, 0.6, 1.5))


def test_an_answers_own_text_counts_for_its_pair() -> None:
    near, far = pair("甲怎么办", near=0.6), pair("乙怎么办", near=0.55, start=500)
    assert candidates([near, far, text_of(far, 0.9)])[0].passage is far
