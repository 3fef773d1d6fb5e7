"""What a Word paragraph or table says, read from its XML with every tracked change accepted."""

from __future__ import annotations

from ingest.parse.numbering import W
from ingest.parse.xml_safe import Node, local

# Deleted or moved-away text, the copy for old readers, field codes, phonetic guides; text boxes are read apart.
_SKIPPED = frozenset({"del", "moveFrom", "Fallback", "instrText", "delText", "rt", "txbxContent", "pPr", "rPr"})


def text_of(paragraph: Node) -> str:
    """Return a paragraph's text as it would print with every tracked change accepted."""
    parts: list[str] = []
    _collect(paragraph, parts)
    return "".join(parts)


def _collect(node: Node, parts: list[str]) -> None:
    for child in node:
        name = local(child)
        if name in _SKIPPED or not name:
            continue
        if name == "r" and _is_hidden(child):
            continue
        if name == "t":
            parts.append(child.text or "")
        elif name == "tab":
            parts.append("\t")
        elif name in {"br", "cr"}:
            parts.append("\n")
        elif name == "noBreakHyphen":
            parts.append("-")
        elif name in {"footnoteReference", "endnoteReference"}:
            parts.append(f"[^{child.get(W + 'id')}]")
        else:
            _collect(child, parts)


def _is_hidden(run: Node) -> bool:
    vanish = run.find(f"{W}rPr/{W}vanish")
    return vanish is not None and vanish.get(W + "val") not in {"0", "false"}


def is_inside(node: Node, name: str) -> bool:
    return any(local(up) == name for up in node.iterancestors())


def rows_of(table: Node) -> list[list[str]]:
    """Return a table's cells; a vertically merged cell repeats its text, so that every row can stand alone."""
    rows: list[list[str]] = []
    spans: list[int] = []
    for row in table.iterfind(f".//{W}tr"):
        if next((up for up in row.iterancestors(W + "tbl")), None) is not table:
            continue
        if row.find(f"{W}trPr/{W}del") is not None:
            continue
        before = row.find(f"{W}trPr/{W}gridBefore")
        widest = 1
        cells: list[str] = [""] * (0 if before is None else min(int(before.get(W + "val") or 0), 63))
        for cell in row.iter(W + "tc"):
            if next((up for up in cell.iterancestors(W + "tr")), None) is not row:
                continue
            merge = cell.find(f"{W}tcPr/{W}vMerge")
            goes_on = merge is not None and merge.get(W + "val") != "restart"
            above = rows[-1][len(cells)] if goes_on and rows and len(rows[-1]) > len(cells) else ""
            cells.append(above if goes_on else _cell_text(cell))
            span = cell.find(f"{W}tcPr/{W}gridSpan")
            wide = 1 if span is None else min(int(span.get(W + "val") or 1), 64)
            cells.extend(cells[-1:] * (wide - 1))
            widest = max(widest, wide)
        rows.append(cells)
        spans.append(widest)
    # A cell over the whole width is a title, said once; over some columns it holds for each of them.
    width = max(map(len, rows), default=0)
    return [row[:1] if width > 1 and len(row) == width == spans[index] else row for index, row in enumerate(rows)]


def _cell_text(cell: Node) -> str:
    """Return a cell's paragraphs, and the cells of tables inside it, in one line."""
    return " ".join(filter(None, (text_of(paragraph).strip() for paragraph in cell.iter(W + "p"))))
