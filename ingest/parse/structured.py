"""JSON and XML as text that can be found: JSON as it stands (or laid out), XML as "path: value" lines."""

from __future__ import annotations

import json
from collections.abc import Iterator

from ingest.clean import visible
from ingest.parse.draft import Draft
from ingest.parse.encodings import decode
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
    if max(map(len, text.split("\n"))) > _LONG_LINE:
        text = _laid_out(text)
    draft.add(f"```json\n{text.strip()}\n```", "code")


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
