from __future__ import annotations

import pytest

from adapters.records import Message
from app.followup import standalone
from app.phrases import asked_in

BEFORE = (Message("user", "年休假有几天？"), Message("assistant", "十天。"))


@pytest.mark.parametrize("question", ["那呢？", "它可以折现吗", "怎么申请"])
def test_a_leaning_question_takes_the_last_one_along(question: str) -> None:
    assert standalone(question, BEFORE) == f"年休假有几天？ {question}"


@pytest.mark.parametrize(
    ("last", "question", "meant"),
    [
        ("年休假有几天？", "那病假呢？", "病假有几天？"),
        ("How many days of annual leave do I get?", "what about sick leave?", "How many days of sick leave do I get?"),
        ("年休假有几天？", "那社保呢？", "年休假有几天？ 那社保呢？"),
    ],
)
def test_another_thing_of_the_same_kind_takes_the_place_of_the_first(last: str, question: str, meant: str) -> None:
    assert standalone(question, [Message("user", last)]) == meant


def test_a_topic_is_carried_over_several_leaning_questions() -> None:
    history = [Message("user", text) for text in ("年休假有几天？", "那病假呢？")]
    assert standalone("它要证明吗", history) == "病假有几天？ 它要证明吗"


@pytest.mark.parametrize(
    "question", ["如果发票丢了怎么办，需要补开证明吗", "Is there any policy on travel for contractors?"]
)
def test_a_weak_sign_does_not_make_a_full_question_lean(question: str) -> None:
    assert standalone(question, BEFORE) == question


@pytest.mark.parametrize("question", ["出差住宿费的报销标准是多少？", "How many days of parental leave may I take?"])
def test_a_question_that_stands_alone_is_left_alone(question: str) -> None:
    assert standalone(question, BEFORE) == question
    assert standalone("那呢？", ()) == "那呢？"


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("如何部署 TiDB cluster on Kubernetes?", "zh"),
        ("VPN 怎么连", "zh"),
        ("What does 年休假 mean?", "en"),
        ("How is the annual leave computed?", "en"),
        ("", "en"),
    ],
)
def test_the_answer_is_in_the_language_of_the_question(question: str, language: str) -> None:
    assert asked_in(question) == language
