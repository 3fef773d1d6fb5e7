"""JSON and XML as text that can be found: JSON as it stands (or laid out), XML as "path: value" lines."""

from __future__ import annotations

import json
from collections.abc import Iterator

from ingest.clean import visible
from ingest.parse.draft import Draft
from ingest.parse.encodings import decode
from ingest.parse.pairs import add_pairs, columns_of
from ingest.parse.source import Source
from ingest.parse.xml_safe import Node, local, parse_xml

_MAX_DEPTH = 100
_LONG_LINE = 400


def read(source: Source, draft: Draft) -> None:
    draft.title = source.stem
    if source.extension == "xml" or source.data.lstrip()[:1] == b"<":
        for record in _records(parse_xml(source.data)):
            draft.add("\n".join(record))
        return
    text = visible(decode(source.data))
    if records := _table(text):
        names, rows = records
        if columns := columns_of(names):
            add_pairs(columns, rows, draft)
            return
    if max(map(len, text.split("\n"))) > _LONG_LINE:
        text = _laid_out(text)
    draft.add(f"```json\n{text.strip()}\n```", "code")


def _table(text: str) -> tuple[list[str], list[tuple[str, list[str]]]] | None:
    """Return the keys and rows of JSON lines, or of one JSON list, of plain objects; None for anything else."""
    try:
        lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
        if text.lstrip()[:1] == "[":
            objects = [(f"entry {number}", value) for number, value in enumerate(json.loads(text), 1)]
        else:
            objects = [(f"line {number}", json.loads(line)) for number, line in lines]
    except (ValueError, RecursionError):
        return None
    if not objects or not all(isinstance(value, dict) for _, value in objects):
        return None
    names = list(dict.fromkeys(str(name) for _, value in objects for name in value))
    return names, [(place, [_cell(value.get(name)) for name in names]) for place, value in objects]


def _cell(value: object) -> str:
    if isinstance(value, list):
        return "\n".join(_cell(item) for item in value)
    return "" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _laid_out(text: str) -> str:
    """Return JSON with one value a line; text that is none (or JSON lines) stays as it is."""
    try:
        return json.dumps(json.loads(text), ensure_ascii=False, indent=1)
    except (ValueError, RecursionError):
        return text


def _records(root: Node) -> Iterator[list[str]]:
    """Yield the lines of each child of the root, so that a list of things becomes a block each."""
    own = list(_lines(root, "", 0, deep=False))
    if own:
        yield own
    for child in root:
        lines = list(_lines(child, "", 0, deep=True))
        if lines:
            yield lines


def _lines(node: Node, path: str, depth: int, *, deep: bool) -> Iterator[str]:
    name = local(node)
    if not name or depth > _MAX_DEPTH:
        return
    here = f"{path}/{name}" if path else name
    for key, value in node.attrib.items():
        yield f"{here}@{key.rpartition('}')[2]}: {value}"
    text = " ".join((node.text or "").split())
    if text:
        yield f"{here}: {text}"
    if deep:
        for child in node:
            yield from _lines(child, here, depth + 1, deep=True)
            if tail := " ".join((child.tail or "").split()):
                yield tail
