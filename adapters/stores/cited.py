"""Which versions kept answers cite; those stay readable after newer editions have come."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, Engine, Table, and_, bindparam, insert, or_, select, update

from adapters.records import Citation
from adapters.stores.ledger import now_text
from adapters.stores.schema import cited, versions


def note_cited(connection: Connection, citations: Sequence[Citation]) -> None:
    """Remember the versions that citations name, in the transaction that keeps their answer."""
    named = {(citation.document_id, citation.version) for citation in citations}
    if not named:
        return
    now = now_text()
    pairs = [{"_document": document_id, "_version": version} for document_id, version in sorted(named)]
    which = and_(cited.c.document_id == bindparam("_document"), cited.c.version == bindparam("_version"))
    connection.execute(update(cited).where(which).values(last_at=now), pairs)
    known = select(cited.c.document_id, cited.c.version).where(_any(cited, named))
    rest = named - {(row.document_id, row.version) for row in connection.execute(known)}
    if not rest:
        return
    # A version that went while its answer was written cannot be kept any more.
    there = select(versions.c.document_id, versions.c.version, versions.c.content_hash).where(_any(versions, rest))
    rows = [{**row._mapping, "first_at": now, "last_at": now} for row in connection.execute(there)]
    if rows:
        connection.execute(insert(cited), rows)


def _any(table: Table, pairs: set[tuple[str, int]]) -> ColumnElement[bool]:
    columns = table.c
    return or_(*(and_(columns.document_id == id, columns.version == version) for id, version in sorted(pairs)))


def cited_hashes(engine: Engine) -> set[str]:
    """Return the content hashes of all versions that kept answers cite."""
    with engine.connect() as connection:
        return set(connection.execute(select(cited.c.content_hash)).scalars())
