"""Answer one question: check it, search, judge the evidence, generate, check the answer, cite it.

Nothing here knows which engine runs; `app.build` chooses. What it needs comes in, what it finds goes out as events.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass

from adapters.errors import EngineOverloaded, EngineUnavailable
from adapters.ports import ChatModel, Leans
from adapters.records import Asker, Language, Limits, Message, Passage, Prompt
from adapters.sentences import sentences
from adapters.terms import terms
from app.cite import cite
from app.conflict import conflicts, told
from app.events import Done, Event, Failed, NothingFound, Notice, Refused, Sources, Step, Text
from app.followup import standalone
from app.gate import Evidence
from app.phrases import FLOW, asked_in
from app.prompts import YES_NO, write_prompt
from app.search import Clock, Found
from moderation.moderator import Moderator
from moderation.verdict import Blocked

LONGEST_QUESTION = 4_000
# A quote of which the answer holds this share of terms would only repeat it.
ALREADY_SAID = 0.8


@dataclass(frozen=True)
class Parts:
    """What answering needs.

    `weigh` gives terms their weight in this knowledge base; `extract` quotes instead of generating. With `quote` its
    words stand under what `chat` wrote: a small model words a rule wrong more often than search finds the wrong one.
    `reads` says that the gate was fitted on this model's readings; without it the scores alone decide.
    """

    search: Callable[[str, Asker], Found]
    gate: Callable[[str, Sequence[Passage], Mapping[str, float], Callable[[], float | None]], Evidence]
    weigh: Callable[[Sequence[str]], Mapping[str, float]]
    chat: ChatModel
    extract: ChatModel
    moderator: Moderator
    passage_tokens: int = 450
    quote: bool = True
    reads: bool = True
    limits: Limits = Limits()


def answer(
    question: str, asker: Asker, parts: Parts, history: Sequence[Message] = (), adapter: str | None = None
) -> Iterator[Event]:
    """Yield the events of one answer; the last is always Done."""
    clock = Clock()
    model = parts.chat.name
    try:
        yield from _answer(question.strip(), asker, parts, history, adapter, clock)
    except Blocked as stop:
        yield Refused(stop.verdict.category or "", stop.verdict.message)
    except (EngineUnavailable, EngineOverloaded) as problem:
        yield Failed(str(problem))
    clock.mark("total")
    yield Done(clock.milliseconds, model, adapter)


def _answer(
    question: str, asker: Asker, parts: Parts, history: Sequence[Message], adapter: str | None, clock: Clock
) -> Iterator[Event]:
    language = asked_in(question)
    say = FLOW[language]
    # 1) May this be asked?
    if not question:
        yield Failed(say["empty"])
        return
    if len(question) > LONGEST_QUESTION:
        yield Failed(say["too long"].format(length=len(question), most=LONGEST_QUESTION))
        return
    with clock("screen"):
        verdict = parts.moderator.check(question, "question", language=language)
    if verdict.blocked:
        raise Blocked(verdict)
    question = verdict.output
    # 2) Search, together with the previous question when this one leans on it
    asked = standalone(question, history)
    if asked != question:
        yield Step("rewrite", asked, 0.0)
    with clock("search"):
        found = parts.search(asked, asker)
    yield Step("search", say["found"].format(n=len(found.passages)), clock.milliseconds["search"])
    # 3) Do the passages hold the answer, and may they be shown?
    with clock("gate"):
        passages = tuple(p for p in found.passages if not parts.moderator.check(p.chunk.text, "passage").blocked)
        evidence = parts.gate(
            asked, passages, parts.weigh(terms(asked)), lambda: _reading(asked, passages, parts, language)
        )
    yield Step("gate", f"{evidence.probability:.2f}", clock.milliseconds["gate"])
    if not evidence.enough:
        yield NothingFound(say["nothing"], tuple(dict.fromkeys(p.title for p in passages))[:3])
        return
    # 4) Generate, checked piece by piece
    prompt = write_prompt("answer", question, passages, language, parts.chat.count_tokens, parts.passage_tokens)
    yield Sources(passages)
    if disagreeing := conflicts(asked, passages):
        yield Notice("conflict", told(disagreeing, language))
    if parts.chat.name == parts.extract.name:
        yield Notice("extracts", say["extracts"])
    text = ""
    with clock("generate"):
        for piece in _checked(parts.chat, prompt, adapter, parts, language):
            if not text:
                clock.mark("first text")
            text += piece
            yield Text(piece)
    # 5) Put the words of the source under the model's, and tie each sentence to the passages that support it
    with clock("cite"):
        cited = cite(text, question, prompt.passages, parts.weigh)
        if parts.quote or not cited.text:
            quoted = "".join(_checked(parts.extract, prompt, None, parts, language))
            cited = cite(with_quote(text if cited.text else "", quoted), question, prompt.passages, parts.weigh)
    yield cited


def with_quote(text: str, quoted: str) -> str:
    """Return the text with the quoted sentences under it, unless it says nearly the same already."""
    said, wanted = set(terms(text)), set(terms(quoted))
    if not wanted or len(wanted & said) >= ALREADY_SAID * len(wanted):
        return text
    lines = "\n>\n".join(f"> {quoted[start:end]}" for start, end in sentences(quoted))
    return f"{text.strip()}\n\n{lines}" if text.strip() else quoted


def _reading(question: str, passages: Sequence[Passage], parts: Parts, language: Language) -> float | None:
    """Return the log odds that the model finds the answer stated in the passages, None when it cannot tell."""
    if not parts.reads or not isinstance(parts.chat, Leans):
        return None
    prompt = write_prompt("read", question, passages, language, parts.chat.count_tokens, parts.passage_tokens)
    return parts.chat.leaning(prompt, YES_NO)


def _checked(chat: ChatModel, prompt: Prompt, adapter: str | None, parts: Parts, language: Language) -> Iterator[str]:
    """Only what moderation has passed leaves; leaving early stops the engine."""
    with closing(chat.stream(prompt, adapter, parts.limits)) as pieces:
        yield from parts.moderator.guard(pieces, "answer", language=language)
