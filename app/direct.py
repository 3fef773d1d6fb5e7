"""Decide whether a stored answer answers a question by itself, and give it word for word, cited to its row.

A stored question must be near, must stand clear of the next different one, and must not differ from what is asked in
what tells questions apart: numbers, names, opposites, denial, the one word that was exchanged. When in doubt there is
no direct answer: the pair is then a passage like any other. It knows search results, not stores or models.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

from adapters.records import Citation, Passage
from adapters.terms import fold, language
from adapters.wanted import wanted
from app.coverage import stem
from app.events import Cited
from app.numbers import numbers
from app.search import same_pair

# Fitted by `benchmarks/calibrate_direct.py`; see docs/quality-faq.md.
# The wording must be as near as NEAR, wording and answer together BOTH, and the next pair lower by CLEAR.
NEAR, BOTH, CLEAR = 0.50, 1.00, 0.30
# A heading, an empty line, the answer: how the text of a pair is laid out.
_GAP = "\n\n"
# So much of two questions alike, they differ by exchanged words and were hardly put in other words.
_ALIKE = 0.5
_asking_marks = re.compile(r"[\s?？!！。，,.、:：;；\"'“”‘’()（）]+")
# "能不能" asks, it denies nothing.
_asks = re.compile(r"(.{1,2})[不没]\1|有没有|怎么没|为什么没|为何没|why (?:not|does|is|can)(?:n't| not)?")
_denies = re.compile(r"不|没|无法|无需|未(?!来)|别(?!的|人)|\b(?:not|no|never|without|cannot)\b|n't\b")
_latin = re.compile(r"[A-Za-z0-9]+(?:[-_./][A-Za-z0-9]+)*")
_PRONOUNS = frozenset(("i", "a", "ok", "faq"))
_file = Path(__file__).parent / "opposites.txt"
_opposites = tuple(
    tuple(tuple(side.split("|")) for side in line.split("/"))
    for line in _file.read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
)


@dataclass(frozen=True)
class Candidate:
    """A stored pair found for a question: its nearest wording, and how well wording and answer fit.

    `near` is the cosine of question and wording, `answers` of question and the pair's text; `score` orders pairs.
    """

    passage: Passage
    wording: str
    near: float
    answers: float
    score: float

    @property
    def question(self) -> str:
        """The stored question itself."""
        return self.passage.chunk.heading_path[-1]

    @property
    def answer(self) -> str:
        return self.passage.chunk.text.partition(_GAP)[2]


def candidates(near: Sequence[Passage]) -> list[Candidate]:
    """Return the pairs among the passages that search found, best first.

    A wording's score and its text's are added: users ask by what an answer says as often as by how it was asked.
    What was not found counts as much as the worst that was.
    """
    floor = min((passage.score for passage in near), default=0.0)
    lowest = min((passage.scores.get("dense", 0.0) for passage in near), default=0.0)
    found: list[Candidate] = []
    asked = [passage for passage in near if passage.chunk.kind == "faq"]
    for passage in sorted(asked, key=lambda one: -one.score):
        if any(same_pair(passage, other.passage) for other in found):
            continue
        texts = [other for other in near if other.chunk.kind != "faq" and same_pair(passage, other)]
        found.append(
            Candidate(
                passage=passage,
                wording=passage.chunk.index_text.strip("\x02"),
                near=passage.scores.get("dense", 0.0),
                answers=max((one.scores.get("dense", 0.0) for one in texts), default=lowest),
                score=passage.score + max((one.score for one in texts), default=floor),
            )
        )
    return sorted(found, key=lambda one: -one.score)


def direct(question: str, near: Sequence[Passage]) -> Candidate | None:
    """Return the pair whose answer may stand as it is, None when there is none or any doubt.

    `near` are the passages found, best first, not yet cut.
    """
    found = candidates(near)
    if not found:
        return None
    same = [one for one in found if _plain(one.wording) == _plain(question)]
    if same:
        # Word for word what was stored; two different answers to it are for a person, or the model, to weigh.
        return same[0] if len({_plain(one.answer) for one in same}) == 1 else None
    best = found[0]
    if best.near < NEAR or best.near + best.answers < BOTH or clearance(found, near) < CLEAR:
        return None
    if contradiction(question, best):
        return None
    return best


def clearance(found: Sequence[Candidate], near: Sequence[Passage]) -> float:
    """Return how far the best pair stands above the next one with another answer."""
    best = found[0]
    others = (one.score for one in found[1:] if _plain(one.answer) != _plain(best.answer))
    return best.score - next(others, 2 * min(passage.score for passage in near))


def contradiction(question: str, pair: Candidate) -> str:
    """Say what tells the question from the stored one; "" when nothing does."""
    whole = f"{pair.wording} {pair.passage.chunk.text}"
    asked, stored, said = fold(question), fold(pair.wording), fold(whole)
    if lacking := _figures(question) - _figures(whole):
        return f"number {min(lacking)}"
    if _figures(question) and _figures(pair.wording) and not _figures(question) & _figures(pair.wording):
        return f"number {min(_figures(question))}"
    mine, theirs = _names(question), _names(pair.wording)
    if lacking := {name for name in mine if name not in said}:
        return f"name {min(lacking)}"
    if mine - theirs and theirs - mine:
        return f"name {min(mine - theirs)} for {min(theirs - mine)}"
    for left, right in _opposites:
        for one, other in ((left, right), (right, left)):
            if _holds(asked, one) and not _holds(asked, other) and _holds(stored, other) and not _holds(stored, one):
                return f"opposite of {other[0]}"
    if _denial(asked) not in (_denial(stored), _denial(fold(pair.question))):
        return "denial"
    return _exchanged(asked, stored, said)


def cited(pair: Candidate, text: str) -> Cited:
    """Return the stored answer as it may be shown, marked with its one source: the row that it stands in."""
    passage, chunk = pair.passage, pair.passage.chunk
    start = chunk.start + chunk.text.index(_GAP) + len(_GAP)
    source = Citation(
        number=1,
        document_id=chunk.document_id,
        document_path=passage.document_path,
        title=passage.title,
        version=passage.version,
        start=start,
        end=chunk.end,
        quote=pair.answer,
        score=round(pair.near, 4),
        page=chunk.page,
        location=chunk.location,
        heading_path=chunk.heading_path,
    )
    # A mark behind a table or a code block would become part of it.
    gap = "\n\n" if text.rstrip().endswith(("|", "```")) else " "
    return Cited(f"{text.rstrip()}{gap}[1]", (source,))


def _plain(text: str) -> str:
    return _asking_marks.sub("", fold(text))


def _figures(text: str) -> set[str]:
    """Return the numbers of a text; "一个" is an article."""
    found = numbers(text)
    return found if "1" in text else found - {"1"}


def _names(text: str) -> set[str]:
    """Return what names something, folded: any Latin word in Chinese; in English those in capitals, and codes."""
    english = language(text) == "en"
    words = [word for word in _latin.findall(text) if fold(word) not in _PRONOUNS]
    first = words[:1] if english else []
    return {
        fold(word)
        for word in words
        if not english or any(char.isdigit() for char in word) or _has_capitals(word[1:] if word in first else word)
    }


def _has_capitals(word: str) -> bool:
    return any(char.isupper() for char in word)


def _holds(folded: str, words: Sequence[str]) -> bool:
    return any(re.search(rf"\b{re.escape(word)}\b" if word.isascii() else re.escape(word), folded) for word in words)


def _denial(folded: str) -> bool:
    return bool(_denies.search(_asks.sub(" ", folded)))


def _exchanged(asked: str, stored: str, whole: str) -> str:
    """Say which word of the stored question was exchanged or added, for one that the pair does not hold anywhere.

    Who puts a question in other words changes nearly all of it; who changes one word asks of another thing.
    """
    if language(asked) != language(stored):
        return ""
    if SequenceMatcher(None, _worded(asked), _worded(stored), autojunk=False).ratio() <= _ALIKE:
        return ""
    one, other = _content(asked), _content(stored)
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind in ("replace", "delete") and not _known(one, a, b, whole):
            return f"{_joined(one[a:b])} for {_joined(other[c:d])}"
    return ""


def _worded(folded: str) -> Sequence[str]:
    return _plain(folded) if language(folded) == "zh" else _asking_marks.sub(" ", folded).split()


def _content(folded: str) -> list[str]:
    """Return what a question is about: single characters of Chinese, whole words of English."""
    found: list[str] = []
    for piece in wanted(folded):
        found += piece.text if piece.kind == "chinese" else [piece.text]
    return found


def _known(content: Sequence[str], start: int, end: int, whole: str) -> bool:
    """True when the pair holds the words content[start:end]; a single Chinese character with one beside it."""
    part = _joined(content[start:end])
    if part.isascii():
        return all(stem(word) in whole for word in content[start:end])
    if len(part) > 1:
        return part in whole
    return any(
        _joined(content[a:b]) in whole for a, b in ((start - 1, end), (start, end + 1)) if a >= 0 and b <= len(content)
    )


def _joined(content: Sequence[str]) -> str:
    return " ".join(content) if all(part.isascii() for part in content) else "".join(content)
