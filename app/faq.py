"""Add or change a stored answer: a row of `faq.csv` in the knowledge folder, which is then taken in like any file.

The file stays the truth: it can be opened, corrected and kept under version control like every other.
"""

from __future__ import annotations

import csv
import io
import threading
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from adapters.errors import BadInput, UnreadableFile
from adapters.terms import fold
from ingest.parse.encodings import decode
from ingest.parse.pairs import columns_of
from ingest.upload import receive

NAME = "faq.csv"
COLUMNS = ("id", "question", "answer", "variants", "added by", "changed on")
MOST_BYTES = 20_000_000
LONGEST_QUESTION, LONGEST_ANSWER = 1_000, 20_000
# One writer at a time: the page serves many owners.
_writing = threading.Lock()


def add_pair(
    folder: Path, question: str, answer: str, variants: Sequence[str] = (), by: str = "", readers: Sequence[str] = ()
) -> Path:
    """Write a pair into the folder's `faq.csv`, in place of one with the same question; return the file.

    The watch takes it in. Variants are added to those of a pair that is replaced. Raises BadInput when question or
    answer is empty or too long, or the file there is no table of questions and answers.
    """
    question, answer = " ".join(question.split()), answer.strip()
    if not question or not answer:
        raise BadInput("A stored answer needs a question and an answer; write both.")
    if len(question) > LONGEST_QUESTION or len(answer) > LONGEST_ANSWER:
        raise BadInput(
            f"A question may have {LONGEST_QUESTION:,} characters and an answer {LONGEST_ANSWER:,}; shorten it, or add "
            "it as a document."
        )
    with _writing:
        path = folder / NAME
        header, rows = _read(path)
        row = next((row for row in rows if fold(row.get("question", "")) == fold(question)), None)
        if row is None:
            row = {"id": _free_id(rows)}
            rows.append(row)
        named = [part for part in row.get("variants", "").split("\n") if part]
        row |= {
            "question": question,
            "answer": answer,
            "variants": "\n".join(dict.fromkeys([*named, *(" ".join(one.split()) for one in variants if one.strip())])),
            "added by": by,
            "changed on": date.today().isoformat(),
        }
        if readers:
            row["readers"] = "; ".join(readers)
        return _write(path, [*header, *(name for name in row if name not in header)], rows)


def remove_pair(folder: Path, question: str) -> bool:
    """Take a pair out of the folder's `faq.csv`; False when there is none with that question."""
    with _writing:
        path = folder / NAME
        header, rows = _read(path)
        kept = [row for row in rows if fold(row.get("question", "")) != fold(question)]
        if len(kept) == len(rows):
            return False
        if kept:
            _write(path, header, kept)
        else:
            path.unlink()
        return True


def _read(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    """Return the header and the rows, the parts of a pair under our own names for them."""
    if not path.exists():
        return list(COLUMNS), []
    try:
        table = list(csv.reader(io.StringIO(decode(path.read_bytes()).removeprefix("\ufeff"), newline="")))
    except (OSError, csv.Error, UnreadableFile) as cause:
        raise BadInput(
            f"{path} cannot be read ({cause}). Mend it or move it away, then add the answer again."
        ) from cause
    table = [row for row in table if any(cell.strip() for cell in row)]
    columns = columns_of(table[0]) if table else None
    if table and columns is None:
        raise BadInput(f"{path} is no table of questions and answers. Move it away, then add the answer again.")
    if columns is None:
        return list(COLUMNS), []
    ours = {place: part for part, place in columns.places.items() if part in COLUMNS or part == "readers"}
    header = [ours.get(place, name) for place, name in enumerate(table[0])]
    return header, [dict(zip(header, row, strict=False)) for row in table[1:]]


def _free_id(rows: Sequence[dict[str, str]]) -> str:
    taken = {row.get("id", "") for row in rows}
    return next(name for number in range(1, len(rows) + 2) if (name := f"faq-{number:03d}") not in taken)


def _write(path: Path, header: Sequence[str], rows: Sequence[dict[str, str]]) -> Path:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, header, extrasaction="ignore", restval="")
    writer.writeheader()
    writer.writerows({name: _inert(cell) for name, cell in row.items()} for row in rows)
    # The mark at the start is how Excel knows UTF-8.
    return receive(path.name, [("\ufeff" + text.getvalue()).encode()], path.parent, MOST_BYTES)


def _inert(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula; the space is taken off again when it is read."""
    return f" {cell}" if cell.startswith(("=", "+", "-", "@")) else cell
