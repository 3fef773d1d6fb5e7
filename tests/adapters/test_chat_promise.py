"""What every chat engine promises, asked of each of them alike."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from adapters.chat.extractive import ExtractiveChat
from adapters.chat.fake_chat import FakeChat
from adapters.chat.openvino_tokens import OpenVinoTokens
from adapters.chat.served import ServedChat
from adapters.chat.standby import StandbyChat
from adapters.errors import EngineOverloaded, EngineUnavailable, ModelMissing
from adapters.models.ov_convert import convert
from adapters.ports import ChatModel, Leans
from adapters.records import Chunk, Limits, Message, Passage, Prompt

SMALLEST = "smollm2-135m-instruct"


def passage(text: str) -> Passage:
    chunk = Chunk("d:1:0", "d", 0, text, text, 0, len(text), 0, len(text), "en")
    return Passage(chunk, "policy.md", "Policy", 1, 1.0, text)


def prompt(question: str, *texts: str) -> Prompt:
    documents = "\n".join(f"[{number}] {text}" for number, text in enumerate(texts, 1))
    return Prompt(
        (
            Message("system", "You answer questions from the documents you are given, in one or two sentences."),
            Message("user", f"Documents:\n{documents}\n\nQuestion: {question}"),
        ),
        question,
        tuple(passage(text) for text in texts),
    )


PARIS = prompt("What may a hotel cost in Paris?", "A hotel in Paris may cost 160 euros a night. Paris needs no visa.")
LEAVE = prompt("How many days of leave are there?", "There are 28 days of leave in a year. Leave ends in March.")


def standby() -> ChatModel:
    model = StandbyChat(primary=FakeChat(), fallback=ExtractiveChat())
    model.load()
    model.wait()
    return model


@pytest.fixture(scope="module")
def openvino() -> Iterator[ChatModel]:
    """The smallest chat model, in the folder that `ZHIWEN_TEST_MODELS` names (`models` by default)."""
    folder = Path(os.environ.get("ZHIWEN_TEST_MODELS", "models")) / SMALLEST
    weights = next(iter(folder.glob("*.gguf")), None)
    if weights is None:
        pytest.skip(f"no weights in {folder}; pull {SMALLEST} or set ZHIWEN_TEST_MODELS")
    path = convert(weights, folder / "openvino")
    engine = {"kind": "openvino", "path": str(path), "context_tokens": 2048, "together": 2, "waiting": 2}
    model = ServedChat(engine, SMALLEST, OpenVinoTokens(path).count)
    model.load()
    yield model
    model.close()


ENGINES = [
    pytest.param(lambda _: FakeChat(), id="fake"),
    pytest.param(lambda _: ExtractiveChat(), id="extractive"),
    pytest.param(lambda _: standby(), id="standby"),
    pytest.param(lambda request: request.getfixturevalue("openvino"), id="openvino", marks=pytest.mark.slow),
]


@pytest.fixture(params=ENGINES)
def model(request: pytest.FixtureRequest) -> ChatModel:
    make: Callable[[pytest.FixtureRequest], ChatModel] = request.param
    chosen = make(request)
    chosen.load()
    return chosen


def test_it_is_ready_once_loaded_and_loading_again_is_harmless(model: ChatModel):
    model.load()
    assert model.ready()
    assert model.name


def test_an_answer_comes_in_pieces_and_is_the_same_again(model: ChatModel):
    pieces = list(model.stream(PARIS))
    assert "160" in "".join(pieces)
    assert all(pieces)
    assert "".join(model.stream(PARIS)) == "".join(pieces)


def test_closing_the_stream_stops_it_and_the_next_chat_is_answered(model: ChatModel):
    stream = model.stream(PARIS)
    assert next(stream)
    stream.close()  # type: ignore[attr-defined]
    assert list(stream) == []
    assert "28" in "".join(model.stream(LEAVE))


def test_two_chats_at_once_do_not_cross(model: ChatModel):
    alone = ["".join(model.stream(PARIS)), "".join(model.stream(LEAVE))]
    together: dict[int, str] = {}
    start = threading.Barrier(2)

    def chat(number: int, asked: Prompt) -> None:
        start.wait()
        together[number] = "".join(model.stream(asked))

    threads = [threading.Thread(target=chat, args=pair) for pair in enumerate([PARIS, LEAVE])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [together[0], together[1]] == alone


def test_two_interleaved_chats_do_not_cross(model: ChatModel):
    alone = ["".join(model.stream(PARIS)), "".join(model.stream(LEAVE))]
    first, second = model.stream(PARIS), model.stream(LEAVE)
    heard = [next(first), next(second)]
    assert [heard[0] + "".join(first), heard[1] + "".join(second)] == alone


def test_a_prompt_without_passages_is_answered_or_left_unanswered_without_an_error(model: ChatModel):
    assert isinstance("".join(model.stream(prompt("What is the capital of Italy?"))), str)


def test_no_more_than_max_tokens_are_written(model: ChatModel):
    text = "".join(model.stream(PARIS, limits=Limits(max_tokens=4)))
    if not isinstance(model, ExtractiveChat):  # it gives whole sentences
        assert 0 < model.count_tokens(text) <= 5


def test_tokens_are_counted(model: ChatModel):
    assert model.count_tokens("") == 0
    assert 0 < model.count_tokens("one two") < model.count_tokens("one two three four five")


GENERATING = [engine for engine in ENGINES if engine.id != "extractive"]


@pytest.mark.parametrize("make", GENERATING)
def test_a_prompt_that_is_too_long_is_refused_clearly(
    make: Callable[[pytest.FixtureRequest], ChatModel], request: pytest.FixtureRequest
):
    model = make(request)
    model.load()
    long = prompt("What may a hotel cost?", "Hotel nights cost money. " * model.context_tokens)
    with pytest.raises(EngineOverloaded, match="too long"):
        list(model.stream(long))
    assert "28" in "".join(model.stream(LEAVE))


def test_an_extractor_finds_its_sentence_in_any_amount_of_text():
    long = prompt("What may a hotel cost?", "Nothing here. " * 3_000 + "A hotel may cost 90 euros.")
    assert "".join(ExtractiveChat().stream(long))


def test_a_stalled_engine_is_given_up_at_the_deadline():
    model = FakeChat(stall=threading.Event())
    with pytest.raises(EngineOverloaded, match="longer than"):
        list(model.stream(PARIS, limits=Limits(seconds=0.01)))


@pytest.mark.slow
def test_openvino_keeps_the_deadline_and_goes_on(openvino: ChatModel):
    with pytest.raises(EngineOverloaded, match="longer than"):
        list(openvino.stream(prompt("Tell me a long story.", "x"), limits=Limits(max_tokens=1000, seconds=0.0)))
    assert "28" in "".join(openvino.stream(LEAVE))


def until(true: Callable[[], bool], seconds: float) -> bool:
    """Look again and again, but not for ever."""
    end = time.monotonic() + seconds
    while not (done := true()) and time.monotonic() < end:
        time.sleep(0.01)
    return done


@pytest.mark.slow
@pytest.mark.parametrize("while_reading", [False, True])
def test_a_chat_that_is_left_frees_the_engine_within_a_second(openvino: ServedChat, while_reading: bool):
    """Free means: the process says that it has forgotten it, also while it still reads the prompt."""
    texts = ("Numbers. " * 400,) if while_reading else ("Numbers.",)
    stream = openvino.stream(prompt("Count to one thousand.", *texts), limits=Limits(max_tokens=900, seconds=0.2))
    began = time.monotonic()
    if while_reading:
        with pytest.raises(EngineOverloaded, match="longer than"):
            list(stream)
    else:
        next(stream)
        began = time.monotonic()
        stream.close()
    assert openvino.free(seconds=5)
    assert time.monotonic() - began < 1.5


@pytest.mark.slow
def test_openvino_refuses_when_too_many_wait_and_answers_all_others(openvino: ServedChat):
    asked = prompt("Count to one thousand.", "Numbers.")
    crowd = [openvino.stream(asked, limits=Limits(max_tokens=40)) for _ in range(5)]
    heard: dict[int, str | Exception] = {}

    def chat(number: int) -> None:
        try:
            heard[number] = "".join(crowd[number])
        except EngineOverloaded as problem:
            heard[number] = problem

    threads = [threading.Thread(target=chat, args=(number,)) for number in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    refused = [problem for problem in heard.values() if isinstance(problem, EngineOverloaded)]
    assert len(refused) == 1 and "waiting" in str(refused[0])
    assert all(text for text in heard.values() if isinstance(text, str))


@pytest.mark.slow
def test_openvino_counts_text_longer_than_its_tokenizer_reads_at_once(openvino: ChatModel):
    assert openvino.count_tokens("word " * 20_000) >= 20_000


def test_openvino_without_weights_says_what_to_do(tmp_path: Path):
    model = ServedChat({"kind": "openvino", "path": str(tmp_path / "none")}, "none")
    with pytest.raises(EngineUnavailable, match="not loaded"):
        list(model.stream(PARIS))
    with pytest.raises(ModelMissing, match="zhiwen models"):
        model.load()
    assert not model.ready()


@pytest.mark.slow
def test_a_real_model_leans_the_same_way_each_time_and_tells_when_it_says_neither(openvino: ChatModel) -> None:
    assert isinstance(openvino, Leans)
    asked = Prompt((Message("user", "Fire is hot. Is fire hot? Reply with one word, Yes or No."),), "")
    leaning = openvino.leaning(asked, ("Yes", "No"))
    assert leaning is not None and leaning == pytest.approx(openvino.leaning(asked, ("Yes", "No")), abs=0.05)
    assert openvino.leaning(asked, ("No", "Yes")) == pytest.approx(-leaning, abs=0.05)
    assert openvino.leaning(asked, ("zzz", "qqq")) is None
