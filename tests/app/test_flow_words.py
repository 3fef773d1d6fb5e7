from __future__ import annotations

import pytest

from adapters.records import Message
from app.followup import standalone
from app.phrases import asked_in

BEFORE = (Message("user", "年休假有几天？"), Message("assistant", "十天。"))


@pytest.mark.parametrize("question", ["那病假呢？", "它可以折现吗", "怎么申请"])
def test_a_leaning_question_takes_the_last_one_along(question: str) -> None:
    assert standalone(question, BEFORE) == f"年休假有几天？ {question}"


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
