"""The smallest things a chunk is made of: blocks, or parts of blocks that are too long, with their tokens counted once.

Paragraphs are cut at sentence ends, lists at items, tables at rows, code at lines; within a sentence only when it is
longer than any chunk may be.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from adapters.records import Block, BlockKind
from ingest.clean import index_form
from ingest.parse.headings import article_of
from ingest.parse.tables import cells_of, is_rule

# A sentence ends after 。！？； (and their closing quotes), after a full stop before a space, or at a line's end.
_SENTENCE = re.compile(
    r"[^。！？；!?\n]*?(?:[。！？；!?]+[”’」』）)\"']*|(?<=[a-z0-9)\]”\"'])\.(?=\s+[\"'“(\[]?[A-Z0-9])|\n+|$)\s*", re.S
)
_CLAUSE_END = re.compile(r"[，、,;:：）)\]】\s]")
_ITEM = re.compile(
    r"^[ \t]{0,3}(?:[-*+•●○▪■◆·]|\(?[0-9a-zA-Z]{1,3}[.)、]|[（(][一二三四五六七八九十0-9]+[)）]"
    r"|[一二三四五六七八九十]+、)[ \t]*",
    re.M,
)
_RANGE = re.compile(r"^(.*)!([A-Z]+)(\d+):([A-Z]+)(\d+)$", re.S)


@dataclass(frozen=True)
class Piece:
    """A span of the document. `index_text` is what is embedded of it, `repeats` goes before it when it leads a chunk.

    `starts` marks a piece that must open a chunk of its own.
    """

    start: int
    end: int
    tokens: int
    kind: BlockKind
    page: int | None = None
    location: str | None = None
    index_text: str = ""
    repeats: str = ""
    starts: bool = False


@dataclass(frozen=True)
class Section:
    """Blocks under one heading, or one article.

    `start` includes all headings before it, `head` only its own. `lead_in` is where its text starts when headings are
    part of it: with a question (`asked`), or where sections were joined. `whole` says that it is one chunk if it fits.
    """

    blocks: tuple[Block, ...]
    path: tuple[str, ...]
    start: int
    end: int
    head: int
    lead_in: int | None = None
    asked: bool = False
    whole: bool = False

    @property
    def body_start(self) -> int:
        return self.blocks[0].start

    def precedes(self, other: Section) -> bool:
        """True when `other`, the next section, stands below the same heading or below this section's own."""
        return self.path in (other.path, other.path[:-1]) or self.path[:-1] == other.path[:-1]

    def joined(self, other: Section) -> Section:
        shared = tuple(a for a, b in zip(self.path, other.path, strict=False) if a == b)
        named = self.path[len(shared) :] + other.path[len(shared) :]
        if self.whole and other.whole and named:
            shared = (*shared, "、".join(named))
        return replace(
            self,
            blocks=self.blocks + other.blocks,
            path=shared or self.path,
            end=other.end,
            lead_in=self.head if self.lead_in is None else self.lead_in,
            whole=self.whole and other.whole,
        )


