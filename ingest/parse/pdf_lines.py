"""The characters of a PDF page become lines in reading order, with their place and size. Knows pages, not documents."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pypdfium2.raw as pdfium

from ingest.parse.pdf_columns import in_reading_order
from ingest.parse.pdf_page import Char, Layout, PdfLine
from ingest.parse.pdf_unseen import Unseen
from ingest.parse.pictures import is_wide

_HYPHENS = frozenset({0x02, 0xAD, 0xFFFE})
_COLUMN_GAP = 1.9
_NUMBER = re.compile(
    r"(?:第[0-9〇零一二三四五六七八九十百千]+[编篇章节条]|[一二三四五六七八九十]+[、.]?"
    r"|附[件录表][0-9一二三四五六七八九十]*) $"
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
        unseen = Unseen(page, textpage)
        chars, breaks, bolds = _characters(textpage, bare, unseen)
    finally:
        textpage.close()
    pieces = _lines(chars, breaks, bolds, number)
    lines = in_reading_order(pieces, width)
    in_columns = any(line.column for line in lines)
    return replace(
        bare, chars=tuple(chars), lines=tuple(lines), pieces=() if in_columns else tuple(pieces), unseen=unseen.text
    )


def _characters(textpage: Any, page: Layout, unseen: Unseen) -> tuple[list[Char], set[int], set[int]]:
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
            unseen.next_word()
            continue
        if code in _HYPHENS:
            code = 0x2D
        if code < 32 and code != 9:
            continue
        pdfium.FPDFText_GetLooseCharBox(textpage, index, ctypes.byref(box))
        if unseen.looks(code, box) and unseen.takes(index, code, box):
            continue
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
