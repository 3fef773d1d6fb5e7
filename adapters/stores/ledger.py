"""The ledger over SQL: what was seen on disk, what became of it, and the queue of what is to be done.

Keeps `ports.Ledger`. State changes of a claimed file are conditional: a file that was noted anew since stays queued.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Select,
    and_,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.exc import OperationalError

from adapters.errors import DataFolderBroken
from adapters.records import DocumentState, Entry, Tally
from adapters.stores.knowledge import bump
from adapters.stores.schema import chunks, documents, facts, readers

# Well under SQLite's limit of 32,766 variables in one statement.
MANY = 5_000
_IN_HAND = ("parsing", "embedding")
# The program ended so often with this file in hand. Usually somebody stopped it, so the file is not given up at once.
SUSPECT_ENDS, MOST_ENDS = 3, 10
_ENDED = (
    f"The program ended {MOST_ENDS} times while it took this file in. Split the file or remove it; "
    "`zhiwen ingest --retry` tries again."
)
COLUMNS = (
    "id", "knowledge_base", "path", "source", "title", "format", "state", "reason", "size", "modified_ns",
    "content_hash", "current_version", "changed_ns", "device", "recipe", "access", "notice", "attempts",
    "next_try_at", "priority",
)  # fmt: skip


class SqlLedger:
    """`ports.Ledger` on the engine given."""

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

    # What is known

    def entries(self) -> list[Entry]:
        return self._entries(counted().order_by(documents.c.path))

    def lines(self, under: str | None = None) -> list[Entry]:
        query = select(*_columns())
        if under is not None:
            # "0" is the character after "/": everything below the folder, found by the index on source.
            below = and_(documents.c.source >= f"{under.rstrip('/')}/", documents.c.source < f"{under.rstrip('/')}0")
            query = query.where(or_(documents.c.source == under, below))
        return self._entries(query)

    def _entries(self, query: Select[Any]) -> list[Entry]:
        with self._engine.connect() as connection:
            return [Entry(**row._mapping) for row in connection.execute(query)]

    def note(self, entry: Entry, readers_: Sequence[str] = ("public",)) -> None:
        self.note_all([replace(entry, access="\n".join(sorted(set(readers_))))])

    def note_all(self, entries: Sequence[Entry]) -> None:
        if not entries:
            return
        ids = [entry.id for entry in entries]
        with self._write() as connection:
            before = _seen_by_readers(connection, ids)
            known = set(before)
            # Names move aside first, so that two files may swap theirs.
            aside = [{"_id": id, "path": f"\0{id}"} for id in ids if id in known]
            if aside:
                connection.execute(
                    update(documents).where(documents.c.id == bindparam("_id")).values(path=bindparam("path")), aside
                )
            rows = [_row(entry) for entry in _with_free_names(connection, entries)]
            if old := [{"_id": row["id"], **row} for row in rows if row["id"] in known]:
                values: dict[str, Any] = {name: bindparam(name) for name in rows[0] if name != "id"}
                connection.execute(update(documents).where(documents.c.id == bindparam("_id")).values(values), old)
            if new := [row for row in rows if row["id"] not in known]:
                connection.execute(insert(documents), new)
            for some in batches(ids):
                connection.execute(delete(readers).where(readers.c.document_id.in_(some)))
            allowed = [{"document_id": entry.id, "principal": name} for entry in entries for name in entry.readers]
            if allowed:
                connection.execute(insert(readers), allowed)
            if before != {id: seen for id, seen in _seen_by_readers(connection, ids).items() if id in known}:
                bump(connection)

    # The queue

    def claim(
        self, now: float, limit: int, largest: int | None = None, before: tuple[int, int] | None = None
    ) -> list[Entry]:
        table = documents.c
        query = select(*_columns()).where(table.state == "queued", table.next_try_at <= now)
        if largest is not None:
            query = query.where(table.size <= largest)
        if before is not None:
            more_urgent = or_(table.priority > before[0], and_(table.priority == before[0], table.size < before[1]))
            query = query.where(more_urgent)
        query = query.order_by(table.priority.desc(), table.size, table.modified_ns.desc()).limit(limit)
        found = self._entries(query)
        if found:
            with self._write() as connection:
                connection.execute(
                    update(documents).where(table.id.in_([entry.id for entry in found])).values(state="parsing")
                )
        return found

    def begin(self, document_id: str) -> bool:
        with self._write() as connection:
            done = connection.execute(
                update(documents)
                .where(documents.c.id == document_id, documents.c.state == "parsing")
                .values(state="embedding", attempts=documents.c.attempts + 1)
            )
        return bool(done.rowcount)

    def state(
        self,
        document_id: str,
        state: DocumentState,
        reason: str = "",
        next_try_at: float = 0.0,
        attempts: int | None = None,
    ) -> None:
        with self._write() as connection:
            connection.execute(
                update(documents)
                .where(documents.c.id == document_id, documents.c.state != "queued")
                .values(
                    state=state,
                    reason=reason,
                    next_try_at=next_try_at,
                    attempts=documents.c.attempts if attempts is None else attempts,
                    updated_at=now_text(),
                )
            )

    def recover(self) -> int:
        table = documents.c
        with self._write() as connection:
            connection.execute(
                update(documents)
                .where(table.state == "embedding", table.attempts >= MOST_ENDS)
                .values(state="failed", reason=_ENDED)
            )
            connection.execute(
                update(documents).where(table.state == "embedding", table.attempts >= SUSPECT_ENDS).values(priority=-1)
            )
            done = connection.execute(
                update(documents).where(table.state.in_(_IN_HAND)).values(state="queued", next_try_at=0.0)
            )
        return int(done.rowcount)

    def retry(self, document_ids: Sequence[str] | None = None) -> int:
        which: ColumnElement[bool] = documents.c.state.in_(("failed", "skipped", "needs-ocr"))
        # What waits for its next try is tried now as well.
        which = or_(which, and_(documents.c.state == "queued", documents.c.next_try_at > 0))
        if document_ids is not None:
            which = and_(which, documents.c.id.in_(list(document_ids)))
        values = {"state": "queued", "reason": "", "attempts": 0, "next_try_at": 0.0, "priority": 1}
        with self._write() as connection:
            done = connection.execute(update(documents).where(which).values(values))
        return int(done.rowcount)

    def tally(self, since: float) -> Tally:
        table = documents.c
        by_state = select(table.state, func.count(), func.sum(table.size)).group_by(table.state)
        lately = select(func.count(), func.sum(table.size), func.min(table.finished_at)).where(
            table.finished_at >= since
        )
        made = select(func.count()).select_from(chunks.join(documents)).where(table.finished_at >= since)
        with self._engine.connect() as connection:
            rows = connection.execute(by_state).all()
            finished, finished_bytes, first = connection.execute(lately).one()
            finished_chunks = connection.execute(made).scalar_one()
        states: Mapping[DocumentState, int] = {row[0]: row[1] for row in rows}
        left = sum(row[2] for row in rows if row[0] in ("queued", *_IN_HAND))
        return Tally(states, left, finished, finished_bytes or 0, finished_chunks, first)

    # Facts

    def fact(self, key: str) -> str | None:
        with self._engine.connect() as connection:
            return connection.execute(select(facts.c.value).where(facts.c.key == key)).scalar()

    def set_fact(self, key: str, value: str | None) -> None:
        with self._write() as connection:
            connection.execute(delete(facts).where(facts.c.key == key))
            if value is not None:
                connection.execute(insert(facts).values(key=key, value=value))


def counted() -> Select[Any]:
    """Select ledger lines with the number of chunks that answer."""
    count = (
        select(func.count())
        .select_from(chunks)
        .where(chunks.c.document_id == documents.c.id, chunks.c.version == documents.c.current_version)
        .scalar_subquery()
    )
    return select(*_columns(), count.label("chunks"))


def batches(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[start : start + MANY] for start in range(0, len(ids), MANY))


def now_text() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _columns() -> list[Any]:
    return [documents.c[name] for name in (*COLUMNS, "updated_at")]


def _row(entry: Entry) -> dict[str, object]:
    return {name: getattr(entry, name) for name in COLUMNS} | {"updated_at": now_text()}


def _seen_by_readers(connection: Connection, ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return what of each document's line shows in answers: who may read it and what it is called."""
    query = select(documents.c.id, documents.c.access, documents.c.path, documents.c.knowledge_base)
    found: dict[str, tuple[str, ...]] = {}
    for some in batches(ids):
        for row in connection.execute(query.where(documents.c.id.in_(some))):
            found[row.id] = (row.access, row.path, row.knowledge_base)
    return found


def _with_free_names(connection: Connection, entries: Sequence[Entry]) -> Iterator[Entry]:
    """Yield the entries, one whose name is taken by another file as "name (2).txt"."""
    taken: set[tuple[str, str]] = set()
    pairs = [(entry.knowledge_base, entry.path) for entry in entries]
    key = tuple_(documents.c.knowledge_base, documents.c.path)
    for start in range(0, len(pairs), MANY // 2):
        query = select(documents.c.knowledge_base, documents.c.path).where(key.in_(pairs[start : start + MANY // 2]))
        taken |= {(row[0], row[1]) for row in connection.execute(query)}
    for entry in entries:
        asked, number, free = PurePosixPath(entry.path), 1, entry
        while (free.knowledge_base, free.path) in taken or (number > 1 and _is_taken(connection, free)):
            number += 1
            free = replace(entry, path=str(asked.with_name(f"{asked.stem} ({number}){asked.suffix}")))
        taken.add((free.knowledge_base, free.path))
        yield free


def _is_taken(connection: Connection, entry: Entry) -> bool:
    query = select(documents.c.id).where(
        documents.c.knowledge_base == entry.knowledge_base, documents.c.path == entry.path
    )
    return connection.execute(query).first() is not None
