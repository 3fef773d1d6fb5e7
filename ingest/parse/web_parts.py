"""What single elements of a page say: which are hidden, inline text, lists as lines, tables as rows of cells."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ingest.parse.tables import MAX_COLUMNS

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
    r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*(?:0(?:\.\d+)?(?:px|pt|em|rem|%)?|[12](?:\.\d+)?(?:px|pt))"
    r"\s*(?:;|!|$)|opacity\s*:\s*0(?:\.0\d*)?\s*(?:;|!|$)|(?:left|top|text-indent)\s*:\s*-\d{3,}",
    re.I,
)
_WHITE = re.compile(
    r"(?:^|[;\s])color\s*:\s*(?:#fff(?:fff)?(?:ff)?\b|white\b|transparent\b|rgba?\(\s*255\s*,\s*255\s*,\s*255)", re.I
)
# fmt: off
BLOCKS = frozenset(
    {
        "address", "article", "blockquote", "body", "center", "dd", "details", "dir", "div", "dl", "dt",
        "fieldset", "figcaption", "figure", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hgroup",
        "hr", "html", "legend", "li", "main", "menu", "ol", "p", "pre", "section", "summary", "table", "tbody",
        "td", "tfoot", "th", "thead", "tr", "ul", "caption",
    }
)
# fmt: on
_SPAN = re.compile(r"\d{1,4}")
SPACES = re.compile(r"[ \t\r\n\f]+")


def is_dropped(element: Element) -> bool:
    if not isinstance(element.tag, str) or element.tag in _DROPPED:
        return True
    if element.get("hidden") is not None or element.get("aria-hidden") == "true":
        return True
    if element.get("role") in {"navigation", "banner", "contentinfo", "menu", "search"}:
        return True
    if is_unseen(element):
        return True
    marks = f"{element.get('class') or ''} {element.get('id') or ''}"
    return (
        element.tag in {"div", "ul", "section", "header"}
        and bool(_MENU.search(marks))
        and element.find(".//h1") is None
    )


def is_unseen(element: Element) -> bool:
    """True when an element's own style hides its text; white counts only where nothing may colour what is behind."""
    style = element.get("style") if isinstance(element.tag, str) else None
    if not style:
        return False
    if _HIDDEN.search(style):
        return True
    return bool(_WHITE.search(style)) and not any(_may_be_dark(up) for up in (element, *element.iterancestors()))


def _may_be_dark(element: Element) -> bool:
    painted = "background" in (element.get("style") or "") or element.get("bgcolor") or element.get("background")
    return bool(painted or element.get("class"))


def unseen_text(root: Element) -> Iterator[str]:
    """Yield what a page holds under styles that hide it."""
    for element in root.iter():
        if is_unseen(element) and element.tag not in _DROPPED:
            yield str(element.text_content())


def tidy(text: str) -> str:
    return "\n".join(line for line in (SPACES.sub(" ", line).strip() for line in text.split("\n")) if line)


def inline_text(element: Element) -> str:
    """Return the visible text inside an element, `<br>` as line break, code in back quotes."""
    parts = [SPACES.sub(" ", element.text or "")]
    for child in element:
        if not is_dropped(child):
            inner = "\n" if child.tag == "br" else inline_text(child)
            parts.append(f"`{inner}`" if child.tag == "code" and inner.strip() else inner)
            if child.tag in BLOCKS:
                parts.append("\n")
        parts.append(SPACES.sub(" ", child.tail or ""))
    return "".join(parts)


def list_lines(element: Element, depth: int) -> Iterator[str]:
    number = 0
    for item in element:
        if is_dropped(item):
            continue
        if item.tag in {"ul", "ol"}:
            yield from list_lines(item, depth + 1)
            continue
        number += 1
        mark = f"{number}." if element.tag == "ol" else "-"
        own, inner = _item_parts(item)
        text = tidy(own).replace("\n", "\n" + "  " * (depth + 1))
        if text:
            yield "  " * depth + f"{mark} {text}"
        for nested in inner:
            yield from list_lines(nested, depth + 1)


def _item_parts(item: Element) -> tuple[str, list[Element]]:
    """Return an item's own text and the lists directly inside it."""
    nested = [
        inner
        for inner in item.iterdescendants("ul", "ol")
        if next((up for up in inner.iterancestors("ul", "ol", "li")), None) is item
    ]
    if not nested:
        return inline_text(item), []
    clone_parts = [SPACES.sub(" ", item.text or "")]
    for child in item:
        if (
            child not in nested
            and not is_dropped(child)
            and not any(inner in nested for inner in child.iterdescendants())
        ):
            clone_parts.append("\n" if child.tag == "br" else inline_text(child))
        clone_parts.append(SPACES.sub(" ", child.tail or ""))
    return "".join(clone_parts), nested


def table_rows(table: Element) -> list[list[str]]:
    """Return a table's cells; a cell over several rows is repeated in each, one over several columns stands first."""
    rows: list[list[str]] = []
    below: dict[int, tuple[int, str]] = {}
    for row in table.iter("tr"):
        if is_dropped(row):
            continue
        cells: list[str] = []
        for cell in row:
            if cell.tag not in {"td", "th"} or is_dropped(cell):
                continue
            _carry(below, cells)
            text = tidy(inline_text(cell))
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
