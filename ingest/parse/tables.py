"""Rows of cells become a Markdown table."""

from __future__ import annotations

from collections.abc import Sequence

MAX_COLUMNS = 256


def markdown_table(rows: Sequence[Sequence[str]]) -> str:
    """Return rows as a Markdown table whose first row is the header; "" when no cell holds text.

    Empty rows and columns are left out; line breaks inside a cell become spaces.
    """
    cleaned = [[_cell(text) for text in row[:MAX_COLUMNS]] for row in rows]
    cleaned = [row for row in cleaned if any(row)]
    if not cleaned:
        return ""
    width = max(len(row) for row in cleaned)
    padded = [row + [""] * (width - len(row)) for row in cleaned]
    kept = [index for index in range(width) if any(row[index] for row in padded)]
    lines = ["| " + " | ".join(row[index] for index in kept) + " |" for row in padded]
    lines.insert(1, "| " + " | ".join("---" for _ in kept) + " |")
    return "\n".join(lines)


def cells_of(line: str) -> list[str]:
    """Return the cells of one line that `markdown_table` wrote (or any Markdown table row)."""
    inner = line.strip().removeprefix("|")
    inner = inner[:-1] if inner.endswith("|") and not inner.endswith("\\|") else inner
    return [part.replace("\x00", "|").strip() for part in inner.replace("\\|", "\x00").split("|")]


def is_rule(line: str) -> bool:
    """True for the line of dashes under a table's header."""
    return "-" in line and "|" in line and not line.strip(" |:-\t")


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
