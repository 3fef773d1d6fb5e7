"""A Document as one line of JSON and back: how results cross from the parsing child. Blocks are spans, not copies."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any, cast

from adapters.records import Block, BlockKind, Bounds, Box, Document, Pair


def dump(document: Document) -> bytes:
    """Return a document as ASCII JSON without line breaks."""
    paths: dict[tuple[str, ...], int] = {}
    blocks = [
        [
            block.kind,
            block.start,
            block.end,
            paths.setdefault(block.heading_path, len(paths)),
            block.page,
            None
            if block.box is None
            else [block.box.page, block.box.left, block.box.top, block.box.right, block.box.bottom],
            block.location,
        ]
        for block in document.blocks
    ]
    record = {
        "title": document.title,
        "text": document.text,
        "format": document.format,
        "metadata": dict(document.metadata),
        "warnings": list(document.warnings),
        "paths": [list(path) for path in paths],
        "blocks": blocks,
        "pairs": [asdict(pair) for pair in document.pairs],
    }
    return json.dumps(record, separators=(",", ":")).encode("ascii")


def load(data: bytes) -> Document:
    """Return the document that `dump` wrote. Raises ValueError, KeyError, TypeError or IndexError on anything else."""
    record: dict[str, Any] = json.loads(data)
    text = str(record["text"])
    paths = [tuple(map(str, path)) for path in record["paths"]]
    blocks = []
    for kind, start, end, path, page, box, location in record["blocks"]:
        if not 0 <= start <= end <= len(text):
            raise ValueError("a block lies outside the text")
        place = None if box is None else Box(int(box[0]), *map(float, box[1:5]))
        blocks.append(Block(text[start:end], cast(BlockKind, kind), start, end, paths[path], page, place, location))
    metadata = {str(key): str(value) for key, value in record["metadata"].items()}
    warnings = tuple(map(str, record["warnings"]))
    pairs = tuple(_pair(values, len(text)) for values in record["pairs"])
    return Document(str(record["title"]), text, tuple(blocks), str(record["format"]), metadata, warnings, pairs)


def _pair(values: dict[str, Any], most: int) -> Pair:
    bounds = values["bounds"]
    narrowed = Bounds(bounds["effective_from"], bounds["effective_to"], tuple(map(str, bounds["readers"])))
    pair = Pair(**(values | {"variants": tuple(map(str, values["variants"])), "bounds": narrowed}))
    if not 0 <= pair.start <= pair.answer_start <= pair.answer_end <= pair.end <= most:
        raise ValueError("a pair lies outside the text")
    return pair
