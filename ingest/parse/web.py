"""HTML: what a reader of the page sees, with headings, lists and tables; scripts, menus and hidden text left out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from lxml import etree, html

from adapters.errors import EmptyFile, UnreadableFile
from ingest.parse.draft import Draft
from ingest.parse.encodings import decode
from ingest.parse.source import Source
from ingest.parse.tables import MAX_COLUMNS, markdown_table

Element = Any

# fmt: off
_DROPPED = frozenset(
    {
        "script", "style", "noscript", "template", "nav", "footer", "aside", "head", "iframe", "object",
        "embed", "svg", "canvas", "audio", "video", "map", "area", "select", "option", "button", "input",
        "textarea", "dialog", "link", "meta",
    }
)
# fmt: on
_MENU = re.compile(
    r"(?:^|[\s_-])(?:nav|navbar|menu|breadcrumb|breadcrumbs|footer|sidebar|cookie|skip-link)(?:$|[\s_-])", re.I
)
_HIDDEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?:px|pt|em)?\s*(?:;|$)|opacity\s*:\s*0\s*(?:;|$)",
    re.I,
)
_CHARSET = re.compile(
    rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]+)|<\?xml[^>]{0,100}encoding=[\"']([A-Za-z0-9_.-]+)",
    re.I,
)
# fmt: off
_BLOCKS = frozenset(
    {
        "address", "article", "blockquote", "body", "center", "dd", "details", "dir", "div", "dl", "dt",
        "fieldset", "figcaption", "figure", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hgroup",
        "hr", "html", "legend", "li", "main", "menu", "ol", "p", "pre", "section", "summary", "table", "tbody",
        "td", "tfoot", "th", "thead", "tr", "ul", "caption",
    }
)
# fmt: on
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_SPAN = re.compile(r"\d{1,4}")
_SPACES = re.compile(r"[ \t\r\n\f]+")


def read(source: Source, draft: Draft) -> None:
    add_html(decode(source.data, declared_charset(source.data)), draft, whole=True)


def declared_charset(data: bytes) -> str | None:
    match = _CHARSET.search(data[:4096])
    return (match.group(1) or match.group(2)).decode("ascii") if match else None


def add_html(text: str, draft: Draft, *, whole: bool = False) -> None:
    """Add the visible blocks of HTML; `whole` documents also give their title and description to the metadata."""
    # libxml2 refuses text that declares an encoding other than the one it is in.
    text = re.sub(r"\A\s*<\?xml[^>]*\?>", "", text)
    if not text.strip():
        return
    try:
        root = html.document_fromstring(text, parser=html.HTMLParser(remove_comments=True, remove_pis=True))
    except (etree.ParserError, etree.XMLSyntaxError) as cause:
        if whole:
            raise EmptyFile("The page holds no text.") from cause
        return
    if whole:
        _metadata(root, draft)
    body = root.find("body")
    if whole and not any(True for _ in root.iter(*_HEADINGS)):
        # What names the page for its reader is then the title of the window.
        draft.heading(draft.metadata.get("title", ""), 1)
    try:
        _Walk(draft).blocks(root if body is None else body)
    except RecursionError as cause:
        raise UnreadableFile("The page is nested too deep to read. Save it again from a browser.") from cause


def _metadata(root: Element, draft: Draft) -> None:
    title = root.find(".//head/title")
    if title is not None and title.text:
        draft.metadata["title"] = " ".join(title.text.split())
    for meta in root.iterfind(".//head/meta"):
        name = (meta.get("name") or "").lower()
        if name in {"author", "description", "keywords", "date"} and meta.get("content"):
            draft.metadata[name] = str(meta.get("content")).strip()


def _is_dropped(element: Element) -> bool:
    if not isinstance(element.tag, str) or element.tag in _DROPPED:
        return True
    if element.get("hidden") is not None or element.get("aria-hidden") == "true":
        return True
    if element.get("role") in {"navigation", "banner", "contentinfo", "menu", "search"}:
        return True
    style = element.get("style")
    if style and _HIDDEN.search(style):
        return True
    marks = f"{element.get('class') or ''} {element.get('id') or ''}"
    return (
        element.tag in {"div", "ul", "section", "header"}
        and bool(_MENU.search(marks))
        and element.find(".//h1") is None
    )


class _Walk:
    """Goes through a page once, collecting inline text until a block ends it."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._pending: list[str] = []

    def blocks(self, element: Element) -> None:
        self._inline(element.text)
        for child in element:
            if not _is_dropped(child):
                self._child(child)
            self._inline(child.tail)
        if element.tag in _BLOCKS:
            self._flush()

    def _child(self, child: Element) -> None:
        if child.tag not in _BLOCKS:
            if child.tag == "br":
                self._pending.append("\n")
            elif child.tag == "img":
                return
            elif any(isinstance(inner.tag, str) and inner.tag in _BLOCKS for inner in child.iterdescendants()):
                self.blocks(child)
            else:
                self._pending.append(_inline_text(child))
            return
        self._flush()
        if child.tag in _HEADINGS:
            self._draft.heading(_inline_text(child), _HEADINGS[child.tag])
        elif child.tag in {"ul", "ol", "menu", "dir"}:
            self._draft.add("\n".join(_list_lines(child, 0)), "list")
        elif child.tag == "table" and not _is_layout(child):
            self._table(child)
        elif child.tag == "pre":
            # A lone <pre> around prose (old mail archives) still reads best as it was set.
            self._draft.add("```\n" + "".join(child.itertext()).strip("\n") + "\n```", "code")
        else:
            self.blocks(child)

    def _table(self, table: Element) -> None:
        caption = table.find("caption")
        if caption is not None:
            self._draft.add(_inline_text(caption))
        self._draft.add(markdown_table(table_rows(table)), "table")

    def _inline(self, text: str | None) -> None:
        if text:
            self._pending.append(_SPACES.sub(" ", text))

    def _flush(self) -> None:
        text = _tidy("".join(self._pending))
        self._pending.clear()
        self._draft.add(text)


