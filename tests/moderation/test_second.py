"""A guard model is asked only in doubt; what it says, or that it says nothing, is dealt with as the policy wants."""

from __future__ import annotations

import threading
from dataclasses import replace

import httpx
import pytest

from adapters.errors import EngineUnavailable
from adapters.judge.openai_judge import OpenAiJudge, opinion
from adapters.judge.reading_judge import ReadingJudge
from adapters.records import Opinion, Prompt
from moderation.moderator import Event, Moderator
from moderation.policy import JudgePolicy, load_policy
from moderation.second import SecondOpinion
from tests.app.test_answer import ReadingChat

POLICY = replace(load_policy(), judge=JudgePolicy(zone=0.0, seconds=5))


class Judges:
    """Says what it was told to, and remembers what it was asked."""

    name = "fake-guard"

    def __init__(self, says: Opinion | Exception) -> None:
        self.says, self.asked = says, list[str]()

    def judge(self, text: str) -> Opinion:
        self.asked.append(text)
        if isinstance(self.says, Exception):
            raise self.says
        return self.says

    def close(self) -> None:
        pass


def moderator(judge: Judges, **policy: object) -> tuple[Moderator, list[Event]]:
    events: list[Event] = []
    chosen = replace(POLICY, judge=replace(POLICY.judge, **policy))
    return Moderator(chosen, events.append, SecondOpinion(judge)), events


def test_an_unsafe_opinion_refuses_the_question_and_is_recorded() -> None:
    gate, events = moderator(Judges(Opinion("unsafe", ("Violent",))))
    verdict = gate.further("怎么让他消失", "feishu", user="ann")()
    assert verdict is not None and verdict.blocked and verdict.category == "violence"
    assert (events[0].user, events[0].channel, events[0].verdict.rule) == ("ann", "feishu", "judge:fake-guard")


def test_a_controversial_opinion_sends_the_question_to_a_person_and_lets_it_pass() -> None:
    gate, events = moderator(Judges(Opinion("controversial")))
    verdict = gate.further("怎么让他消失")()
    assert verdict is not None and not verdict.blocked and verdict.action == "review"
    assert verdict.output == "怎么让他消失" and len(events) == 1


def test_a_safe_opinion_and_a_question_without_doubt_pass() -> None:
    judge = Judges(Opinion("safe"))
    assert moderator(judge)[0].further("年假几天")() is None
    gate, _ = moderator(judge, zone=1.0)
    assert gate.further("年假几天")() is None and len(judge.asked) == 1


@pytest.mark.parametrize(("policy", "action"), [("pass", None), ("review", "review"), ("block", "block")])
def test_without_an_opinion_the_policy_decides(policy: str, action: str | None) -> None:
    gate, _ = moderator(Judges(EngineUnavailable("down")), on_failure=policy)
    verdict = gate.further("怎么让他消失")()
    assert (verdict.action if verdict else None) == action


def test_an_opinion_that_comes_too_late_is_none() -> None:
    stall = threading.Event()

    class Hangs(Judges):
        def judge(self, text: str) -> Opinion:
            stall.wait(5)
            return super().judge(text)

    gate, _ = moderator(Hangs(Opinion("safe")), on_failure="block", seconds=0.05)
    verdict = gate.further("怎么让他消失")()
    stall.set()
    assert verdict is not None and verdict.blocked and "不可用" in verdict.output


def test_a_defect_in_the_judge_lets_nothing_through() -> None:
    verdict = moderator(Judges(RuntimeError("a fault")), on_failure="pass")[0].further("怎么让他消失")()
    assert verdict is not None and verdict.blocked


@pytest.mark.parametrize(
    ("said", "label", "categories"),
    [
        ("Safety: Unsafe\nCategories: Violent, PII", "unsafe", ("Violent", "PII")),
        ("Safety: Safe\nCategories: None", "safe", ()),
        ("Controversial", "controversial", ()),
        ("This request is unsafe.", "unsafe", ()),
    ],
)
def test_labels_are_read_as_guard_models_write_them(said: str, label: str, categories: tuple[str, ...]) -> None:
    assert opinion(said) == Opinion(label, categories)  # type: ignore[arg-type]


def test_a_server_is_asked_in_its_own_way_and_its_faults_are_told() -> None:
    seen: list[dict[str, object]] = []

    def serve(request: httpx.Request) -> httpx.Response:
        import json

        seen.append(json.loads(request.content))
        text = "Safety: Unsafe\nCategories: Violent" if len(seen) < 3 else "I cannot say"
        return httpx.Response(200, json={"choices": [{"message": {"content": text}}]})

    transport = httpx.MockTransport(serve)
    guard = OpenAiJudge("http://guard.test/v1", "g", transport=transport)
    assert guard.judge("x").label == "unsafe"
    assert seen[0]["messages"] == [{"role": "user", "content": "x"}]
    plain = OpenAiJudge("http://guard.test/v1", "g", "chat", transport=transport)
    plain.judge("x")
    assert len(seen[1]["messages"]) == 2  # type: ignore[arg-type]
    with pytest.raises(EngineUnavailable, match="instead of a label"):
        guard.judge("x")
    down = OpenAiJudge("http://guard.test/v1", "g", transport=httpx.MockTransport(lambda _: httpx.Response(500)))
    with pytest.raises(EngineUnavailable, match="judge_address"):
        down.judge("x")


def test_the_chat_model_judges_by_what_it_leans_to() -> None:
    class Chat(ReadingChat):
        def leaning(self, prompt: Prompt, words: tuple[str, str]) -> float | None:
            return super().leaning(prompt, words)

    assert [ReadingJudge(Chat(odds)).judge("x").label for odds in (2.0, 0.7, -1.0)] == [
        "unsafe",
        "controversial",
        "safe",
    ]
