"""What people decided about passages, over SQL: kept beside the versions, applied to each as it is made.

Keeps the corrections part of `ports.Library`. It knows neither how a correction is applied nor the indexes.
"""

from __future__ import annotations

from sqlalchemy import and_, delete, insert, select, update

from adapters.ports import NewVersion
from adapters.records import Correction, Document, Entry, Reading
from adapters.stores.bounds import bounds_in
from adapters.stores.knowledge import bump
from adapters.stores.ledger import SqlLedger, counted, now_text
from adapters.stores.rows import chunk_ids_in, chunk_of, expire, insert_versions, places_from, reading_of
from adapters.stores.schema import chunks, corrections, documents, readings, versions

# Each correction makes a version; earlier answers point into those before it.
KEPT_AMENDED = 30
_BEING_READ = ("queued", "parsing", "embedding")


class SqlCorrections(SqlLedger):
    """The corrections of `ports.Library` on the engine given."""

    def corrections(self, document_id: str) -> list[Correction]:
        query = select(corrections).where(corrections.c.document_id == document_id).order_by(corrections.c.ordinal)
        with self._engine.connect() as connection:
            rows = [dict(row._mapping) for row in connection.execute(query)]
        return [Correction(**{**row, "heading_path": tuple(row["heading_path"])}) for row in rows]

    def answering(self, document_id: str) -> tuple[Entry, Document, Reading] | None:
        found = self._entries(counted().where(documents.c.id == document_id))
        if not found or found[0].current_version is None:
            return None
        version = found[0].current_version
        its = and_(versions.c.document_id == document_id, versions.c.version == version)
        own = and_(chunks.c.document_id == document_id, chunks.c.version == version)
        with self._engine.connect() as connection:
            row = connection.execute(select(versions).where(its)).one_or_none()
            before = connection.execute(select(readings).where(readings.c.document_id == document_id)).one_or_none()
            made = connection.execute(select(chunks).where(own).order_by(chunks.c.ordinal)).all()
            narrowed = bounds_in(connection, document_id, version)
        if row is None:
            return None
        document = Document(row.title, row.text, (), row.format, warnings=tuple(row.warnings))
        own_chunks = tuple(chunk_of(chunk, narrowed.get(chunk.id)) for chunk in made)
        reading = reading_of(before) if before else Reading(row.text, own_chunks, places_from(row.places))
        return found[0], document, reading

    def amend(self, new: NewVersion, correction: Correction, embedder: str) -> list[str] | None:
        document_id = new.entry.id
        with self._write() as connection:
            # First of all a write, so that nobody claims the file between the look at its state and the switch.
            unread = and_(
                documents.c.id == document_id,
                documents.c.state.notin_(_BEING_READ),
                documents.c.current_version == new.entry.current_version,
            )
            values = {"current_version": new.version, "updated_at": now_text()}
            if not connection.execute(update(documents).where(unread).values(values)).rowcount:
                return None
            old = chunk_ids_in(connection, [document_id])
            connection.execute(delete(chunks).where(chunks.c.document_id == document_id))
            insert_versions(connection, [new], embedder)
            expire(connection, new, KEPT_AMENDED)
            this = and_(
                corrections.c.document_id == document_id, corrections.c.original_hash == correction.original_hash
            )
            connection.execute(delete(corrections).where(this))
            if correction.text is not None or correction.disabled:
                row = {name: getattr(correction, name) for name in corrections.c.keys()}  # noqa: SIM118 - columns
                connection.execute(insert(corrections).values(row | {"heading_path": list(correction.heading_path)}))
            bump(connection)
        counting = {chunk.id for chunk in new.chunks}
        return [id for id in old if id not in counting]

    def forget_correction(self, document_id: str, original_hash: str) -> None:
        this = and_(corrections.c.document_id == document_id, corrections.c.original_hash == original_hash)
        with self._write() as connection:
            connection.execute(delete(corrections).where(this))
