"""The parts of a PDF page, in points from the top left of the page as it is shown."""

from __future__ import annotations

from dataclasses import dataclass

from ingest.clean import index_form

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
    `pieces` are the lines as wide gaps cut them, empty on a page in two columns. `unseen` is text that nobody sees.
    """

    chars: tuple[Char, ...]
    lines: tuple[PdfLine, ...]
    width: float
    height: float
    left: float = 0.0
    top: float = 0.0
    turned: int = 0
    pieces: tuple[PdfLine, ...] = ()
    unseen: str = ""

    def place(self, left: float, bottom: float, right: float, top: float) -> Place:
        """Return a rectangle in PDF coordinates as (left, top, right, bottom) on the page as it is shown."""
        across, down = (self.height, self.width) if self.turned in {90, 270} else (self.width, self.height)
        return _turn(
            (left - self.left, self.top - top, right - self.left, self.top - bottom), self.turned, across, down
        )


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
