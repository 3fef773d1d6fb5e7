"""A PDF page as people see it: a picture, the text on it with its place, and where a passage stands.

The passage comes as the document's Markdown, the page as characters: both are compared by what is written, without
white space and marks. A passage that is not there word by word (a table's row) is found cell by cell.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import pypdfium2

from ingest.clean import index_form
from ingest.parse.pdf_lines import read_page
from ingest.parse.pdf_page import Char, Layout, Place
from ingest.parse.tables import cells_of, is_rule

# Of a passage that goes on over a page's end, at least so many characters must be found on a page.
LEAST = 6
MOST_SEARCHED = 400
_LARGEST_SIDE = 4_000


@dataclass(frozen=True)
class PageShown:
    """A page in points from its top left: the whole, its lines of text, and the rectangles of the passage."""

    pages: int
    page: int
    width: float
    height: float
    marks: tuple[Place, ...]
    lines: tuple[tuple[str, Place], ...]


def show(data: bytes, passage: str, page: int | None, boxes: Sequence[tuple[int, Place]] = ()) -> PageShown:
    """Return the page asked for, or without one the page on which the passage begins.

    `boxes` are (page, place) known for the passage from when the file was read: they mark what cannot be found as
    text, such as a scan. Raises pypdfium2.PdfiumError on a file that cannot be opened.
    """
    opened = pypdfium2.PdfDocument(data)
    try:
        count = len(opened)
        if page is not None:
            number = min(max(page, 1), count)
            layout = _layout(opened, number)
            marks = find(passage, layout)
        else:
            number, layout, marks = _first_with(opened, passage, [known for known, _ in boxes])
        marks = marks or [place for known, place in boxes if known == number]
        lines = tuple((line.text, (line.left, line.top, line.right, line.bottom)) for line in layout.lines)
        return PageShown(count, number, layout.width, layout.height, tuple(marks), lines)
    finally:
        opened.close()


def picture(data: bytes, page: int, width: int) -> bytes:
    """Return a page as PNG, `width` pixels wide. Raises pypdfium2.PdfiumError."""
    opened = pypdfium2.PdfDocument(data)
    try:
        drawn = opened[min(max(page, 1), len(opened)) - 1]
        across, down = drawn.get_size()
        scale = min(width / max(across, 1), _LARGEST_SIDE / max(across, down, 1))
        buffer = BytesIO()
        drawn.render(scale=scale).to_pil().convert("RGB").quantize(128).save(buffer, "PNG", compress_level=6)
        return buffer.getvalue()
    finally:
        opened.close()


def _layout(opened: Any, number: int) -> Layout:
    page = opened[number - 1]
    try:
        return read_page(page, number)
    finally:
        page.close()


def _first_with(opened: Any, passage: str, known: Sequence[int]) -> tuple[int, Layout, list[Place]]:
    count = len(opened)
    likely = [number for number in dict.fromkeys(known) if 1 <= number <= count]
    if not letters(passage):
        number = likely[0] if likely else 1
        return number, _layout(opened, number), []
    rest = [] if likely else range(1, min(count, MOST_SEARCHED) + 1)
    for number in [*likely, *rest]:
        layout = _layout(opened, number)
        if marks := find(passage, layout):
            return number, layout, marks
    number = likely[0] if likely else 1
    return number, _layout(opened, number), []


def find(passage: str, layout: Layout) -> list[Place]:
    """Return the rectangles of the passage on a page, one a line of it; nothing when it does not stand there."""
    wanted = letters(passage)
    if not wanted or not layout.chars:
        return []
    for chars in (layout.chars, _by_lines(layout)):
        written, at = _written(chars)
        if span := _span(wanted, written):
            return _rectangles([chars[at[index]] for index in range(*span)])
    return _by_cells(passage, layout)


def letters(text: str) -> str:
    """Return what is written, in one width and case, without white space and punctuation."""
    return "".join(char for char in index_form(text) if char.isalnum())


def _written(chars: Sequence[Char]) -> tuple[str, list[int]]:
    """Return the letters of characters, and for each letter the index of its character."""
    text, at = [], []
    for index, char in enumerate(chars):
        for letter in letters(char.text):
            text.append(letter)
            at.append(index)
    return "".join(text), at


def _by_lines(layout: Layout) -> list[Char]:
    """Return the characters in reading order, where that is not how the file has them."""
    ordered: list[Char] = []
    for line in layout.lines:
        inside = [
            char
            for char in layout.chars
            if line.left - 1 <= char.middle[0] <= line.right + 1 and line.top - 1 <= char.middle[1] <= line.bottom + 1
        ]
        ordered += sorted(inside, key=lambda char: char.left)
    return ordered


def _span(wanted: str, written: str) -> tuple[int, int] | None:
    """Return where the passage stands in a page's letters; also its end at the top, or its beginning at the bottom."""
    at = written.find(wanted)
    if at >= 0:
        return at, at + len(wanted)
    head = next((size for size in range(min(len(wanted), len(written)), LEAST, -1) if _ends(written, wanted, size)), 0)
    if head:
        at = written.rfind(wanted[:head])
        return at, at + head
    for size in range(len(wanted) - 1, max(LEAST, len(wanted) // 3), -1):
        at = written.find(wanted[-size:], 0, size + 200)
        if at >= 0:
            return at, at + size
    return None


def _ends(written: str, wanted: str, size: int) -> bool:
    """True when the passage's first letters stand at the page's end, a page number or so after them."""
    return written.find(wanted[:size], max(0, len(written) - size - 60)) >= 0


def _by_cells(passage: str, layout: Layout) -> list[Place]:
    """Return the rectangles of a table's rows: of each row the cells that stand on one line of the page."""
    written, at = _written(layout.chars)
    found: list[Place] = []
    for row in passage.split("\n"):
        if is_rule(row):
            continue
        spots = [(cell, spot) for cell in map(letters, cells_of(row)) if cell for spot in _all(cell, written)]
        if not spots:
            continue
        heights = Counter(round(layout.chars[at[spot]].middle[1] / 4) for _, spot in spots)
        best = max(heights, key=lambda height: (len({c for c, s in spots if _near(s, height, at, layout)}), -height))
        on_line = [(cell, spot) for cell, spot in spots if _near(spot, best, at, layout)]
        if len({cell for cell, _ in on_line}) * 2 <= len(set(map(letters, cells_of(row))) - {""}):
            continue
        for cell, spot in on_line:
            found += _rectangles([layout.chars[at[index]] for index in range(spot, spot + len(cell))])
    return found


def _near(spot: int, height: int, at: Sequence[int], layout: Layout) -> bool:
    return abs(layout.chars[at[spot]].middle[1] / 4 - height) <= 2.5


def _all(cell: str, written: str) -> list[int]:
    spots: list[int] = []
    at = written.find(cell)
    while at >= 0 and len(spots) < 200:
        spots.append(at)
        at = written.find(cell, at + 1)
    return spots


def _rectangles(chars: Sequence[Char]) -> list[Place]:
    """Return one rectangle for each line the characters stand on."""
    found: list[list[float]] = []
    for char in chars:
        height = max(char.bottom - char.top, 1.0)
        last = found[-1] if found else None
        if last and abs(last[1] - char.top) < 0.6 * height and -height < char.left - last[2] < 4 * height:
            last[0], last[1] = min(last[0], char.left), min(last[1], char.top)
            last[2], last[3] = max(last[2], char.right), max(last[3], char.bottom)
        else:
            found.append([char.left, char.top, char.right, char.bottom])
    return [(left, top, right, bottom) for left, top, right, bottom in found]
