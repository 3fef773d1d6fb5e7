"""The document store over SQL: files, versions, chunks, vectors, and who may read them.

Keeps `ports.Library`. Which version of a document answers is one column, switched in one transaction.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, cast

import numpy as np
from sqlalchemy import ColumnElement, Connection, Engine, Row, Select, and_, delete, func, insert, or_, select, update
from sqlalchemy.exc import OperationalError

from adapters.errors import DataFolderBroken
from adapters.ports import Vectors
from adapters.records import Asker, BlockKind, Chunk, Document, DocumentState, Entry, Language, Passage, StoredText
from adapters.stores.schema import chunks, documents, readers, versions

# Well under SQLite's limit of 32,766 variables in one statement.
MANY = 5_000


def text_hash(text: str) -> str:
    """Name a text by its content, so that an unchanged chunk is not embedded again."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


class SqlLibrary:
    """`ports.Library` on the engine given; the caller has brought the tables up to date."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @contextmanager
    def _write(self) -> Iterator[Connection]:
        try:
            with self._engine.begin() as connection:
                yield connection
        except OperationalError as cause:
            raise DataFolderBroken(
                f"Nothing was saved: {cause.orig}. Free disk space or make the data folder writable, then try again."
            ) from cause

    # The ledger

    def entries(self) -> list[Entry]:
        return self._entries(_entries().order_by(documents.c.path))

    def readable(self, asker: Asker) -> list[Entry]:
        return self._entries(_entries().where(_may_read(asker)).order_by(documents.c.path))

    def _entries(self, query: Select[Any]) -> list[Entry]:
        with self._engine.connect() as connection:
            return [Entry(**row._mapping) for row in connection.execute(query)]

    def note(self, entry: Entry, readers_: Sequence[str] = ("public",)) -> None:
        values = {name: getattr(entry, name) for name in _ENTRY_COLUMNS} | {"updated_at": _now()}
        with self._write() as connection:
            changed = connection.execute(update(documents).where(documents.c.id == entry.id).values(values))
            if not changed.rowcount:
                connection.execute(insert(documents).values(values))
            connection.execute(delete(readers).where(readers.c.document_id == entry.id))
            rows = [{"document_id": entry.id, "principal": principal} for principal in sorted(set(readers_))]
            if rows:
                connection.execute(insert(readers), rows)

    def state(self, document_id: str, state: DocumentState, reason: str = "") -> None:
        with self._write() as connection:
            connection.execute(
                update(documents)
                .where(documents.c.id == document_id)
                .values(state=state, reason=reason, updated_at=_now())
            )

    # Replacing

    def known_vectors(self, embedder: str, text_hashes: Sequence[str]) -> Mapping[str, Vectors]:
        found: dict[str, Vectors] = {}
        with self._engine.connect() as connection:
            for some in _batches(list(dict.fromkeys(text_hashes))):
                query = select(chunks.c.text_hash, chunks.c.vector).where(
                    chunks.c.embedder == embedder, chunks.c.text_hash.in_(some)
                )
                found |= {row.text_hash: _vector(row.vector) for row in connection.execute(query)}
        return found

    def next_version(self, document_id: str) -> int:
        query = select(func.max(versions.c.version)).where(versions.c.document_id == document_id)
        with self._engine.connect() as connection:
            return (connection.execute(query).scalar() or 0) + 1

    def replace(
        self, entry: Entry, version: int, document: Document, new: Sequence[Chunk], vectors: Vectors, embedder: str
    ) -> list[str]:
        with self._write() as connection:
            old = _chunk_ids_of(connection, entry.id)
            connection.execute(delete(chunks).where(chunks.c.document_id == entry.id))
            connection.execute(
                insert(versions).values(
                    document_id=entry.id,
                    version=version,
                    content_hash=entry.content_hash,
                    title=document.title,
                    format=document.format,
                    text=document.text,
                    warnings=list(document.warnings),
                    created_at=_now(),
                )
            )
            rows = [_chunk_row(chunk, version, vectors[i], embedder) for i, chunk in enumerate(new)]
            if rows:
                connection.execute(insert(chunks), rows)
            connection.execute(
                update(documents)
                .where(documents.c.id == entry.id)
                .values(
                    title=document.title,
                    format=document.format,
                    content_hash=entry.content_hash,
                    size=entry.size,
                    modified_ns=entry.modified_ns,
                    current_version=version,
                    state="ready",
                    reason="; ".join(document.warnings),
                    effective_from=document.metadata.get("effective_from"),
                    effective_to=document.metadata.get("effective_to"),
                    updated_at=_now(),
                )
            )
        return [id for id in old if id not in {chunk.id for chunk in new}]

    def forget(self, document_id: str) -> list[str]:
        with self._write() as connection:
            old = _chunk_ids_of(connection, document_id)
            for table in (chunks, versions, readers):
                connection.execute(delete(table).where(table.c.document_id == document_id))
            connection.execute(delete(documents).where(documents.c.id == document_id))
        return old

    # The indexes' view

    def chunk_ids(self) -> set[str]:
        with self._engine.connect() as connection:
            return set(connection.execute(select(chunks.c.id)).scalars())

    def stored_chunks(self, ids: Sequence[str]) -> list[tuple[str, str, Vectors]]:
        found: list[tuple[str, str, Vectors]] = []
        with self._engine.connect() as connection:
            for some in _batches(ids):
                query = select(chunks.c.id, chunks.c.index_text, chunks.c.vector).where(chunks.c.id.in_(some))
                found += [(row.id, row.index_text, _vector(row.vector)) for row in connection.execute(query)]
        return found

    # Searching

    def permitted(self, ids: Sequence[str], asker: Asker, as_of: str) -> list[str]:
        allowed: set[str] = set()
        with self._engine.connect() as connection:
            for some in _batches(ids):
                query = _counting(select(chunks.c.id), asker, as_of).where(chunks.c.id.in_(some))
                allowed.update(connection.execute(query).scalars())
        return [id for id in ids if id in allowed]

    def permitted_vectors(self, asker: Asker, as_of: str) -> tuple[list[str], Vectors]:
        with self._engine.connect() as connection:
            rows = connection.execute(_counting(select(chunks.c.id, chunks.c.vector), asker, as_of)).all()
        ids = [row.id for row in rows]
        return ids, np.stack([_vector(row.vector) for row in rows]) if rows else np.zeros((0, 0), np.float32)

    def vectors(self, ids: Sequence[str]) -> Mapping[str, Vectors]:
        found: dict[str, Vectors] = {}
        with self._engine.connect() as connection:
            for some in _batches(ids):
                query = select(chunks.c.id, chunks.c.vector).where(chunks.c.id.in_(some))
                found |= {row.id: _vector(row.vector) for row in connection.execute(query)}
        return found

    def passages(self, ids: Sequence[str]) -> list[Passage]:
        found: dict[str, Passage] = {}
        joined = select(
            chunks,
            documents.c.path,
            documents.c.title,
            func.substr(versions.c.text, chunks.c.parent_start + 1, chunks.c.parent_end - chunks.c.parent_start).label(
                "reading_text"
            ),
        ).select_from(
            chunks.join(documents, documents.c.id == chunks.c.document_id).join(
                versions,
                and_(versions.c.document_id == chunks.c.document_id, versions.c.version == chunks.c.version),
            )
        )
        with self._engine.connect() as connection:
            for some in _batches(ids):
                for row in connection.execute(joined.where(chunks.c.id.in_(some))):
                    found[row.id] = Passage(
                        chunk=_chunk(row),
                        document_path=row.path,
                        title=row.title,
                        version=row.version,
                        score=0.0,
                        reading_text=row.reading_text,
                    )
        return [found[id] for id in ids if id in found]

    def version_text(self, document_id: str, version: int, asker: Asker) -> StoredText | None:
        query = (
            select(versions, documents.c.path, documents.c.source, documents.c.current_version)
            .join(documents, documents.c.id == versions.c.document_id)
            .where(versions.c.document_id == document_id, versions.c.version == version, _may_read(asker))
        )
        with self._engine.connect() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            return None
        return StoredText(
            document_id=document_id,
            path=row.path,
            source=row.source,
            title=row.title,
            version=version,
            is_current=version == row.current_version,
            content_hash=row.content_hash,
            text=row.text,
        )


_ENTRY_COLUMNS = (
    "id", "knowledge_base", "path", "source", "title", "format", "state", "reason", "size", "modified_ns",
    "content_hash", "current_version",
)  # fmt: skip


def _entries() -> Select[Any]:
    counted = (
        select(func.count())
        .select_from(chunks)
        .where(chunks.c.document_id == documents.c.id, chunks.c.version == documents.c.current_version)
        .scalar_subquery()
    )
    columns = [documents.c[name] for name in (*_ENTRY_COLUMNS, "updated_at")]
    return select(*columns, counted.label("chunks"))


def _may_read(asker: Asker) -> ColumnElement[bool]:
    return (
        select(readers.c.principal)
        .where(readers.c.document_id == documents.c.id, readers.c.principal.in_(sorted(asker.principals)))
        .exists()
    )


def _counting(query: Select[Any], asker: Asker, as_of: str) -> Select[Any]:
    """Narrow a query over chunks to current versions, in force on that day, that this asker may read."""
    return query.join(
        documents, and_(documents.c.id == chunks.c.document_id, documents.c.current_version == chunks.c.version)
    ).where(
        _may_read(asker),
        or_(documents.c.effective_from.is_(None), documents.c.effective_from <= as_of),
        or_(documents.c.effective_to.is_(None), documents.c.effective_to > as_of),
    )


def _chunk_ids_of(connection: Connection, document_id: str) -> list[str]:
    return list(connection.execute(select(chunks.c.id).where(chunks.c.document_id == document_id)).scalars())


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


def _chunk(row: Row[Any]) -> Chunk:
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
        kind=cast(BlockKind, row.kind),
    )


def _vector(stored: bytes) -> Vectors:
    return np.frombuffer(stored, np.float16).astype(np.float32)


def _batches(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[start : start + MANY] for start in range(0, len(ids), MANY))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
