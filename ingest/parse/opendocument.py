"""OpenDocument text, sheets and slides (ODT, ODS, ODP): headings, paragraphs, lists, tables; deleted text left out."""

from __future__ import annotations

from collections.abc import Iterator

from adapters.errors import UnreadableFile
from ingest.parse import archive
from ingest.parse.draft import Draft
from ingest.parse.sheet import MAX_ROWS, add_sheet
from ingest.parse.source import Source
from ingest.parse.tables import MAX_COLUMNS, markdown_table
from ingest.parse.xml_safe import Node, local, parse_xml

_SKIPPED = frozenset({"tracked-changes", "annotation", "annotation-end", "forms", "sequence-decls", "variable-decls"})
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_MAX_SPACES = 100


def read(source: Source, draft: Draft) -> None:
    with archive.open_zip(source.data) as package:
        if "META-INF/manifest.xml" in package.namelist():
            manifest = archive.member(package, "META-INF/manifest.xml")
            if b"encryption-data" in manifest:
                raise UnreadableFile("The document is protected by a password. Save it again without one.")
        root = parse_xml(archive.member(package, "content.xml"))
    body = next((node for node in root.iter() if local(node) == "body"), None)
    if body is None or len(body) == 0:
        raise UnreadableFile("The document is damaged: it has no body. Save it again.")
    kind = local(body[0])
    if kind == "spreadsheet":
        draft.title = source.stem
        for table in (node for node in body[0] if local(node) == "table"):
            rows = ((number, cells) for number, cells in enumerate(_rows(table), start=1))
            add_sheet(str(table.get(_TABLE + "name") or "Sheet"), rows, draft)
    elif kind == "presentation":
        for number, page in enumerate((node for node in body[0] if local(node) == "page"), start=1):
            _story(page, draft, location=f"slide {number}")
    else:
        _story(body[0], draft, location=None)


def _story(parent: Node, draft: Draft, location: str | None) -> None:
    for child in parent:
        name = local(child)
        if name in _SKIPPED or not name:
            continue
        if name == "h":
            draft.heading(_text(child), int(child.get(_TEXT + "outline-level") or 1), location=location)
        elif name == "p":
            draft.add(_text(child), location=location)
        elif name == "list":
            draft.add("\n".join(_list_lines(child, 0)), "list", location=location)
        elif name == "table":
            draft.add(markdown_table(list(_rows(child))), "table", location=location)
        else:
            _story(child, draft, location)


def _list_lines(element: Node, depth: int) -> Iterator[str]:
    for item in element:
        for child in item:
            if local(child) == "list":
                yield from _list_lines(child, depth + 1)
            elif local(child) in {"p", "h"} and (text := _text(child).strip()):
                yield "  " * depth + f"- {text}"


def _text(node: Node) -> str:
    parts = [node.text or ""]
    for child in node:
        name = local(child)
        if name == "s":
            parts.append(" " * min(int(child.get(_TEXT + "c") or 1), _MAX_SPACES))
        elif name == "tab":
            parts.append("\t")
        elif name == "line-break":
            parts.append("\n")
        elif name == "note":
            note = "".join(_text(inner) for inner in child.iter() if local(inner) == "p").strip()
            parts.append(f" [{note}]" if note else "")
        elif name and name not in _SKIPPED:
            parts.append(_text(child))
        parts.append(child.tail or "")
    return "".join(parts)


def _rows(table: Node) -> Iterator[list[str]]:
    """Yield rows of cells; repeats are what a file claims, so they are bounded, and empty ones cost nothing."""
    count = 0
    for row in table.iter(_TABLE + "table-row"):
        cells: list[str] = []
        for cell in row:
            if local(cell) not in {"table-cell", "covered-table-cell"}:
                continue
            text = " ".join(filter(None, (_text(inner).strip() for inner in cell.iter(_TEXT + "p"))))
            repeat = min(int(cell.get(_TABLE + "number-columns-repeated") or 1), MAX_COLUMNS - len(cells))
            cells.extend([text] * max(repeat, 0))
        repeat = int(row.get(_TABLE + "number-rows-repeated") or 1)
        for _ in range(min(repeat, 1_000 if any(cells) else 2)):
            if count >= MAX_ROWS:
                return
            count += 1
            yield cells
