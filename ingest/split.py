"""A Document becomes chunks that are small enough to embed and whole enough to understand.

Sections are packed, not mixed: a chunk belongs to one heading or one article (tiny ones join a neighbour). What a chunk
repeats from elsewhere (title, headings, a table's header, an article's lead) stands in `index_text` only; spans always
point at the document's own text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from adapters.records import Chunk, Document
from adapters.terms import language
from ingest.clean import index_form
from ingest.pairs import bounded, wordings
from ingest.pieces import Cutter, Piece, Section
from ingest.templates import Template, choose_template, sections_of

_MARKS = re.compile(r"^#{1,6} ", re.MULTILINE)
CountTokens = Callable[[str], int]


@dataclass(frozen=True)
class Sizes:
    """Chunk sizes in tokens of the embedding model. `hard` leaves room for title and headings within its limit."""

    target: int = 200
    hard: int = 380
    least: int = 40
    prefix: int = 90
    parent: int = 600


def split(
    document: Document,
    *,
    document_id: str,
    version_label: str,
    count_tokens: CountTokens,
    template: Template = "auto",
    sizes: Sizes = Sizes(),
) -> list[Chunk]:
    """Return the chunks of a document in reading order; ids are "document_id:version_label:ordinal".

    `template` is one of law, manual, faq, sheet, general, or auto to let the document decide.
    `count_tokens` is called about once a block, so it may be slow.
    """
    # A chunk must not hold two pairs, which may have other readers.
    fitting = "faq" if document.pairs else template
    chosen = choose_template(document) if fitting == "auto" else fitting
    cutter = Cutter(document.text, count_tokens, sizes.target, sizes.hard)
    sections = sections_of(document, chosen)
    packed = [(section, _pack(section, cutter.pieces(section), sizes)) for section in sections]
    packed = _merge_tiny_sections(packed, chosen, sizes)
    chunks: list[Chunk] = []
    prefixes = _Prefixes(document.title, count_tokens, sizes.prefix)
    for section, groups in packed:
        for index, group in enumerate(groups):
            parent = _parent(groups, index, section, sizes.parent)
            ordinal = len(chunks)
            chunks.append(
                _chunk(document, group, section, parent, f"{document_id}:{version_label}:{ordinal}", ordinal, prefixes)
            )
    if document.pairs:
        chunks = bounded(chunks, document.pairs)
        chunks += wordings(document, f"{document_id}:{version_label}", len(chunks))
    return chunks


Group = list[Piece]
Packed = tuple[Section, list[Group]]


def _pack(section: Section, pieces: Sequence[Piece], sizes: Sizes) -> list[Group]:
    """Fill groups up to the target; a group that would stay tiny joins a neighbour of its section."""
    total = sum(piece.tokens for piece in pieces)
    # An article is one unit of law as long as it fits.
    if section.whole and total <= sizes.hard:
        return [list(pieces)] if pieces else []
    # Equal shares read better than full groups and a rest.
    share = total / max(1, -(-total // sizes.target))
    groups: list[Group] = []
    size = 0
    for piece in pieces:
        fits = size + piece.tokens <= sizes.target * 1.1
        wanted = size < share * 0.9 or size < sizes.least or piece.tokens < sizes.least / 2
        if groups and not piece.starts and fits and wanted:
            groups[-1].append(piece)
            size += piece.tokens
        else:
            groups.append([piece])
            size = piece.tokens
    return _merge_tiny_groups(groups, sizes)


def _merge_tiny_groups(groups: list[Group], sizes: Sizes) -> list[Group]:
    merged: list[Group] = []
    for group in groups:
        before = merged[-1] if merged else None
        if before is not None and not group[0].starts and _joinable(before, group, sizes):
            before.extend(group)
        else:
            merged.append(group)
    return merged


def _joinable(left: Group, right: Group, sizes: Sizes) -> bool:
    small = min(_tokens(left), _tokens(right)) < sizes.least
    return small and _tokens(left) + _tokens(right) <= sizes.hard


def _merge_tiny_sections(packed: list[Packed], template: Template, sizes: Sizes) -> list[Packed]:
    """Join neighbouring sections under the same heading when one of them is too short to be found by itself.

    Articles of law stay apart unless they are a line or less: their number is what people ask for. So do questions.
    """
    least = sizes.least * 3 // 8 if template == "law" else sizes.least
    merged: list[Packed] = []
    for section, groups in packed:
        if not groups:
            continue
        before = merged[-1] if merged else None
        apart = section.asked or (before is not None and before[0].asked) or template in {"faq", "sheet"}
        if before is not None and len(groups) == len(before[1]) == 1 and not apart:
            left, right = before[1][0], groups[0]
            small = min(_tokens(left), _tokens(right)) < least
            limit = sizes.target if template != "law" else sizes.target // 2
            if small and _tokens(left) + _tokens(right) <= limit and before[0].precedes(section):
                joined = before[0].joined(section)
                merged[-1] = (joined, [[*left, *right]])
                continue
        merged.append((section, groups))
    return merged


def _tokens(group: Group) -> int:
    return sum(piece.tokens for piece in group)


def _parent(groups: Sequence[Group], index: int, section: Section, limit: int) -> tuple[int, int]:
    """Return the span to read around a group: its section, or as many neighbours as fit."""
    if sum(map(_tokens, groups)) <= limit:
        return section.start, max(section.end, groups[-1][-1].end)
    first = last = index
    room = limit - _tokens(groups[index])
    while True:
        after = _tokens(groups[last + 1]) if last + 1 < len(groups) else room + 1
        before = _tokens(groups[first - 1]) if first > 0 else room + 1
        if after <= room and (after <= before or before > room):
            last, room = last + 1, room - after
        elif before <= room:
            first, room = first - 1, room - before
        else:
            break
    start = section.start if first == 0 else groups[first][0].start
    return start, groups[last][-1].end


class _Prefixes:
    """The lines before a chunk's text in `index_text`: title and headings, each said once, within a few tokens."""

    def __init__(self, title: str, count_tokens: CountTokens, limit: int) -> None:
        self._title = index_form(title)
        self._count = count_tokens
        self._limit = limit
        self._known: dict[tuple[str, ...], str] = {}

    def of(self, path: tuple[str, ...]) -> str:
        if path not in self._known:
            self._known[path] = self._build(path)
        return self._known[path]

    def _build(self, path: tuple[str, ...]) -> str:
        parts = [self._title]
        for title in map(index_form, path):
            # "手册 > 手册 第一章" says one thing twice.
            if title and title != parts[-1] and title not in self._title:
                parts.append(title)
        while len(parts) > 2 and self._count(" > ".join(parts)) > self._limit:
            parts.pop(1)
        text = " > ".join(parts)
        while len(text) > 20 and self._count(text) > self._limit:
            text = text[: len(text) * 3 // 4]
        return text


def _chunk(
    document: Document,
    group: Group,
    section: Section,
    parent: tuple[int, int],
    id: str,
    ordinal: int,
    prefixes: _Prefixes,
) -> Chunk:
    start, end = group[0].start, group[-1].end
    if section.lead_in is not None and group[0].start == section.body_start:
        start = section.lead_in
    text = document.text[start:end]
    path = tuple(title for title in section.path if not text.startswith(title))
    if section.asked and start == section.lead_in:
        # The question stands in the text itself.
        path = path[:-1]
    kinds = {piece.kind for piece in group}
    # What a heading alone says is in the text.
    path = path[:-1] if "heading" in kinds and len(group) == 1 else path
    return Chunk(
        id=id,
        document_id=id.rsplit(":", 2)[0],
        ordinal=ordinal,
        text=text,
        index_text="\n".join(filter(None, (prefixes.of(path), group[0].repeats, _body(document.text, start, group)))),
        start=start,
        end=end,
        parent_start=min(parent[0], start),
        parent_end=max(parent[1], end),
        language=language(text),
        heading_path=section.path,
        page=next((piece.page for piece in group if piece.page is not None), None),
        location=_location(group),
        kind=kinds.pop() if len(kinds) == 1 else "text",
    )


def _body(text: str, start: int, group: Group) -> str:
    """Return the index form of a chunk's pieces, with the headings that stand before and between them."""
    parts: list[str] = []
    for piece in group:
        if between := text[start : piece.start].strip():
            parts.append(index_form(_MARKS.sub("", between)))
        parts.append(piece.index_text)
        start = piece.end
    return "\n".join(parts)


def _location(group: Group) -> str | None:
    places = list(dict.fromkeys(piece.location for piece in group if piece.location))
    if not places:
        return None
    return places[0] if len(places) == 1 or "!" not in places[0] else _range(places[0], places[-1])


def _range(first: str, last: str) -> str:
    """Return "Sheet1!A2:D9" for "Sheet1!A2:D2" and "Sheet1!A9:D9"."""
    sheet, _, cells = first.rpartition("!")
    other, _, until = last.rpartition("!")
    return f"{sheet}!{cells.split(':')[0]}:{until.split(':')[-1]}" if sheet == other else first
