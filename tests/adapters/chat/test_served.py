"""The model's own process: what crashes there is started again, and people are answered or told."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from adapters.chat.served import ServedChat
from adapters.errors import BadInput, EngineOverloaded, EngineUnavailable, ModelCorrupt, TooLong
from adapters.records import Limits, Message, Prompt

COMMAND = (sys.executable, "-m", "tests.adapters.chat.scripted_worker")


def script(text: str) -> Prompt:
    return Prompt((Message("user", text),), text)


def until(true: Callable[[], bool], seconds: float = 20.0) -> bool:
    end = time.monotonic() + seconds
    while not (done := true()) and time.monotonic() < end:
        time.sleep(0.005)
    return done


def served(**settings: object) -> ServedChat:
    return ServedChat({"kind": "scripted", **settings}, "scripted", command=COMMAND, patience=(0.0,), hang=5.0)


@pytest.fixture
def chat() -> Iterator[ServedChat]:
    model = served()
    model.load()
    yield model
    model.close()


def said(chat: ServedChat, text: str, **more: object) -> str:
    return "".join(chat.stream(script(text), **more))  # type: ignore[arg-type]


def test_it_answers_in_pieces_and_several_at_once(chat: ServedChat):
    assert list(chat.stream(script("say one two"))) == ["one ", "two "]
    first, second = chat.stream(script("say a b")), chat.stream(script("say c d"))
    assert [next(first), next(second), *first, *second] == ["a ", "c ", "b ", "d "]
    assert chat.count_tokens("one two three") == 3


def test_a_killed_process_is_started_again_and_answers(chat: ServedChat):
    before = chat.health().pid
    os.kill(before, signal.SIGKILL)
    assert until(lambda: chat.health().pid not in (0, before) and chat.ready())
    assert said(chat, "say again") == "again "
    assert chat.health().restarts == 1


def test_a_question_that_had_no_word_yet_is_asked_again(chat: ServedChat, tmp_path: Path):
    assert said(chat, f"die once {tmp_path / 'died'}") == "alive "
    assert chat.health().restarts == 1


def test_a_question_in_the_middle_of_its_answer_is_told(chat: ServedChat):
    stream = chat.stream(script("say one die"))
    assert next(stream) == "one "
    with pytest.raises(EngineUnavailable, match="in the middle"):
        list(stream)
    assert said(chat, "say fine") == "fine "


def test_a_question_that_ends_every_process_is_told_and_others_go_on(chat: ServedChat):
    with pytest.raises(EngineUnavailable, match="twice over this question"):
        said(chat, "die")
    assert said(chat, "say fine") == "fine "
    assert chat.health().restarts == 2


def test_a_question_asked_between_two_processes_waits_for_the_next(chat: ServedChat):
    os.kill(chat.health().pid, signal.SIGKILL)
    assert until(lambda: chat.health().restarts == 1)
    assert said(chat, "say waited") == "waited "


@pytest.mark.slow
def test_a_hanging_process_is_ended_and_started_again():
    model = ServedChat({"kind": "scripted"}, "scripted", command=COMMAND, patience=(0.0,), hang=1.5)
    model.load()
    with pytest.raises(EngineUnavailable, match="twice over this question"):
        said(model, "hang")
    assert until(model.ready)
    model.close()


def test_leaving_frees_the_engine_and_the_deadline_is_kept(chat: ServedChat):
    endless = chat.stream(script("endless"))
    assert next(endless) == "on "
    endless.close()
    assert chat.health().chats == 0
    with pytest.raises(EngineOverloaded, match="longer than"):
        list(chat.stream(script("hangs in nobody's way"), limits=Limits(seconds=0.0)))
    assert said(chat, "say next") == "next "


def test_what_the_engine_refuses_is_refused_by_the_same_name(chat: ServedChat):
    with pytest.raises(TooLong, match="too long for the script"):
        said(chat, "refuse")
    with pytest.raises(BadInput, match="no adapter"):
        said(chat, "say", adapter="legal")


def test_a_process_that_cannot_load_says_why_and_can_be_loaded_later(tmp_path: Path):
    broken = tmp_path / "broken"
    broken.touch()
    model = served(fails_while_there=str(broken))
    with pytest.raises(ModelCorrupt, match="pull them again"):
        model.load()
    assert not model.ready()
    broken.unlink()
    model.load()
    assert said(model, "say well") == "well "
    model.close()


def test_waiting_questions_are_told_when_it_cannot_be_started_again(tmp_path: Path):
    broken = tmp_path / "broken"
    model = served(fails_while_there=str(broken))
    model.load()
    broken.touch()
    with pytest.raises(EngineUnavailable, match="again and again"):
        said(model, "die")
    broken.unlink()
    assert until(model.ready)
    assert said(model, "say back") == "back "
    model.close()


def test_adapters_are_attached_switched_and_there_again_after_a_crash(chat: ServedChat, tmp_path: Path):
    chat.attach("legal", tmp_path / "law")
    chat.attach("staff", tmp_path / "people")
    with pytest.raises(BadInput, match="does not fit"):
        chat.attach("wrong", tmp_path / "bad")
    os.kill(chat.health().pid, signal.SIGKILL)
    assert until(lambda: chat.health().restarts == 1 and chat.ready())
    assert [said(chat, "say x", adapter=name) for name in ("legal", "staff", None)] == ["law x ", "people x ", "x "]
    assert [about["name"] for about in chat.attached()] == ["legal", "staff"]
    chat.detach("legal")
    with pytest.raises(BadInput, match="no adapter"):
        said(chat, "say x", adapter="legal")


def test_closing_ends_the_process_and_tells_who_waits():
    model = served()
    model.load()
    pid = model.health().pid
    heard: list[BaseException] = []

    def wait() -> None:
        try:
            for _ in model.stream(script("endless")):
                pass
        except EngineUnavailable as problem:
            heard.append(problem)

    waiting = threading.Thread(target=wait)
    waiting.start()
    assert until(lambda: model.health().chats == 1)
    model.close()
    waiting.join(10)
    assert heard and not waiting.is_alive()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
