"""What a Word paragraph or table says, read from its XML with every tracked change accepted."""

from __future__ import annotations

from collections.abc import Iterator

from ingest.parse.numbering import W
from ingest.parse.xml_safe import Node, local

# Deleted or moved-away text, the copy for old readers, field codes, phonetic guides; text boxes are read apart.
_SKIPPED = frozenset({"del", "moveFrom", "Fallback", "instrText", "delText", "rt", "txbxContent", "pPr", "rPr"})
# Sizes are in half points.
_TINY = 4


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


def unseen_text(story: Node) -> Iterator[str]:
    """Yield the text of runs that nobody sees when the document is printed."""
    for run in story.iter(W + "r"):
        if _is_hidden(run):
            yield "".join(node.text or "" for node in run.iter(W + "t"))


def _is_hidden(run: Node) -> bool:
    """True for text that is marked as hidden, smaller than two points, or white on the white of the page."""
    form = run.find(W + "rPr")
    if form is None:
        return False
    vanish = form.find(W + "vanish")
    if vanish is not None and vanish.get(W + "val") not in {"0", "false"}:
        return True
    size = form.find(W + "sz")
    if size is not None and (size.get(W + "val") or "").isdigit() and int(size.get(W + "val") or 99) < _TINY:
        return True
    color = form.find(W + "color")
    return color is not None and (color.get(W + "val") or "").upper() == "FFFFFF" and not _may_be_dark(run, form)


def _may_be_dark(run: Node, form: Node) -> bool:
    """True when something behind a run may have a colour: shading, marking, a table, a drawn shape."""
    if form.find(W + "shd") is not None or form.find(W + "highlight") is not None:
        return True
    for up in run.iterancestors():
        if local(up) in {"tbl", "txbxContent"} or up.find(f"{W}pPr/{W}shd") is not None:
            return True
    return False


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
