"""Answers given before, for a question that means the same, asked by somebody who may read the same, unchanged since.

An answer is kept under its scope: everything beside the question that it could depend on. The scope is taken before
the search and again when the answer is finished; only an answer during which nothing changed is kept, and only one
found under the very same scope is given. Meaning alone is not trusted: a small model puts 年假 and 病假 next to each
other, so numbers, codes, negations, words that turn a question round, and nearly all of its content must agree as well.
"""

from __future__ import annotations

import re
import threading
from collections import Counter, OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from adapters.ports import Vectors
from adapters.records import Asker, Bases, Language, Passage
from adapters.terms import fold, terms
from adapters.wanted import wanted
from app.events import Cited
from app.numbers import numbers
from app.phrases import asked_in

# How near two questions must be: with the same content, and with content that differs in what hardly tells anything.
ALIKE, NEARLY = 0.85, 0.96
# Of the weight of two questions' content, so much may differ.
SLACK = 0.1
# What people put around a question, and what would tell "what's" from "what is".
_polite = re.compile(
    r"^(?:你好|您好)?[，,]?(?:请问|请告诉我|我想知道|想问一下|麻烦问一下|hi,|hello,|please)\s*|(?<=\w)['’]s\b"
)
_either = re.compile(r"(.{1,2})[不没]\1|有没有|是否|能否|可否")
_turns = re.compile(
    r"不|没|无|非|未|别|勿|禁|除|最[多少高低早晚大小长短]|至[多少]|以[上下内外]|之?[前后]|大于|小于|超过|不足|"
    r"谁|何时|什么时候|多久|多少|几|哪|为什么|怎么|如何|"
    r"\b(?:not|no|never|without|except|cannot|\w+n't|before|after|above|below|over|under|more|less|fewer|most|least|"
    r"max\w*|min\w*|first|last|who|whom|whose|when|where|why|how|which|may|must|should|can)\b"
)


@dataclass(frozen=True)
class Kept:
    """A finished answer: its sources, the text as it was streamed, the cited form, and what it cost in seconds."""

    passages: tuple[Passage, ...]
    text: str
    cited: Cited
    seconds: float


@dataclass(frozen=True)
class Shape:
    """What must agree, beside nearness, for two questions to be one."""

    language: Language
    content: tuple[str, ...]
    exact: tuple[Hashable, ...]
    terms: Mapping[str, float]


@dataclass
class Figures:
    """How the cache has done since the start."""

    lookups: int = 0
    hits: int = 0
    saved_seconds: float = 0.0


@dataclass
class _Entry:
    question: str
    shape: Shape
    vector: Vectors
    kept: Kept


@dataclass(frozen=True)
class Ticket:
    """One question on its way through the flow: look it up, or keep the answer under the scope it began with."""

    cache: AnswerCache
    question: str
    asker: Asker
    adapter: str | None
    as_of: str
    knowledge_bases: Bases
    scope: Hashable
    shape: Shape
    vector: Vectors

    def find(self) -> Kept | None:
        """Return the answer kept for this question under the scope of now, None when there is none."""
        return self.cache.find(self)

    def keep(self, kept: Kept) -> None:
        """Keep a finished, cited answer, unless something it depends on changed meanwhile."""
        if kept.cited.citations and kept.cited.text.strip():
            self.cache.keep(self, kept)


@dataclass
class AnswerCache:
    """`scope` names everything but the question that an answer depends on; `most` bounds how many are kept."""

    scope: Callable[[Asker, str | None, str, Bases], Hashable]
    embed: Callable[[str], Vectors]
    weigh: Callable[[Sequence[str]], Mapping[str, float]]
    most: int = 1_000
    figures: Figures = field(default_factory=Figures)
    _entries: OrderedDict[Hashable, list[_Entry]] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def ticket(
        self, question: str, asker: Asker, adapter: str | None, as_of: str, knowledge_bases: Bases = None
    ) -> Ticket:
        """Take the scope of now; call it before anything is read that the answer depends on."""
        scope = self.scope(asker, adapter, as_of, knowledge_bases)
        question = _polite.sub("", question.strip())
        form, vector = shape(question, self.weigh), self.embed(question)
        return Ticket(self, question, asker, adapter, as_of, knowledge_bases, scope, form, vector)

    def find(self, ticket: Ticket) -> Kept | None:
        with self._lock:
            self.figures.lookups += 1
            for entry in self._entries.get(ticket.scope, ()):
                if entry.question == ticket.question or same(
                    ticket.shape, entry.shape, float(np.dot(ticket.vector, entry.vector))
                ):
                    self._entries.move_to_end(ticket.scope)
                    self.figures.hits += 1
                    self.figures.saved_seconds += entry.kept.seconds
                    return entry.kept
        return None

    def keep(self, ticket: Ticket, kept: Kept) -> None:
        if self.scope(ticket.asker, ticket.adapter, ticket.as_of, ticket.knowledge_bases) != ticket.scope:
            return
        with self._lock:
            entries = self._entries.setdefault(ticket.scope, [])
            entries.append(_Entry(ticket.question, ticket.shape, ticket.vector, kept))
            self._entries.move_to_end(ticket.scope)
            while sum(map(len, self._entries.values())) > self.most:
                oldest = next(iter(self._entries))
                self._entries[oldest].pop(0)
                if not self._entries[oldest]:
                    del self._entries[oldest]


def shape(question: str, weigh: Callable[[Sequence[str]], Mapping[str, float]]) -> Shape:
    """Return what of a question must agree with another's."""
    folded = _polite.sub("", fold(question).strip())
    pieces = wanted(folded)
    content = tuple(piece.text for piece in pieces)
    turns = Counter(_turns.findall(_either.sub("", folded)))
    codes = frozenset(piece.text for piece in pieces if piece.kind in ("code", "number"))
    weights = weigh(terms(" ".join(content)))
    exact = (frozenset(turns.items()), codes, frozenset(numbers(folded)))
    return Shape(asked_in(question), content, exact, weights)


def same(one: Shape, other: Shape, cosine: float) -> bool:
    """Say whether two questions ask the same."""
    if one.language != other.language or one.exact != other.exact or not one.content:
        return False
    if one.content == other.content:
        return cosine >= ALIKE
    if cosine < NEARLY:
        return False
    first, second = set(one.terms), set(other.terms)
    weights = {**one.terms, **other.terms}
    differing = sum(weights[term] for term in first ^ second)
    total = sum(weights.values())
    return bool(total) and differing <= SLACK * total and _in_order(one.content, other.content)


def _in_order(one: Sequence[str], other: Sequence[str]) -> bool:
    """Say whether what both name comes in the same order: who reports to whom is told by order alone."""
    shared = set(one) & set(other)
    return [piece for piece in one if piece in shared] == [piece for piece in other if piece in shared]