def _tidy(text: str) -> str:
    return "\n".join(line for line in (_SPACES.sub(" ", line).strip() for line in text.split("\n")) if line)


def _inline_text(element: Element) -> str:
    """Return the visible text inside an element, `<br>` as line break, code in back quotes."""
    parts = [_SPACES.sub(" ", element.text or "")]
    for child in element:
        if not _is_dropped(child):
            inner = "\n" if child.tag == "br" else _inline_text(child)
            parts.append(f"`{inner}`" if child.tag == "code" and inner.strip() else inner)
            if child.tag in _BLOCKS:
                parts.append("\n")
        parts.append(_SPACES.sub(" ", child.tail or ""))
    return "".join(parts)


def _list_lines(element: Element, depth: int) -> Iterator[str]:
    number = 0
    for item in element:
        if _is_dropped(item):
            continue
        if item.tag in {"ul", "ol"}:
            yield from _list_lines(item, depth + 1)
            continue
        number += 1
        mark = f"{number}." if element.tag == "ol" else "-"
        own, inner = _item_parts(item)
        text = _tidy(own).replace("\n", "\n" + "  " * (depth + 1))
        if text:
            yield "  " * depth + f"{mark} {text}"
        for nested in inner:
            yield from _list_lines(nested, depth + 1)


def _item_parts(item: Element) -> tuple[str, list[Element]]:
    """Return an item's own text and the lists directly inside it."""
    nested = [
        inner
        for inner in item.iterdescendants("ul", "ol")
        if next((up for up in inner.iterancestors("ul", "ol", "li")), None) is item
    ]
    if not nested:
        return _inline_text(item), []
    clone_parts = [_SPACES.sub(" ", item.text or "")]
    for child in item:
        if (
            child not in nested
            and not _is_dropped(child)
            and not any(inner in nested for inner in child.iterdescendants())
        ):
            clone_parts.append("\n" if child.tag == "br" else _inline_text(child))
        clone_parts.append(_SPACES.sub(" ", child.tail or ""))
    return "".join(clone_parts), nested


def _is_layout(table: Element) -> bool:
    """True for tables that only place text: one column, or cells that hold headings or tables."""
    if table.find(".//table") is not None:
        return True
    if any(table.find(f".//{tag}") is not None for tag in ("h1", "h2", "h3")):
        return True
    return all(len(row) <= 1 for row in table_rows(table))


def table_rows(table: Element) -> list[list[str]]:
    """Return a table's cells; a cell over several rows is repeated in each, one over several columns stands first."""
    rows: list[list[str]] = []
    below: dict[int, tuple[int, str]] = {}
    for row in table.iter("tr"):
        if _is_dropped(row):
            continue
        cells: list[str] = []
        for cell in row:
            if cell.tag not in {"td", "th"} or _is_dropped(cell):
                continue
            _carry(below, cells)
            text = _tidy(_inline_text(cell))
            wide, tall = _span(cell, "colspan"), _span(cell, "rowspan")
            for offset in range(min(wide, MAX_COLUMNS - len(cells))):
                if tall > 1:
                    below[len(cells)] = (tall - 1, text if offset == 0 else "")
                cells.append(text if offset == 0 else "")
        _carry(below, cells)
        rows.append(cells)
    return rows


def _carry(below: dict[int, tuple[int, str]], cells: list[str]) -> None:
    while len(cells) in below:
        column = len(cells)
        left, text = below.pop(column)
        if left > 1:
            below[column] = (left - 1, text)
        cells.append(text)


def _span(cell: Element, name: str) -> int:
    match = _SPAN.match(cell.get(name) or "")
    return max(1, int(match.group())) if match else 1
