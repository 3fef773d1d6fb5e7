"""Notes on documents, and what somebody decided about the dates that were suggested for them.

A confirmed date stands in the document's own row, so that search heeds it at once; it is put there again whenever a new
version brings the dates that the document gives itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from sqlalchemy import Connection, Engine, and_, delete, func, insert, select, update

from adapters.ports import NewVersion
from adapters.records import Asker, Note, Suggestion, SuggestionState
from adapters.stores.access import may_read
from adapters.stores.knowledge import bump
from adapters.stores.ledger import batches, now_text
from adapters.stores.schema import chunks, decisions, documents, notes

FIELDS = ("effective_from", "effective_to")


class SqlCuration:
    """`ingest.suggest.Curation` on the engine given."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def named(self) -> list[dict[str, Any]]:
        """Every document that answers: id, knowledge_base, path, title, modified_ns, effective_from, effective_to."""
        columns = ("id", "knowledge_base", "path", "title", "modified_ns", *FIELDS)
        query = select(*(documents.c[name] for name in columns)).where(documents.c.current_version.is_not(None))
        with self._engine.connect() as connection:
            return [dict(row._mapping) for row in connection.execute(query.order_by(documents.c.path))]

    def notes(self, kinds: Sequence[str] | None = None) -> list[tuple[str, Note]]:
        """Return (document id, note), in the order of documents and their text."""
        query = select(notes).order_by(notes.c.document_id, notes.c.number)
        if kinds is not None:
            query = query.where(notes.c.kind.in_(list(kinds)))
        with self._engine.connect() as connection:
            return [
                (row.document_id, Note(row.kind, row.value, row.quote, row.place, row.start, row.end))
                for row in connection.execute(query)
            ]

    def texts(self) -> Iterator[tuple[str, str, str, str, str]]:
        """Yield (id, document id, path, text, place) of every passage that answers; wordings of questions are none."""
        place = func.coalesce(chunks.c.location, chunks.c.page, "")
        query = (
            select(chunks.c.id, documents.c.id, documents.c.path, chunks.c.text, place)
            .join(
                documents, and_(documents.c.id == chunks.c.document_id, documents.c.current_version == chunks.c.version)
            )
            .where(chunks.c.kind != "faq")
            .order_by(documents.c.path, chunks.c.ordinal)
        )
        with self._engine.connect() as connection:
            for row in connection.execute(query):
                yield row[0], row[1], row[2], row[3], str(row[4])

    def decided(self) -> dict[str, Suggestion]:
        """Return every decision by its suggestion's id."""
        query = select(decisions, documents.c.path, documents.c.title).join(documents)
        with self._engine.connect() as connection:
            return {row.id: _suggestion(row) for row in connection.execute(query)}

    def decide(self, suggestion: Suggestion, state: SuggestionState, by: str) -> None:
        """Keep the decision and let it count, in one transaction; "open" takes an earlier one back."""
        with self._engine.begin() as connection:
            document = documents.c.id == suggestion.document_id
            column = documents.c[suggestion.field]
            known = connection.execute(select(decisions).where(decisions.c.id == suggestion.id)).one_or_none()
            before = connection.execute(select(column).where(document)).scalar()
            if known is not None:
                before = known.before
                connection.execute(delete(decisions).where(decisions.c.id == suggestion.id))
                if known.state == "confirmed":
                    connection.execute(update(documents).where(document).values({suggestion.field: before}))
            if state != "open":
                connection.execute(insert(decisions).values(_row(suggestion, state, by, before)))
            apply_decisions(connection, [suggestion.document_id], declared=False)
            bump(connection)

    def readable_ids(self, document_ids: Sequence[str], asker: Asker) -> set[str]:
        """Return those documents that this asker may read."""
        found: set[str] = set()
        with self._engine.connect() as connection:
            for some in batches(list(document_ids)):
                query = select(documents.c.id).where(documents.c.id.in_(some), may_read(asker))
                found.update(connection.execute(query).scalars())
        return found


def write_notes(connection: Connection, made: Sequence[NewVersion]) -> None:
    """Replace the notes of documents by those of their new versions."""
    ids = [one.entry.id for one in made]
    connection.execute(delete(notes).where(notes.c.document_id.in_(ids)))
    rows = [
        {"document_id": one.entry.id, "number": number} | {name: getattr(note, name) for name in Note.__match_args__}
        for one in made
        for number, note in enumerate(one.notes)
    ]
    if rows:
        connection.execute(insert(notes), rows)


def apply_decisions(connection: Connection, document_ids: Sequence[str], declared: bool = True) -> None:
    """Put confirmed dates into the documents' rows; `declared`: what stands there is what the documents say."""
    which = (decisions.c.document_id.in_(list(document_ids)), decisions.c.state == "confirmed")
    rows = connection.execute(select(decisions).where(*which).order_by(decisions.c.decided_at, decisions.c.id)).all()
    said: dict[tuple[str, str], str | None] = {}
    for row in rows:
        if declared:
            key = (row.document_id, row.field)
            if key not in said:
                query = select(documents.c[row.field]).where(documents.c.id == row.document_id)
                said[key] = connection.execute(query).scalar()
            connection.execute(update(decisions).where(decisions.c.id == row.id).values(before=said[key]))
        values = {row.field: row.value}
        connection.execute(update(documents).where(documents.c.id == row.document_id).values(values))


def _row(suggestion: Suggestion, state: str, by: str, before: str | None) -> Mapping[str, object]:
    names = ("id", "document_id", "field", "value", "reason", "quote", "place", "other")
    return {name: getattr(suggestion, name) for name in names} | {
        "state": state,
        "decided_by": by,
        "decided_at": now_text(),
        "before": before,
    }


def _suggestion(row: Any) -> Suggestion:
    return Suggestion(
        id=row.id,
        document_id=row.document_id,
        path=row.path,
        title=row.title,
        field=row.field,
        value=row.value,
        reason=row.reason,
        quote=row.quote,
        place=row.place,
        other=row.other,
        state=cast(SuggestionState, row.state),
        decided_by=row.decided_by,
    )
