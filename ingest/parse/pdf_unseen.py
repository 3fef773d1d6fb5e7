"""Characters of a PDF page that nobody sees: too small to read, or white where nothing coloured lies behind.

The invisible text under a scanned page is no such: it says what the picture shows.
"""

from __future__ import annotations

import ctypes
from functools import cached_property
from typing import Any

import pypdfium2.raw as pdfium

# Points; the smallest print that anybody reads is about four.
_TINY = 2.0
_WHITE = 250
_MOST_OBJECTS = 5_000
_PAINTED = (pdfium.FPDF_PAGEOBJ_PATH, pdfium.FPDF_PAGEOBJ_IMAGE, pdfium.FPDF_PAGEOBJ_SHADING)


class Unseen:
    """Judges the characters of one page in their order; `text` is what it took."""

    def __init__(self, page: Any, textpage: Any) -> None:
        self._page = page
        self._textpage = textpage
        self._taken: list[str] = []
        self._white = False
        self._asks = True
        self._parts = [ctypes.c_uint() for _ in range(4)]
        self._colour = [ctypes.byref(part) for part in self._parts]

    def looks(self, code: int, box: Any) -> bool:
        """True when `takes` has anything to do with this character: nearly all are as the one before."""
        return self._asks or self._white or code <= 32 or box.top - box.bottom < _TINY

    @property
    def text(self) -> str:
        return "".join(self._taken)

    def takes(self, index: int, code: int, box: Any) -> bool:
        """True when nobody sees this character. The colour is asked for once a word: that is what it costs."""
        if code <= 32:
            self.next_word()
            return False
        if self._asks:
            self._white = self._is_white(index) and not self._is_covered(box)
            self._asks = False
        if self._white or 0 < box.top - box.bottom < _TINY:
            self._taken.append(chr(code))
            return True
        return False

    def next_word(self) -> None:
        """What follows may be of another colour."""
        self._asks = True
        if self._taken and not self._taken[-1].isspace():
            self._taken.append(" ")

    def _is_white(self, index: int) -> bool:
        if not pdfium.FPDFText_GetFillColor(self._textpage, index, *self._colour):
            return False
        return self._parts[0].value >= _WHITE <= min(
            self._parts[1].value, self._parts[2].value
        ) and not self._is_invisible_layer(index)

    def _is_invisible_layer(self, index: int) -> bool:
        text = pdfium.FPDFText_GetTextObject(self._textpage, index)
        return bool(text) and pdfium.FPDFTextObj_GetTextRenderMode(text) == pdfium.FPDF_TEXTRENDERMODE_INVISIBLE

    def _is_covered(self, box: Any) -> bool:
        across, up = (box.left + box.right) / 2, (box.bottom + box.top) / 2
        return any(left <= across <= right and bottom <= up <= top for left, bottom, right, top in self._painted)

    @cached_property
    def _painted(self) -> list[tuple[float, float, float, float]]:
        """The rectangles of everything on the page that is drawn and not white; only asked for when text is."""
        found = []
        for number, drawn in enumerate(self._page.get_objects(filter=_PAINTED)):
            if number >= _MOST_OBJECTS:
                break
            if drawn.type == pdfium.FPDF_PAGEOBJ_PATH and self._is_white_path(drawn):
                continue
            found.append(drawn.get_bounds())
        return found

    @staticmethod
    def _is_white_path(drawn: Any) -> bool:
        parts = [ctypes.c_uint() for _ in range(4)]
        if not pdfium.FPDFPageObj_GetFillColor(drawn.raw, *map(ctypes.byref, parts)):
            return False
        return all(part.value >= _WHITE for part in parts[:3])
