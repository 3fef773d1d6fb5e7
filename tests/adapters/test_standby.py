import threading

import pytest

from adapters.chat.fake_chat import FakeChat
from adapters.chat.standby import StandbyChat
from adapters.errors import EngineUnavailable, ModelMissing
from adapters.records import Prompt

QUESTION = Prompt((), "when?")


def said(model: StandbyChat) -> str:
    return "".join(model.stream(QUESTION))


def test_the_fallback_answers_until_the_primary_is_ready():
    go = threading.Event()
    reported = threading.Event()

    def prepare(say):
        say("fetching 10 of 100 MB")
        reported.set()
        go.wait(10)

    model = StandbyChat(FakeChat(["primary"]), FakeChat(["fallback"]), prepare)
    assert said(model) == "fallback" and model.state.kind == "waiting"
    model.load()
    reported.wait(10)
    assert said(model) == "fallback"
    assert (model.state.kind, model.state.text) == ("loading", "fetching 10 of 100 MB")
    go.set()
    assert model.wait(10).kind == "ready"
    assert said(model) == "primary"


@pytest.mark.parametrize("problem", [ModelMissing("no weights; run zhiwen models pull"), KeyError("a defect")])
def test_a_failed_primary_keeps_the_fallback_answering_and_says_why(problem, caplog):
    def prepare(say):
        raise problem

    model = StandbyChat(FakeChat(["primary"]), FakeChat(["fallback"]), prepare)
    model.load()
    assert model.wait(10).kind == "failed"
    assert str(problem) in model.state.text
    assert said(model) == "fallback"


def test_loading_again_after_a_failure_tries_again():
    attempts = []

    def prepare(say):
        attempts.append(1)
        if len(attempts) == 1:
            raise ModelMissing("not yet")

    model = StandbyChat(FakeChat(["primary"]), FakeChat(["fallback"]), prepare)
    model.load()
    model.wait(10)
    model.load()
    assert model.wait(10).kind == "ready"
    model.load()
    model.wait(10)
    assert len(attempts) == 2


def test_a_primary_that_is_gone_before_its_first_word_is_replaced_and_later_it_is_not():
    gone = StandbyChat(FakeChat(failure=EngineUnavailable("gone")), FakeChat(["fallback"]))
    gone.load()
    gone.wait(10)
    assert said(gone) == "fallback"
    half = StandbyChat(FakeChat(["half"], failure=EngineUnavailable("gone")), FakeChat(["fallback"]))
    half.load()
    half.wait(10)
    with pytest.raises(EngineUnavailable):
        said(half)


def test_closing_reaches_the_engine_that_is_speaking():
    primary = FakeChat(["one", "two"])
    model = StandbyChat(primary, FakeChat())
    model.load()
    model.wait(10)
    stream = model.stream(QUESTION)
    next(stream)
    stream.close()
    assert primary.closed == 1
