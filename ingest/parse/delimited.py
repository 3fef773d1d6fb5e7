"""CSV and TSV: encoding and delimiter found, one table with its header row."""

from __future__ import annotations

import csv
from itertools import islice

from openpyxl.utils import get_column_letter

from adapters.errors import UnreadableFile
from ingest.clean import visible
from ingest.parse.draft import Draft
from ingest.parse.encodings import decode
from ingest.parse.pairs import add_pairs, columns_of
from ingest.parse.sheet import MAX_ROWS
from ingest.parse.source import Source
from ingest.parse.tables import markdown_table

_DELIMITERS = ",\t;|"
_LONGEST_CELL = 2_000_000


def read(source: Source, draft: Draft) -> None:
    text = visible(decode(source.data))
    csv.field_size_limit(_LONGEST_CELL)
    delimiter = delimiter_of(text)
    try:
        reader = csv.reader(text.splitlines(keepends=True), delimiter=delimiter, skipinitialspace=True)
        numbered = [(n, row) for n, row in enumerate(islice(reader, MAX_ROWS), 1) if any(cell.strip() for cell in row)]
    except csv.Error as cause:
        raise UnreadableFile("The rows of this file cannot be told apart. Save it again as CSV in UTF-8.") from cause
    while len(numbered) > 1 and sum(bool(cell.strip()) for cell in numbered[0][1]) == 1 and len(numbered[1][1]) > 1:
        title = next(cell for cell in numbered.pop(0)[1] if cell.strip())
        draft.heading(title, 1)
    rows = [row for _, row in numbered]
    if rows and (columns := columns_of(rows[0])):
        draft.title = draft.title or source.stem
        add_pairs(
            columns,
            ((f"{source.stem}!A{n}:{get_column_letter(max(len(row), 1))}{n}", row) for n, row in numbered[1:]),
            draft,
        )
    elif rows:
        width = get_column_letter(max(1, min(max(map(len, rows)), 256)))
        draft.add(markdown_table(rows), "table", location=f"{source.stem}!A1:{width}{len(rows)}")
    if len(rows) >= MAX_ROWS:
        draft.warn(f"Only the first {MAX_ROWS:,} rows were read; split the file.")


def delimiter_of(text: str) -> str:
    """Return the delimiter that cuts the first lines into the same number of cells, and into most."""
    lines = text[:65_536].split("\n")[:50]

    def fit(delimiter: str) -> tuple[float, int]:
        counts = [len(row) for row in csv.reader(lines, delimiter=delimiter) if row]
        common = max(set(counts), key=counts.count) if counts else 1
        return (counts.count(common) / len(counts), common) if common > 1 else (0.0, 1)

    try:
        return max(_DELIMITERS, key=fit)
    except csv.Error:
        return ","
