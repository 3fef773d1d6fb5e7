"""What narrows parts of a document beyond its own readers and dates, as rows and as conditions of queries."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, and_, insert, or_, select

from adapters.ports import NewVersion
from adapters.records import Asker, Bounds
from adapters.stores.schema import bound_readers, bounds, chunks, versions


def write_bounds(connection: Connection, made: Sequence[NewVersion]) -> None:
    """Keep the bounds of the chunks of new versions; the versions are there already."""
    narrowed = [(one.version, chunk) for one in made for chunk in one.chunks if chunk.bounds != Bounds()]
    rows = [
        {
            "chunk_id": chunk.id,
            "document_id": chunk.document_id,
            "version": version,
            "effective_from": chunk.bounds.effective_from,
            "effective_to": chunk.bounds.effective_to,
            "restricted": bool(chunk.bounds.readers),
        }
        for version, chunk in narrowed
    ]
    if rows:
        connection.execute(insert(bounds), rows)
    readers = [{"chunk_id": chunk.id, "principal": name} for _, chunk in narrowed for name in chunk.bounds.readers]
    if readers:
        connection.execute(insert(bound_readers), readers)


def bounds_in(connection: Connection, document_id: str, version: int) -> dict[str, Bounds]:
    """Return the bounds of the chunks of a version, by chunk id; a chunk without any is left out."""
    narrowed = and_(bounds.c.document_id == document_id, bounds.c.version == version)
    readers: dict[str, list[str]] = {}
    of = select(bound_readers).join(bounds, bounds.c.chunk_id == bound_readers.c.chunk_id).where(narrowed)
    for row in connection.execute(of.order_by(bound_readers.c.principal)):
        readers.setdefault(row.chunk_id, []).append(row.principal)
    return {
        row.chunk_id: Bounds(row.effective_from, row.effective_to, tuple(readers.get(row.chunk_id, ())))
        for row in connection.execute(select(bounds).where(narrowed))
    }


def within_bounds(asker: Asker, as_of: str) -> ColumnElement[bool]:
    """Return the condition on chunks: in force on that day, and this asker may read them, as far as bounds say."""
    return ~select(bounds.c.chunk_id).where(bounds.c.chunk_id == chunks.c.id, _outside(asker, as_of)).exists()


def closed_to(connection: Connection, asker: Asker, as_of: str) -> frozenset[str]:
    """Return the chunks that bounds keep from this asker on that day."""
    return frozenset(connection.execute(select(bounds.c.chunk_id).where(_outside(asker, as_of))).scalars())


def wholly_readable(asker: Asker) -> ColumnElement[bool]:
    """Return the condition on versions: no part of the text is closed to this asker."""
    closed = select(bounds.c.chunk_id).where(
        bounds.c.document_id == versions.c.document_id, bounds.c.version == versions.c.version, _closed_to(asker)
    )
    return ~closed.exists()


def _outside(asker: Asker, as_of: str) -> ColumnElement[bool]:
    return or_(bounds.c.effective_from > as_of, bounds.c.effective_to <= as_of, _closed_to(asker))


def _closed_to(asker: Asker) -> ColumnElement[bool]:
    """Return the condition that somebody who asks, or reads along, is not among the readers."""
    theirs = (
        select(bound_readers.c.chunk_id).where(
            bound_readers.c.chunk_id == bounds.c.chunk_id, bound_readers.c.principal.in_(sorted(principals))
        )
        for principals in asker.circle
    )
    return and_(bounds.c.restricted, or_(*(~one.exists() for one in theirs)))
