"""Tables drawn with ruling lines: pdfium gives lines and characters, pdfplumber's geometry finds the cells.

Letting pdfplumber read the page itself would parse everything a second time, a hundred times slower.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium

from ingest.parse.pdf_page import Char, Layout, PdfLine, Place
from ingest.parse.pictures import is_wide

_MIN_FILLED = 0.3
_MANY_PATHS = 3_000
_MANY_SEGMENTS = 400
_MANY_EDGES = 1_500
_MANY_CROSSINGS = 3_000
_THIN = 3.0
_NEAR = 3.0


@dataclass(frozen=True)
class RuledTable:
    """A table's place on its page (left, top, right, bottom) and its cells."""

    place: Place
    rows: list[list[str]]


def ruled_tables(page: Any, layout: Layout) -> list[RuledTable]:
    """Return the tables of a pypdfium2 page that hold text in two rows and two columns at least."""
    edges = [edge for place in _ruled_places(page, layout) for edge in _edges(place)]
    across = sum(edge["orientation"] == "h" for edge in edges)
    if across < 2 or len(edges) - across < 2 or len(edges) > _MANY_PATHS * 4:
        return []
    tables = []
    for cells in _cell_groups(edges):
        place = (min(c[0] for c in cells), min(c[1] for c in cells), max(c[2] for c in cells), max(c[3] for c in cells))
        inside = [char for char in layout.chars if contains(place, char.middle)]
        rows = [[_text(cell, inside) for cell in row] for row in _grid(cells)]
        if _is_table(rows):
            tables.append(RuledTable(place, rows))
    return [table for table in tables if not any(_within(table.place, other.place) for other in tables)]


def contains(place: Place, point: tuple[float, float]) -> bool:
    return place[0] <= point[0] <= place[2] and place[1] <= point[1] <= place[3]


def join_over_pages(tables: list[list[RuledTable]], body: Sequence[Sequence[PdfLine]]) -> None:
    """Move the rows of a table that goes on over a page break to where it began, so that its header holds for them.

    `tables` are changed in place; `body` are the lines outside tables, which tell whether anything stands between.
    """
    for page in range(len(tables) - 1, 0, -1):
        if not tables[page] or not tables[page - 1]:
            continue
        above = max(tables[page - 1], key=lambda table: table.place[3])
        below = min(tables[page], key=lambda table: table.place[1])
        if len(above.rows[0]) != len(below.rows[0]) or abs(above.place[0] - below.place[0]) > 3 * _NEAR:
            continue
        if any(line.top > above.place[3] for line in body[page - 1]) or any(
            line.bottom < below.place[1] for line in body[page]
        ):
            continue
        rows = below.rows[1:] if below.rows[0] == above.rows[0] else below.rows
        tables[page].remove(below)
        tables[page - 1][tables[page - 1].index(above)] = RuledTable(above.place, above.rows + rows)


def _ruled_places(page: Any, layout: Layout) -> Iterator[Place]:
    """Yield the rectangles and lines drawn on a page; a drawing of thousands of paths holds no table."""
    paths = page.get_objects(filter=(pdfium.FPDF_PAGEOBJ_PATH,), max_depth=2)
    for count, path in enumerate(paths):
        if count > _MANY_PATHS:
            return
        if path.container is None and 5 < pdfium.FPDFPath_CountSegments(path.raw) <= _MANY_SEGMENTS:
            yield from (layout.place(*box) for box in _segments(path))
            continue
        try:
            left, bottom, right, top = path.get_bounds()
        except pypdfium2.PdfiumError:
            continue
        yield layout.place(left, bottom, right, top)


def _segments(path: Any) -> Iterator[Place]:
    """Yield the straight lines of a path that draws a whole grid, as (left, bottom, right, top)."""
    matrix = path.get_matrix()
    x, y = ctypes.c_float(), ctypes.c_float()
    before: tuple[float, float] | None = None
    for index in range(pdfium.FPDFPath_CountSegments(path.raw)):
        segment = pdfium.FPDFPath_GetPathSegment(path.raw, index)
        pdfium.FPDFPathSegment_GetPoint(segment, x, y)
        point = matrix.on_point(x.value, y.value)
        if before is not None and pdfium.FPDFPathSegment_GetType(segment) == pdfium.FPDF_SEGMENT_LINETO:
            (x0, x1), (y0, y1) = sorted((before[0], point[0])), sorted((before[1], point[1]))
            if x1 - x0 < _THIN or y1 - y0 < _THIN:
                yield x0, y0, x1, y1
        before = point


def _edges(place: Place) -> list[dict[str, Any]]:
    """Return the edges of a line or rectangle in the form that pdfplumber's geometry reads."""
    left, top, right, bottom = place
    if right - left < _THIN and bottom - top < _THIN:
        return []
    if bottom - top < _THIN:
        return [_edge("h", left, (top + bottom) / 2, right, (top + bottom) / 2)]
    if right - left < _THIN:
        return [_edge("v", (left + right) / 2, top, (left + right) / 2, bottom)]
    return [
        _edge("h", left, top, right, top),
        _edge("h", left, bottom, right, bottom),
        _edge("v", left, top, left, bottom),
        _edge("v", right, top, right, bottom),
    ]


def _edge(orientation: str, left: float, top: float, right: float, bottom: float) -> dict[str, Any]:
    return {
        "orientation": orientation,
        "object_type": "line",
        "x0": left,
        "x1": right,
        "top": top,
        "bottom": bottom,
        "width": right - left,
        "height": bottom - top,
    }


def _cell_groups(edges: list[dict[str, Any]]) -> list[list[Place]]:
    from pdfplumber.table import cells_to_tables, edges_to_intersections, intersections_to_cells, merge_edges

    merged = merge_edges(edges, _NEAR, _NEAR, _NEAR, _NEAR)
    if len(merged) > _MANY_EDGES:
        return []
    crossings = edges_to_intersections(merged, _NEAR, _NEAR)
    if len(crossings) > _MANY_CROSSINGS:
        return []
    return [list(group) for group in cells_to_tables(intersections_to_cells(crossings))]


def _grid(cells: Sequence[Place]) -> list[list[Place | None]]:
    """Return the cells in rows; None where a neighbour reaches across."""
    lefts = sorted({cell[0] for cell in cells})
    rows: dict[float, dict[float, Place]] = {}
    for cell in cells:
        rows.setdefault(cell[1], {})[cell[0]] = cell
    return [[rows[top].get(left) for left in lefts] for top in sorted(rows)]


def _within(inner: Place, outer: Place) -> bool:
    return inner != outer and all(contains(outer, corner) for corner in (inner[:2], inner[2:]))


def _is_table(rows: Sequence[Sequence[str]]) -> bool:
    cells = [text for row in rows for text in row]
    filled_rows = sum(map(any, rows))
    filled_columns = sum(map(any, zip(*rows, strict=True)))
    return filled_rows >= 2 and filled_columns >= 2 and sum(map(bool, cells)) >= max(3, _MIN_FILLED * len(cells))


def _text(cell: Place | None, chars: Sequence[Char]) -> str:
    if cell is None:
        return ""
    text: list[str] = []
    last: Char | None = None
    for char in chars:
        if not contains(cell, char.middle):
            continue
        turned = last is not None and abs(char.bottom - last.bottom) > 0.5 * (char.bottom - char.top)
        if turned and text and not (is_wide(text[-1]) or is_wide(char.text)):
            text.append(" ")
        text.append(char.text)
        last = char
    return "".join(text).strip()
