"""Tables drawn with ruling lines: pdfplumber finds the cells, pdfium's characters fill them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pdfminer.pdfexceptions import PDFException
from pdfminer.psexceptions import PSException

from ingest.parse.pdf_lines import Char
from ingest.parse.pictures import is_wide

_MIN_FILLED = 0.3
Rectangle = tuple[float, float, float, float]


@dataclass(frozen=True)
class RuledTable:
    """A table's place on its page (left, top, right, bottom) and its cells."""

    place: Rectangle
    rows: list[list[str]]


def ruled_tables(page: Any, chars: Sequence[Char]) -> list[RuledTable]:
    """Return the tables of a pdfplumber page that hold text in two rows and two columns at least."""
    try:
        found = page.find_tables()
    except (PDFException, PSException, ValueError, KeyError, TypeError, IndexError, RecursionError, AssertionError):
        # The text of the page is already there; only its tables' shape is lost.
        return []
    origin_left, origin_top = page.bbox[0], page.bbox[1]
    tables = []
    for table in found:
        left, top, right, bottom = table.bbox
        place = (left - origin_left, top - origin_top, right - origin_left, bottom - origin_top)
        inside = [char for char in chars if contains(place, char.middle)]
        rows = [
            [_text(cell, inside, origin_left, origin_top) for cell in row.cells] for row in table.rows if any(row.cells)
        ]
        if _is_table(rows):
            tables.append(RuledTable(place, rows))
    return [
        table
        for table in tables
        if not any(_within(table.place, other.place) for other in tables if other is not table)
    ]


def contains(place: Rectangle, point: tuple[float, float]) -> bool:
    return place[0] <= point[0] <= place[2] and place[1] <= point[1] <= place[3]


def _within(inner: Rectangle, outer: Rectangle) -> bool:
    return (
        outer[0] <= inner[0]
        and outer[1] <= inner[1]
        and inner[2] <= outer[2]
        and inner[3] <= outer[3]
        and inner != outer
    )


def _is_table(rows: Sequence[Sequence[str]]) -> bool:
    cells = [text for row in rows for text in row]
    columns = sum(
        any(row[index : index + 1] != [""] and row[index : index + 1] for row in rows)
        for index in range(max(map(len, rows), default=0))
    )
    return len(rows) >= 2 and columns >= 2 and sum(map(bool, cells)) >= max(3, _MIN_FILLED * len(cells))


def _text(cell: Rectangle | None, chars: Sequence[Char], left: float, top: float) -> str:
    if cell is None:
        return ""
    place = (cell[0] - left, cell[1] - top, cell[2] - left, cell[3] - top)
    text: list[str] = []
    last: Char | None = None
    for char in chars:
        if not contains(place, char.middle):
            continue
        turned = last is not None and abs(char.bottom - last.bottom) > 0.5 * (char.bottom - char.top)
        if turned and text and not (is_wide(text[-1]) or is_wide(char.text)):
            text.append(" ")
        text.append(char.text)
        last = char
    return "".join(text).strip()