class Cutter:
    """Cuts the blocks of one document into pieces of at most `hard` tokens."""

    def __init__(self, text: str, count_tokens: Callable[[str], int], target: int, hard: int) -> None:
        self._text = text
        self._count = count_tokens
        self._target = target
        self._hard = hard

    def pieces(self, section: Section) -> list[Piece]:
        """Return a section's pieces in order."""
        pieces = [piece for block in section.blocks for piece in self._block(block)]
        if section.whole and sum(piece.tokens for piece in pieces) > self._hard:
            return self._with_lead(section, pieces)
        return pieces

    def _block(self, block: Block) -> Iterator[Piece]:
        if block.kind == "table":
            yield from self._table(block)
            return
        # A token is rarely longer than ten characters, and counting a very long block whole would be wasted.
        roomy = self._hard if block.kind == "code" else int(self._target * 1.3)
        if len(block.text) < self._hard * 10 and (whole := self._piece(block, block.start, block.end)).tokens <= roomy:
            yield whole
            return
        spans = {"code": self._line_spans, "list": self._item_spans}.get(block.kind, self._sentence_spans)(block)
        yield from self._packed(block, spans)

    def _piece(self, block: Block, start: int, end: int) -> Piece:
        text = self._text[start:end]
        form = index_form(text.lstrip("# ") if block.kind == "heading" else text)
        return Piece(start, end, self._count(form), block.kind, block.page, block.location, form)

    def _packed(self, block: Block, spans: Iterator[tuple[int, int]]) -> Iterator[Piece]:
        """Yield spans counted, those longer than any chunk cut further."""
        for start, end in spans:
            piece = self._piece(block, start, end)
            if piece.tokens <= self._hard:
                yield piece
            elif block.kind == "list":
                inner = replace(block, kind="text", start=start, end=end, text=self._text[start:end])
                for part in self._packed(inner, self._sentence_spans(inner)):
                    yield replace(part, kind="list")
            else:
                yield from self._forced(block, piece)

    def _forced(self, block: Block, long: Piece) -> Iterator[Piece]:
        """Cut a piece without sentence ends into equal parts, at a clause end or space where one is near."""
        parts = -(-long.tokens // self._target)
        if parts < 2 or long.end - long.start < 2:
            yield long
            return
        step = max(1, (long.end - long.start) // parts)
        at = long.start
        while at < long.end:
            stop = self._near_clause_end(at, min(long.end, at + step), long.end, step // 4)
            text = self._text[at:stop]
            begin = at + len(text) - len(text.lstrip())
            at = stop
            if not text.strip():
                continue
            piece = self._piece(block, begin, begin + len(text.strip()))
            if piece.tokens > self._hard:
                yield from self._forced(block, piece)
            else:
                yield piece

    def _near_clause_end(self, start: int, stop: int, end: int, slack: int) -> int:
        """Return the last clause end before `stop` within `slack`, `stop` itself, or `end` when that is as near."""
        if end - stop <= slack:
            return end
        ends = [match.end() for match in _CLAUSE_END.finditer(self._text, max(start + 1, stop - slack), stop)]
        return ends[-1] if ends else stop

    def _spans(self, block: Block, cuts: list[int]) -> Iterator[tuple[int, int]]:
        """Yield the spans between cut points, without the white space at their ends."""
        edges = [block.start, *cuts, block.end]
        for start, end in itertools.pairwise(edges):
            text = self._text[start:end]
            stripped = text.strip() if block.kind != "code" else text.strip("\n")
            if stripped:
                begin = start + text.index(stripped)
                yield begin, begin + len(stripped)

    def _sentence_spans(self, block: Block) -> Iterator[tuple[int, int]]:
        cuts = [
            match.end() for match in _SENTENCE.finditer(self._text, block.start, block.end) if match.end() < block.end
        ]
        return self._spans(block, cuts)

    def _item_spans(self, block: Block) -> Iterator[tuple[int, int]]:
        cuts = [
            match.start() for match in _ITEM.finditer(self._text, block.start, block.end) if match.start() > block.start
        ]
        return self._spans(block, cuts) if cuts else self._sentence_spans(block)

    def _line_spans(self, block: Block) -> Iterator[tuple[int, int]]:
        return self._spans(block, [block.start + at.end() for at in re.finditer(r"\n", block.text)])

    def _table(self, block: Block) -> Iterator[Piece]:
        """Yield a table whole when it is small, else row by row, each row as "header: value" for the index."""
        lines = block.text.split("\n")
        if len(lines) < 2 or not is_rule(lines[1]):
            yield from self._packed(block, self._line_spans(block))
            return
        header = [index_form(cell) for cell in cells_of(lines[0])]
        repeats = " | ".join(filter(None, header))
        place = _RANGE.match(block.location or "")
        at = block.start + len(lines[0]) + 1 + len(lines[1]) + 1
        yield Piece(
            block.start, at - 1, self._count(repeats), "table", block.page, _row_at(place, 0) or block.location, repeats
        )
        for number, line in enumerate(lines[2:], start=1):
            said = _said(header, cells_of(line))
            tokens = self._count(said)
            where = _row_at(place, number) or block.location
            piece = Piece(at, at + len(line), tokens, "table", block.page, where, said)
            if tokens <= self._hard:
                yield piece
            else:
                inner = replace(block, kind="text", start=at, end=at + len(line), text=line, location=where)
                for part in self._packed(inner, self._sentence_spans(inner)):
                    yield replace(part, kind="table", repeats=repeats)
            at += len(line) + 1

    def _with_lead(self, section: Section, pieces: list[Piece]) -> list[Piece]:
        """Return the pieces of a long article; those after the first repeat what its lead says of them."""
        first = section.blocks[0]
        lead = re.split(r"(?<=[：:。])", first.text, maxsplit=1)[0]
        lead = index_form(lead) if self._count(lead) <= self._target // 3 else (article_of(first.text) or "")
        return [replace(piece, repeats=lead) if index else piece for index, piece in enumerate(pieces)]


def _said(header: list[str], cells: list[str]) -> str:
    """Return a row as "header: value; header: value", so that each value is embedded with what it means."""
    parts = []
    for index, cell in enumerate(cells):
        value = index_form(cell)
        if value:
            name = header[index] if index < len(header) else ""
            parts.append(f"{name}: {value}" if name and name != value else value)
    return "; ".join(parts)


def _row_at(place: re.Match[str] | None, number: int) -> str | None:
    """Return the cell range of a table's row; 0 is the header."""
    if place is None:
        return None
    sheet, left, top, right, _ = place.groups()
    row = int(top) + number
    return f"{sheet}!{left}{row}:{right}{row}"
