"""Apply what people decided about passages to a version as it was read: pure, spans of everything else follow.

The whole text changes, not only the chunk: a passage that is read around another says the corrected words too, and a
disabled one is nowhere.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from adapters.records import Amended, Chunk, Correction, Place, Reading
from adapters.terms import language
from ingest.clean import index_form

_HEADING_MARKS = re.compile(r"^#{1,6} ", re.MULTILINE)


@dataclass(frozen=True)
class Outcome:
    """A version with its corrections: `text`, the chunks left, the spans people changed, and where its parts stand."""

    text: str
    chunks: tuple[Chunk, ...]
    amended: tuple[Amended, ...]
    places: tuple[Place, ...] = ()


@dataclass(frozen=True)
class _Edit:
    chunk: Chunk
    start: int
    correction: Correction

    @property
    def words(self) -> str:
        """What stands there now."""
        if self.correction.disabled:
            return ""
        return self.chunk.text if self.correction.text is None else self.correction.text


def amend(before: Reading, corrections: Sequence[Correction], hash_text: Callable[[str], str]) -> Outcome | None:
    """Return the version with every correction that names a passage of it; None when none does."""
    wanted = {one.original_hash: one for one in corrections if one.disabled or one.text is not None}
    edits = _edits(before.chunks, wanted, hash_text) if wanted else []
    if not edits:
        return None
    # 1) The new text, piece by piece, and how far each old position moves.
    pieces, moves, done = [], _Moves(), 0
    for edit in edits:
        pieces += [before.text[done : edit.start], edit.words]
        moves.note(edit.start, edit.chunk.end, len(edit.words))
        done = edit.chunk.end
    text = "".join([*pieces, before.text[done:]])
    # 2) Everything that points into it.
    edited = {(edit.chunk.start, edit.chunk.end): edit.correction for edit in edits}
    chunks, amended = [], []
    for chunk in before.chunks:
        moved = _moved(chunk, text, moves)
        decided = edited.get((chunk.start, chunk.end))
        if decided is None:
            chunks.append(moved)
        elif not decided.disabled:
            chunks.append(reworded(moved, chunk))
            amended.append(Amended(moved.start, moved.end, decided.by, decided.at))
    places = tuple(
        replace(place, start=moves.of(place.start, False), end=moves.of(place.end, True)) for place in before.places
    )
    return Outcome(text, tuple(chunks), tuple(amended), places)


def reworded(now: Chunk, before: Chunk) -> Chunk:
    """Return the chunk with the index text of its new words, under the title and headings it had before."""
    if now.kind == "faq":
        # Found by the ways to ask it, which stay as they are.
        return now
    body = index_form(_HEADING_MARKS.sub("", before.text))
    head = before.index_text.removesuffix(body)
    if head == before.index_text:
        # Tables and lists are indexed in a form of their own; the first line is the title and the headings.
        head = before.index_text.partition("\n")[0] + "\n" if "\n" in before.index_text else ""
    return replace(now, index_text=head + index_form(_HEADING_MARKS.sub("", now.text)), language=language(now.text))


def renumbered(chunks: Sequence[Chunk], document_id: str, version: int) -> tuple[Chunk, ...]:
    """Return the chunks with the ids they have in this version."""
    return tuple(replace(chunk, id=f"{document_id}:{version}:{chunk.ordinal}") for chunk in chunks)


def _edits(chunks: Sequence[Chunk], wanted: Mapping[str, Correction], hash_text: Callable[[str], str]) -> list[_Edit]:
    """Return the edits in the order of the text; where two overlap, the later begins where the other ends."""
    found: list[_Edit] = []
    for chunk in sorted(chunks, key=lambda chunk: chunk.start):
        correction = wanted.get(hash_text(chunk.text))
        # The ways to ask one question have one span.
        again = found and (found[-1].chunk.start, found[-1].chunk.end) == (chunk.start, chunk.end)
        if correction is not None and not again:
            after = max(chunk.start, found[-1].chunk.end) if found else chunk.start
            found.append(_Edit(chunk, min(after, chunk.end), correction))
    return found


class _Moves:
    """Where positions of the old text are in the new one."""

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._edits: list[tuple[int, int, int, int]] = []

    def note(self, start: int, end: int, length: int) -> None:
        """The span became `length` characters long; spans are noted in order."""
        shift = self._edits[-1][3] if self._edits else 0
        self._starts.append(start)
        self._edits.append((start, end, length, shift + length - (end - start)))

    def of(self, position: int, is_end: bool) -> int:
        """Return the new position; inside a changed span its beginning, or its end for the end of a span."""
        index = bisect_right(self._starts, position - is_end) - 1
        if index < 0:
            return position
        start, end, length, shift = self._edits[index]
        if position >= end and not (position == start == end):
            return position + shift
        before = shift - (length - (end - start))
        return start + before + (length if is_end else 0)


def _moved(chunk: Chunk, text: str, moves: _Moves) -> Chunk:
    start, end = moves.of(chunk.start, False), moves.of(chunk.end, True)
    first, last = moves.of(chunk.parent_start, False), moves.of(chunk.parent_end, True)
    return replace(chunk, text=text[start:end], start=start, end=end, parent_start=first, parent_end=last)
