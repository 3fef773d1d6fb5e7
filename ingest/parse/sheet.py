"""XLSX: each block of rows on a sheet is a table that knows its cell range. Nothing is sized by what a file claims."""

from __future__ import annotations

import datetime
import warnings
from collections.abc import Iterable, Iterator, Sequence
from io import BytesIO
from xml.etree.ElementTree import ParseError

from openpyxl import load_workbook
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException

from adapters.errors import EmptyFile, UnreadableFile
from ingest.parse import archive
from ingest.parse.draft import Draft
from ingest.parse.pairs import Columns, add_pairs, columns_of
from ingest.parse.source import Source
from ingest.parse.tables import MAX_COLUMNS, markdown_table

MAX_ROWS = 100_000
MAX_SHEETS = 200
Row = tuple[int, list[str]]


def read(source: Source, draft: Draft) -> None:
    archive.open_zip(source.data).close()
    draft.title = source.stem
    with warnings.catch_warnings():
        # openpyxl warns of every feature it does not draw.
        warnings.simplefilter("ignore")
        try:
            book = load_workbook(BytesIO(source.data), read_only=True, data_only=True, keep_links=False)
            for sheet in book.worksheets[:MAX_SHEETS]:
                sheet.reset_dimensions()
                # Without a last column, rows are as wide as what they hold, and missing ones have no cells at all.
                cells = sheet.iter_rows(max_row=MAX_ROWS)
                rows = (
                    (number, [shown(cell) for cell in row[:MAX_COLUMNS]]) for number, row in enumerate(cells, start=1)
                )
                add_sheet(sheet.title, rows, draft, hidden=sheet.sheet_state != "visible")
            book.close()
        except (InvalidFileException, TypeError, AttributeError, ParseError, *archive.DAMAGED) as cause:
            raise UnreadableFile("The workbook is damaged. Open it in Excel, save it again, and add that.") from cause
    if draft.is_empty:
        raise EmptyFile("The workbook holds no values. If it has formulas only, open it in Excel and save it once.")


def add_sheet(name: str, rows: Iterable[Row], draft: Draft, *, hidden: bool = False) -> None:
    """Add a sheet's tables under its name. A lone cell above a table is the table's title."""
    titled = False
    columns: Columns | None = None
    for region in regions(rows):
        if not titled:
            draft.heading(name, 1)
            titled = True
            if hidden:
                draft.warn(f"The sheet {name} is hidden in the workbook and was read.")
        # An empty row inside a table of questions and answers does not end it.
        columns = _add_region(name, region, draft, columns)


def _add_region(name: str, region: list[Row], draft: Draft, above: Columns | None) -> Columns | None:
    while region and len(filled := [text for text in region[0][1] if text]) == 1:
        number, cells = region.pop(0)
        where = f"{name}!{get_column_letter(cells.index(filled[0]) + 1)}{number}"
        if len(filled[0]) <= 60 and region and sum(map(bool, region[0][1])) > 1:
            draft.heading(filled[0], 2, location=where)
        else:
            draft.add(filled[0], location=where)
    if not region:
        return None
    asked = columns_of(region[0][1])
    if asked or (above and all(above.cell(cells, "question") and above.cell(cells, "answer") for _, cells in region)):
        columns = asked or above
        assert columns is not None
        add_pairs(
            columns,
            ((f"{name}!A{n}:{get_column_letter(len(cells))}{n}", cells) for n, cells in region[1 if asked else 0 :]),
            draft,
        )
        return columns
    filled_columns = [index for _, cells in region for index, text in enumerate(cells) if text]
    first, last = min(filled_columns), max(filled_columns)
    where = f"{name}!{get_column_letter(first + 1)}{region[0][0]}:{get_column_letter(last + 1)}{region[-1][0]}"
    draft.add(markdown_table([cells[first : last + 1] for _, cells in region]), "table", location=where)
    if region[-1][0] >= MAX_ROWS:
        draft.warn(f"Only the first {MAX_ROWS:,} rows of {name} were read; split the sheet.")
    return None


def regions(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Yield runs of rows without an empty row between them; a lone title row joins the table below it."""
    run: list[Row] = []
    for number, cells in rows:
        if any(cells):
            run.append((number, cells))
        elif run and not _is_title(run):
            yield run
            run = []
    if run:
        yield run


def _is_title(run: Sequence[Row]) -> bool:
    return all(sum(map(bool, cells)) == 1 for _, cells in run) and len(run) <= 3


def shown(cell: object) -> str:
    """Return a cell's value about as the sheet shows it."""
    value = getattr(cell, "value", None)
    percent = "%" in str(getattr(cell, "number_format", "") or "")
    if percent and isinstance(value, float | int) and not isinstance(value, bool):
        return f"{round(value * 100, 4):g}%"
    return plain(value)


def plain(value: object) -> str:
    """Return a value as people write it: whole numbers without a point, days without a midnight."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return f"{value:.12g}"
    if isinstance(value, datetime.datetime):
        return value.date().isoformat() if value.time() == datetime.time() else value.isoformat(" ", "minutes")
    return str(value).strip()
