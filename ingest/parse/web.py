"""HTML: what a reader of the page sees, with headings, lists and tables; scripts, menus and hidden text left out."""

from __future__ import annotations

import re

from lxml import etree, html

from adapters.errors import EmptyFile, UnreadableFile
from ingest.parse.draft import Draft
from ingest.parse.encodings import decode
from ingest.parse.source import Source
from ingest.parse.tables import markdown_table
from ingest.parse.web_parts import (
    BLOCKS,
    SPACES,
    Element,
    inline_text,
    is_dropped,
    list_lines,
    table_rows,
    tidy,
    unseen_text,
)

_CHARSET = re.compile(
    rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]+)|<\?xml[^>]{0,100}encoding=[\"']([A-Za-z0-9_.-]+)",
    re.I,
)
_HEADINGS = {f"h{level}": level for level in range(1, 7)}


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
    for text in unseen_text(root if body is None else body):
        draft.unseen(text)
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


class _Walk:
    """Goes through a page once, collecting inline text until a block ends it."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._pending: list[str] = []

    def blocks(self, element: Element) -> None:
        self._inline(element.text)
        for child in element:
            if not is_dropped(child):
                self._child(child)
            self._inline(child.tail)
        if element.tag in BLOCKS:
            self._flush()

    def _child(self, child: Element) -> None:
        if child.tag not in BLOCKS:
            if child.tag == "br":
                self._pending.append("\n")
            elif child.tag == "img":
                return
            elif any(isinstance(inner.tag, str) and inner.tag in BLOCKS for inner in child.iterdescendants()):
                self.blocks(child)
            else:
                self._pending.append(inline_text(child))
            return
        self._flush()
        if child.tag in _HEADINGS:
            self._draft.heading(inline_text(child), _HEADINGS[child.tag])
        elif child.tag in {"ul", "ol", "menu", "dir"}:
            self._draft.add("\n".join(list_lines(child, 0)), "list")
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
            self._draft.add(inline_text(caption))
        self._draft.add(markdown_table(table_rows(table)), "table")

    def _inline(self, text: str | None) -> None:
        if text:
            self._pending.append(SPACES.sub(" ", text))

    def _flush(self) -> None:
        text = tidy("".join(self._pending))
        self._pending.clear()
        self._draft.add(text)


def _is_layout(table: Element) -> bool:
    """True for tables that only place text: one column, or cells that hold headings or tables."""
    if table.find(".//table") is not None:
        return True
    if any(table.find(f".//{tag}") is not None for tag in ("h1", "h2", "h3")):
        return True
    return all(len(row) <= 1 for row in table_rows(table))
