"""What every chat engine promises, asked of each of them alike."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from adapters.chat.extractive import ExtractiveChat
from adapters.chat.fake_chat import FakeChat
from adapters.chat.openvino_chat import OpenVinoChat
from adapters.chat.standby import StandbyChat
from adapters.errors import BadInput, EngineOverloaded, EngineUnavailable, ModelMissing
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
    model = OpenVinoChat(convert(weights, folder / "openvino"), context_tokens=2048)
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


@pytest.mark.slow
def test_openvino_frees_a_closed_chat(openvino: OpenVinoChat):
    stream = openvino.stream(prompt("Count to one thousand.", "Numbers."), limits=Limits(max_tokens=1000))
    next(stream)
    stream.close()  # type: ignore[attr-defined]
    assert openvino.idle(seconds=5)


@pytest.mark.slow
def test_openvino_computes_while_python_goes_on(openvino: ChatModel):
    """The page must not freeze while the model reads a prompt."""
    turns = 0
    done = threading.Event()

    def count() -> None:
        nonlocal turns
        while not done.wait(0.001):
            turns += 1

    counter = threading.Thread(target=count)
    counter.start()
    list(openvino.stream(prompt("What now?", "word " * 800), limits=Limits(max_tokens=2)))
    done.set()
    counter.join()
    assert turns > 50


@pytest.mark.slow
def test_openvino_refuses_when_too_many_wait_and_answers_all_others(openvino: OpenVinoChat):
    openvino.waiting = 3
    crowd = [openvino.stream(PARIS, limits=Limits(max_tokens=8)) for _ in range(3)]
    first = [next(stream) for stream in crowd[:2]]
    rest = [list(stream) for stream in crowd]
    assert first[0] == first[1]
    assert all(rest)
    openvino.waiting = 1
    busy = openvino.stream(prompt("Count to one thousand.", "Numbers."), limits=Limits(max_tokens=500))
    next(busy)
    with pytest.raises(EngineOverloaded, match="waiting"):
        next(openvino.stream(PARIS))
    busy.close()  # type: ignore[attr-defined]
    openvino.waiting = 32
    assert openvino.idle(seconds=5)


@pytest.mark.slow
def test_openvino_counts_text_longer_than_its_tokenizer_reads_at_once(openvino: ChatModel):
    assert openvino.count_tokens("word " * 20_000) >= 20_000


def test_an_adapter_is_refused_by_an_engine_that_has_none():
    with pytest.raises(BadInput, match="no adapter"):
        OpenVinoChat(Path("none")).stream(PARIS, adapter="legal")


def test_openvino_without_weights_says_what_to_do(tmp_path: Path):
    with pytest.raises(ModelMissing, match="zhiwen models"):
        OpenVinoChat(tmp_path / "none").load()
    with pytest.raises(EngineUnavailable, match="not loaded"):
        list(OpenVinoChat(tmp_path / "none").stream(PARIS))


@pytest.mark.slow
def test_a_real_model_leans_the_same_way_each_time_and_tells_when_it_says_neither(openvino: ChatModel) -> None:
    assert isinstance(openvino, Leans)
    asked = Prompt((Message("user", "Fire is hot. Is fire hot? Reply with one word, Yes or No."),), "")
    leaning = openvino.leaning(asked, ("Yes", "No"))
    assert leaning is not None and leaning == pytest.approx(openvino.leaning(asked, ("Yes", "No")), abs=0.05)
    assert openvino.leaning(asked, ("No", "Yes")) == pytest.approx(-leaning, abs=0.05)
    assert openvino.leaning(asked, ("zzz", "qqq")) is None
