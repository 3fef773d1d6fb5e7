"""Kinds of documents and the sections each is cut into: articles, questions, headings, tables."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Literal

from adapters.records import Block, Document
from ingest.parse.headings import article_of
from ingest.pieces import Section

Template = Literal["auto", "law", "manual", "faq", "sheet", "general"]

_NUMBER = "[0-9一二三四五六七八九十]*"
_QUESTION = re.compile(
    rf"(?:[QＱ问問](?:题|題)?\s*{_NUMBER}\s*[:：.．、]|[QＱ]\d+\b|.{{2,120}}[?？]\s*$"
    r"|(?:[0-9]+(?:\.[0-9]+)*[.、)\s]\s*)?(?:如何|怎么|怎样|为什么|为何|什么是|能否|可否).{2,80}$)",
    re.IGNORECASE,
)
_ASKED = re.compile(rf"\s*(?:\*\*)?(?:[QＱ问問](?:题|題)?\s*{_NUMBER}|Question\s*\d*)\s*(?:\*\*)?\s*[:：.．、]")
_SHEET_FORMATS = frozenset({"xlsx", "xls", "csv", "tsv", "ods", "tab"})


def choose_template(document: Document) -> Template:
    """Return the template that fits what the document holds."""
    blocks = document.blocks
    size = sum(len(block.text) for block in blocks) or 1
    if document.format in _SHEET_FORMATS or sum(len(b.text) for b in blocks if b.kind == "table") > 0.8 * size:
        return "sheet"
    articles = [block for block in blocks if block.kind != "table" and article_of(_bare(block.text))]
    bodies = [block for block in blocks if block.kind in {"text", "list"}]
    if len(articles) >= 3 and len(articles) >= 0.2 * len(bodies):
        return "law"
    headings = [block for block in blocks if block.kind == "heading"]
    asked = [block for block in headings if _QUESTION.match(_bare(block.text))]
    if len(asked) >= 3 and len(asked) >= 0.5 * len(headings):
        return "faq"
    if sum(bool(_ASKED.match(block.text)) for block in bodies) >= 3:
        return "faq"
    return "manual" if len(headings) >= 2 else "general"


def sections_of(document: Document, template: Template) -> list[Section]:
    """Return the document's blocks in sections that no chunk may cross."""
    blocks = document.blocks
    if template == "law":
        return list(_sections(blocks, _article))
    if template == "faq":
        return list(_sections(blocks, _asked))
    return list(_sections(blocks, lambda block: None))


def _article(block: Block) -> str | None:
    return None if block.kind in {"table", "code"} else article_of(_bare(block.text))


def _asked(block: Block) -> str | None:
    """Return "" (a new section without a name of its own) where a text block asks a question."""
    return "" if block.kind == "text" and _ASKED.match(block.text) else None


def _sections(blocks: Sequence[Block], opens: Callable[[Block], str | None]) -> Iterator[Section]:
    """Yield runs of blocks under the same headings; `opens` names blocks that start a section of their own."""
    run: list[Block] = []
    headings: list[Block] = []
    name: str | None = None
    path: tuple[str, ...] = ()
    for block in blocks:
        opened = opens(block)
        changed = block.heading_path != path or block.kind == "heading"
        if run and (opened is not None or changed):
            yield _section(run, headings, path, name)
            run, headings, name = [], [], None
        if changed:
            path, name = block.heading_path, None
        if block.kind == "heading" and opened is None:
            # A heading with nothing below it is all that its section says.
            if left := [heading for heading in headings if not _is_above(heading, block)]:
                yield _section(left, [], left[-1].heading_path, None)
            headings = [heading for heading in headings if _is_above(heading, block)]
            headings.append(block)
            continue
        if opened is not None:
            name = opened
        run.append(block)
    if run or headings:
        yield _section(run or headings, headings, path, name)


def _is_above(heading: Block, block: Block) -> bool:
    depth = len(heading.heading_path)
    return depth < len(block.heading_path) and block.heading_path[:depth] == heading.heading_path


def _section(run: list[Block], headings: list[Block], path: tuple[str, ...], name: str | None) -> Section:
    start = headings[0].start if headings else run[0].start
    question = headings[-1] if headings and _QUESTION.match(_bare(headings[-1].text)) else None
    return Section(
        blocks=tuple(run),
        path=(*path, name) if name and (not path or path[-1] != name) else path,
        start=start,
        end=run[-1].end,
        head=headings[-1].start if headings else run[0].start,
        lead_in=question.start if question is not None and run[0] is not question else None,
        asked=question is not None,
        whole=bool(name),
    )


def _bare(text: str) -> str:
    """Return text without heading or emphasis marks before it."""
    return text.lstrip("#*> \t　")
