"""Waiting for the model, and a prompt that does not fit: what the reader hears."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace

from adapters.chat.fake_chat import FakeChat
from adapters.errors import TooLong
from adapters.records import Limits, Prompt
from app.answer import Parts, answer
from app.events import Event, Notice, Turn, collect, reduce
from app.line import Line
from tests.app import test_answer
from tests.parts import BOB

QUESTION = "每年有几天全薪病假？"
parts = test_answer.parts  # the fixture


def test_who_waits_hears_the_place_in_line_and_the_notice_goes_when_the_turn_comes(parts: Parts):
    line = Line(slots=1, guess=9.0)
    ahead = line.join("somebody else")
    events = answer(QUESTION, BOB, replace(parts, line=line))
    heard: list[Event] = []
    for event in events:
        heard.append(event)
        if isinstance(event, Notice) and event.code == "waiting" and event.text:
            assert "1" in event.text and "9" in event.text
            ahead.leave()
    turn = collect(heard)
    assert turn.done and turn.text and not any(notice.code == "waiting" for notice in turn.notices)
    assert any(isinstance(event, Notice) and event.text == "" for event in heard)
    assert line.length() == 0


def test_leaving_while_waiting_gives_the_place_back(parts: Parts):
    line = Line(slots=1)
    ahead = line.join("somebody else")
    events = answer(QUESTION, BOB, replace(parts, line=line))
    next(event for event in events if isinstance(event, Notice))
    events.close()  # type: ignore[attr-defined]
    assert line.length() == 0
    ahead.leave()


def test_a_full_line_is_an_answer_that_says_so(parts: Parts):
    line = Line(slots=1, longest=1)
    turns = [line.join("a"), line.join("b")]
    assert "waiting" in collect(answer(QUESTION, BOB, replace(parts, line=line))).failure
    for turn in turns:
        turn.leave()


class Narrow(FakeChat):
    """Takes only prompts up to a number of characters."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most, self.tried = most, 0

    def stream(
        self, prompt: Prompt, adapter: str | None = None, limits: Limits = Limits()
    ) -> Generator[str, None, None]:
        self.tried += 1
        if sum(len(message.text) for message in prompt.messages) > self.most:
            raise TooLong("too long")
        return super().stream(prompt, adapter, limits)


def test_a_prompt_that_does_not_fit_is_tried_once_more_with_less(parts: Parts):
    chat = Narrow(most=0)
    assert collect(answer(QUESTION, BOB, replace(parts, chat=chat))).failure == "too long"
    assert chat.tried == 2


def test_a_later_notice_takes_the_place_of_the_earlier_one():
    turn = Turn()
    for event in (Notice("waiting", "third"), Notice("other", "x"), Notice("waiting", "second")):
        turn = reduce(turn, event)
    assert [notice.text for notice in turn.notices] == ["x", "second"]
    assert [notice.code for notice in reduce(turn, Notice("waiting", "")).notices] == ["other"]
