"""The characters of a PDF page become lines in reading order, with their place and size. Knows pages, not documents."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pypdfium2.raw as pdfium

from ingest.clean import index_form
from ingest.parse.pictures import is_wide

_HYPHENS = frozenset({0x02, 0xAD, 0xFFFE})
_COLUMN_GAP = 1.9
_NUMBER = re.compile(
    r"(?:第[0-9〇零一二三四五六七八九十百千]+[编篇章节条]|[一二三四五六七八九十]+[、.]?"
    r"|附[件录表][0-9一二三四五六七八九十]*) $"
)
_MIN_COLUMN_LINES = 8


Place = tuple[float, float, float, float]


@dataclass(frozen=True)
class Char:
    text: str
    left: float
    top: float
    right: float
    bottom: float

    @property
    def middle(self) -> tuple[float, float]:
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2


@dataclass(frozen=True)
class PdfLine:
    """One line of a page, in points from the top left. `column` is 0 across the page, 1 left, 2 right."""

    text: str
    page: int
    left: float
    top: float
    right: float
    bottom: float
    size: float
    bold: bool = False
    column: int = 0

    @property
    def middle(self) -> tuple[float, float]:
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    @property
    def key(self) -> str:
        """The text without spaces, digits and width, to recognise it again on another page or in the bookmarks."""
        return "".join(char for char in index_form(self.text) if not char.isspace() and not char.isdigit())


@dataclass(frozen=True)
class Layout:
    """What one page holds: its characters, its lines in reading order, its size in points as it is shown.

    `left` and `top` are the page's corner in PDF coordinates, `turned` its rotation in degrees clockwise.
    `pieces` are the lines as wide gaps cut them, empty on a page in two columns.
    """

    chars: tuple[Char, ...]
    lines: tuple[PdfLine, ...]
    width: float
    height: float
    left: float = 0.0
    top: float = 0.0
    turned: int = 0
    pieces: tuple[PdfLine, ...] = ()

    def place(self, left: float, bottom: float, right: float, top: float) -> Place:
        """Return a rectangle in PDF coordinates as (left, top, right, bottom) on the page as it is shown."""
        across, down = (self.height, self.width) if self.turned in {90, 270} else (self.width, self.height)
        return _turn(
            (left - self.left, self.top - top, right - self.left, self.top - bottom), self.turned, across, down
        )


def read_page(page: Any, number: int) -> Layout:
    """Return the characters and lines of a pypdfium2 page; `number` counts from 1."""
    left, bottom, right, top = page.get_cropbox(fallback_ok=True) or page.get_mediabox()
    turned = page.get_rotation() % 360
    width, height = right - left, top - bottom
    if turned in {90, 270}:
        width, height = height, width
    bare = Layout((), (), width, height, left, top, turned)
    textpage = page.get_textpage()
    try:
        chars, breaks, bolds = _characters(textpage, bare)
    finally:
        textpage.close()
    pieces = _lines(chars, breaks, bolds, number)
    lines = _in_reading_order(pieces, width)
    in_columns = any(line.column for line in lines)
    return replace(bare, chars=tuple(chars), lines=tuple(lines), pieces=() if in_columns else tuple(pieces))


def _characters(textpage: Any, page: Layout) -> tuple[list[Char], set[int], set[int]]:
    """Return visible characters and spaces, the indices that start a new line, and those set in a bold face."""
    count = pdfium.FPDFText_CountChars(textpage)
    box = pdfium.FS_RECTF()
    chars: list[Char] = []
    breaks: set[int] = set()
    bolds: set[int] = set()
    seen: set[tuple[int, int, int]] = set()
    high = 0
    for index in range(count):
        code = pdfium.FPDFText_GetUnicode(textpage, index)
        if 0xD800 <= code < 0xDC00:
            high = code
            continue
        if 0xDC00 <= code < 0xE000:
            code = 0x10000 + ((high - 0xD800) << 10) + code - 0xDC00 if high else 0xFFFD
        if code in (10, 13):
            breaks.add(len(chars))
            continue
        if code in _HYPHENS:
            code = 0x2D
        if code < 32 and code != 9:
            continue
        pdfium.FPDFText_GetLooseCharBox(textpage, index, ctypes.byref(box))
        # Bold is often made by printing a character twice, a hair apart.
        spot = (code, round(box.left), round(box.bottom))
        if code > 32 and spot in seen:
            continue
        seen.add(spot)
        if not chars or len(chars) in breaks:
            weight = pdfium.FPDFText_GetFontWeight(textpage, index)
            if weight >= 600 or "bold" in _font(textpage, index) or "black" in _font(textpage, index):
                bolds.add(len(chars))
        chars.append(Char(chr(code), *page.place(box.left, box.bottom, box.right, box.top)))
    return chars, breaks, bolds


def _font(textpage: Any, index: int) -> str:
    buffer = ctypes.create_string_buffer(128)
    flags = ctypes.c_int()
    pdfium.FPDFText_GetFontInfo(textpage, index, buffer, 128, ctypes.byref(flags))
    return buffer.value.decode("latin-1").lower()


def _turn(place: Place, degrees: int, width: float, height: float) -> Place:
    """Return a place on a page of `width` and `height` that is shown turned clockwise."""
    left, top, right, bottom = place
    if degrees == 90:
        return height - bottom, left, height - top, right
    if degrees == 180:
        return width - right, height - bottom, width - left, height - top
    if degrees == 270:
        return top, width - right, bottom, width - left
    return place


def _lines(chars: Sequence[Char], breaks: set[int], bolds: set[int], page: int) -> list[PdfLine]:
    lines: list[PdfLine] = []
    run: list[Char] = []
    bold = False
    for index, char in enumerate(chars):
        if run and (index in breaks or _far(run[-1], char)):
            lines.extend(_line(run, page, bold))
            run = []
        if not run:
            bold = index in bolds
        run.append(char)
    lines.extend(_line(run, page, bold))
    return lines


def _far(before: Char, char: Char) -> bool:
    """True when two characters in sequence are on different lines or in different columns."""
    if char.text.isspace() or before.text.isspace():
        return False
    size = max(before.bottom - before.top, char.bottom - char.top, 1.0)
    apart = char.left - before.right
    return apart > _COLUMN_GAP * size or apart < -6 * size or abs(char.bottom - before.bottom) > 1.2 * size


def _line(run: list[Char], page: int, bold: bool) -> list[PdfLine]:
    """Return the run as lines: one, or several where wide gaps cut it."""
    pieces: list[list[Char]] = [[]]
    last: Char | None = None
    for char in run:
        if not char.text.isspace():
            size = max(char.bottom - char.top, 1.0)
            if last is not None and char.left - last.right > _COLUMN_GAP * size:
                pieces.append([])
            last = char
        pieces[-1].append(char)
    return [line for piece in pieces if (line := _one_line(piece, page, bold)) is not None]


def _one_line(run: list[Char], page: int, bold: bool) -> PdfLine | None:
    ink = [char for char in run if not char.text.isspace()]
    if not ink:
        return None
    text: list[str] = []
    for char in run:
        if char.text.isspace():
            if text and text[-1] != " ":
                text.append(" ")
            continue
        # Justified Chinese is drawn with gaps that are no spaces; the one after a number is.
        if text[-1:] == [" "] and len(text) > 1 and is_wide(text[-2]) and is_wide(char.text) and not _numbered(text):
            text.pop()
        text.append(char.text)
    heights = sorted(char.bottom - char.top for char in ink)
    return PdfLine(
        "".join(text).strip(),
        page,
        min(char.left for char in ink),
        min(char.top for char in ink),
        max(char.right for char in ink),
        max(char.bottom for char in ink),
        round(heights[len(heights) // 2], 1),
        bold,
    )


def _numbered(text: list[str]) -> bool:
    return len(text) < 14 and bool(_NUMBER.match("".join(text)))


def _upright(line: PdfLine) -> bool:
    """False for text turned up the margin, which would cut into whatever stands beside it."""
    return len(line.text) < 4 or line.bottom - line.top < 2 * (line.right - line.left)


def _in_reading_order(lines: list[PdfLine], width: float) -> list[PdfLine]:
    """Return lines as they are read: a page in two columns is read down the left one first, band by band."""
    turned = [replace(line, size=0.1) for line in lines if not _upright(line)]
    lines = [line for line in lines if _upright(line)]
    gutter = _gutter(lines, width)
    if gutter is None:
        return _rows_joined(lines) + turned
    ordered: list[PdfLine] = []
    left: list[PdfLine] = []
    right: list[PdfLine] = []
    for line in sorted(lines, key=lambda line: line.top):
        if line.right <= gutter:
            left.append(replace(line, column=1))
        elif line.left >= gutter:
            right.append(replace(line, column=2))
        else:
            ordered.extend(_rows_joined(left) + _rows_joined(right))
            left, right = [], []
            ordered.append(line)
    return ordered + _rows_joined(left) + _rows_joined(right) + turned


def _gutter(lines: Sequence[PdfLine], width: float) -> float | None:
    """Return where the space between two columns of running text lies, or None on a page with one column."""
    best: tuple[int, float] | None = None
    for step in range(36, 66):
        at = width * step / 100
        left = [line for line in lines if line.right <= at]
        right = [line for line in lines if line.left >= at]
        crossing = len(lines) - len(left) - len(right)
        if min(len(left), len(right)) < _MIN_COLUMN_LINES or crossing > 0.25 * len(lines):
            continue
        if not _is_prose(left) or not _is_prose(right) or not _beside(left, right):
            continue
        if best is None or crossing < best[0]:
            best = (crossing, at)
    return None if best is None else best[1]


def _is_prose(lines: Sequence[PdfLine]) -> bool:
    """True when most lines fill their column, which the cells of a table do not."""
    width = max(line.right for line in lines) - min(line.left for line in lines)
    return sum(line.right - line.left > 0.6 * width for line in lines) >= 0.5 * len(lines)


def _beside(left: Sequence[PdfLine], right: Sequence[PdfLine]) -> bool:
    top = max(min(line.top for line in left), min(line.top for line in right))
    bottom = min(max(line.bottom for line in left), max(line.bottom for line in right))
    return bottom - top > 5 * left[0].size


def _on_one_line(before: PdfLine, line: PdfLine) -> bool:
    shared = min(before.bottom, line.bottom) - max(before.top, line.top)
    lower = min(before.bottom - before.top, line.bottom - line.top)
    return shared > 0.5 * lower and line.left >= before.right - 0.5 * max(line.size, before.size)


def _rows_joined(lines: Sequence[PdfLine]) -> list[PdfLine]:
    """Join neighbouring pieces that stand on one line, which wide gaps had cut."""
    joined: list[PdfLine] = []
    for line in lines:
        before = joined[-1] if joined else None
        if before is not None and _on_one_line(before, line):
            size = max(before.size, line.size)
            # A raised or lowered sign belongs to the word before it.
            space = "" if line.left - before.right < 0.15 * size else " "
            joined[-1] = replace(
                before,
                text=f"{before.text}{space}{line.text}",
                right=max(before.right, line.right),
                top=min(before.top, line.top),
                bottom=max(before.bottom, line.bottom),
                size=max(before.size, line.size),
            )
        else:
            joined.append(line)
    return joined
