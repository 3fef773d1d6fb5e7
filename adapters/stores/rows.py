"""How versions, chunks and vectors become rows of the store and come back; what library and corrections share."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, astuple
from typing import Any, cast

import numpy as np
from sqlalchemy import Connection, Row, and_, delete, exists, insert, select

from adapters.ports import NewVersion, Vectors
from adapters.records import Bounds, Box, Chunk, ChunkKind, Language, Place, Reading
from adapters.stores.bounds import write_bounds
from adapters.stores.ledger import now_text
from adapters.stores.schema import chunks, cited, readings, versions


def text_hash(text: str) -> str:
    """Name a text by its content, so that an unchanged chunk is not embedded again."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def chunk_ids_in(connection: Connection, document_ids: Sequence[str]) -> list[str]:
    """Return the chunk ids of the documents."""
    return list(connection.execute(select(chunks.c.id).where(chunks.c.document_id.in_(document_ids))).scalars())


def insert_versions(connection: Connection, new: Sequence[NewVersion], embedder: str) -> None:
    """Add versions with their chunks, and what they were before corrections; nothing answers from them yet."""
    connection.execute(insert(versions), [_version_row(made) for made in new])
    rows = [
        _chunk_row(chunk, made.version, made.vectors[i], embedder)
        for made in new
        for i, chunk in enumerate(made.chunks)
    ]
    if rows:
        connection.execute(insert(chunks), rows)
    write_bounds(connection, new)
    connection.execute(delete(readings).where(readings.c.document_id.in_([made.entry.id for made in new])))
    if corrected := [_reading_row(made.entry.id, made.before) for made in new if made.before]:
        connection.execute(insert(readings), corrected)


def expire(connection: Connection, made: NewVersion, most: int) -> None:
    """Forget versions of a document that are neither among the last `most` nor cited by a kept answer."""
    is_cited = exists().where(cited.c.document_id == versions.c.document_id, cited.c.version == versions.c.version)
    old = and_(versions.c.document_id == made.entry.id, versions.c.version <= made.version - most)
    connection.execute(delete(versions).where(old, ~is_cited))


def reading_of(row: Row[Any]) -> Reading:
    """Return what a row of `readings` holds."""
    made = [
        Chunk(
            **chunk
            | {
                "text": row.text[chunk["start"] : chunk["end"]],
                "heading_path": tuple(chunk["heading_path"]),
                "bounds": _bounds(chunk.get("bounds")),
            }
        )
        for chunk in row.chunks
    ]
    return Reading(row.text, tuple(made), places_from(row.places))


def _bounds(kept: dict[str, Any] | None) -> Bounds:
    return Bounds(**kept | {"readers": tuple(kept["readers"])}) if kept else Bounds()


def _reading_row(document_id: str, before: Reading) -> dict[str, object]:
    # The texts are spans of the whole one.
    rows = [{name: value for name, value in asdict(chunk).items() if name != "text"} for chunk in before.chunks]
    return {"document_id": document_id, "text": before.text, "chunks": rows, "places": _place_rows(before.places)}


def places_from(rows: Sequence[Sequence[Any]] | None) -> tuple[Place, ...]:
    """Return stored places; a version of before they were kept has none."""
    return tuple(_place(*values) for values in rows or ())


def _place(start: int, end: int, page: int | None, location: str | None, *box: float) -> Place:
    return Place(start, end, page, location, Box(page, *box) if page is not None and len(box) == 4 else None)


def _place_rows(places: Sequence[Place]) -> list[list[object]]:
    """Return where the parts stand, as [start, end, page, location, left, top, right, bottom] each."""
    found: list[list[object]] = []
    for place in places:
        box = place.box
        sides = [] if box is None else [round(side, 1) for side in (box.left, box.top, box.right, box.bottom)]
        found.append([place.start, place.end, place.page, place.location, *sides])
    return found


def _version_row(made: NewVersion) -> dict[str, object]:
    return {
        "document_id": made.entry.id,
        "version": made.version,
        "content_hash": made.entry.content_hash,
        "title": made.document.title,
        "format": made.document.format,
        "text": made.document.text,
        "warnings": list(made.document.warnings),
        "created_at": now_text(),
        "amended": [list(astuple(span)) for span in made.amended],
        "places": _place_rows(made.document.places if made.places is None else made.places),
    }


def _chunk_row(chunk: Chunk, version: int, vector: Vectors, embedder: str) -> dict[str, object]:
    return {
        "id": chunk.id,
        "document_id": chunk.document_id,
        "version": version,
        "ordinal": chunk.ordinal,
        "text": chunk.text,
        "index_text": chunk.index_text,
        "start": chunk.start,
        "end": chunk.end,
        "parent_start": chunk.parent_start,
        "parent_end": chunk.parent_end,
        "language": chunk.language,
        "heading_path": list(chunk.heading_path),
        "page": chunk.page,
        "location": chunk.location,
        "kind": chunk.kind,
        "embedder": embedder,
        "text_hash": text_hash(chunk.index_text),
        # Half precision: the inner product of two such unit vectors is right to about four decimals, at half the disk.
        "vector": vector.astype(np.float16).tobytes(),
    }


def chunk_of(row: Row[Any], bounds: Bounds | None = None) -> Chunk:
    """Return the chunk of a row of `chunks`, within the bounds given."""
    return Chunk(
        id=row.id,
        document_id=row.document_id,
        ordinal=row.ordinal,
        text=row.text,
        index_text=row.index_text,
        start=row.start,
        end=row.end,
        parent_start=row.parent_start,
        parent_end=row.parent_end,
        language=cast(Language, row.language),
        heading_path=tuple(row.heading_path),
        page=row.page,
        location=row.location,
        kind=cast(ChunkKind, row.kind),
        bounds=bounds or Bounds(),
    )


def vector_of(stored: bytes) -> Vectors:
    """Return a stored vector as float32."""
    return np.frombuffer(stored, np.float16).astype(np.float32)
