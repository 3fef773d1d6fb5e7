"""Tables without ruling lines: rows of figures that stand in columns. Only figures count, so prose stays prose."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from ingest.parse.pdf_page import PdfLine, Place
from ingest.parse.pdf_tables import RuledTable

_MIN_ROWS = 3
_MIN_COLUMNS = 3
_MAX_COLUMNS = 24
_MIN_FIGURES = 0.4
Row = list[PdfLine]


def open_tables(pieces: Sequence[PdfLine]) -> list[RuledTable]:
    """Return the tables among the pieces of a page's lines (as wide gaps cut them)."""
    tables = []
    for run in _runs(_rows(pieces)):
        columns = _columns([row for row in run if len(row) >= _MIN_COLUMNS])
        if not _MIN_COLUMNS <= len(columns) <= _MAX_COLUMNS:
            continue
        cells = [_cells(row, columns) for row in run]
        body = [text for row in cells for text in row if text]
        if sum(map(_is_figure, body)) < _MIN_FIGURES * len(body):
            continue
        every = [piece for row in run for piece in row]
        place: Place = (
            min(piece.left for piece in every),
            min(piece.top for piece in every),
            max(piece.right for piece in every),
            max(piece.bottom for piece in every),
        )
        tables.append(RuledTable(place, cells))
    return tables


def _rows(pieces: Sequence[PdfLine]) -> list[Row]:
    """Return the pieces that stand beside each other, rows from the top, pieces from the left."""
    rows: list[Row] = []
    for piece in sorted(pieces, key=lambda piece: (piece.top + piece.bottom) / 2):
        if rows and _beside(rows[-1][0], piece):
            rows[-1].append(piece)
        else:
            rows.append([piece])
    return [sorted(row, key=lambda piece: piece.left) for row in rows]


def _beside(first: PdfLine, piece: PdfLine) -> bool:
    shared = min(first.bottom, piece.bottom) - max(first.top, piece.top)
    return shared > 0.6 * min(first.bottom - first.top, piece.bottom - piece.top)


def _runs(rows: Sequence[Row]) -> list[list[Row]]:
    """Return runs of close rows with three pieces or more; the narrower rows of their heads come along."""
    runs: list[list[Row]] = []
    run: list[Row] = []
    for before, row in pairwise([[], *rows]):
        near = bool(before) and row[0].top - before[0].bottom < 2 * row[0].size
        if run and not (near and len(row) >= 2):
            runs.append(run)
            run = []
        if len(row) >= _MIN_COLUMNS or (run and len(row) >= 2) or (not run and len(row) == 2):
            run.append(row)
        else:
            run = []
    runs.append(run)
    return [run for run in runs if sum(len(row) >= _MIN_COLUMNS for row in run) >= _MIN_ROWS]


def _columns(rows: Sequence[Row]) -> list[tuple[float, float]]:
    """Return the strips of the page that the pieces fill, from left to right."""
    strips: list[tuple[float, float]] = []
    # Rows of the usual width draw the strips: a heading over two columns must not join them, nor a stray sign add one.
    usual = Counter(map(len, rows)).most_common(1)[0][0] if rows else 0
    for left, right in sorted((piece.left, piece.right) for row in rows if len(row) == usual for piece in row):
        if strips and left <= strips[-1][1]:
            strips[-1] = (strips[-1][0], max(strips[-1][1], right))
        else:
            strips.append((left, right))
    return strips


def _cells(row: Row, columns: Sequence[tuple[float, float]]) -> list[str]:
    cells = [""] * len(columns)
    for piece in row:
        at = max(range(len(columns)), key=lambda index: _overlap(piece, columns[index]))
        cells[at] = f"{cells[at]} {piece.text}".strip()
    return cells


def _is_figure(text: str) -> bool:
    ink = [char for char in text if not char.isspace()]
    return sum(char.isdigit() for char in ink) >= 0.4 * len(ink)


def _overlap(piece: PdfLine, strip: tuple[float, float]) -> float:
    """Return the shared width, or how far apart they are as a negative number."""
    return min(piece.right, strip[1]) - max(piece.left, strip[0])
