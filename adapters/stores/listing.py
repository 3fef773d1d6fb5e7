"""Ledger lines for those who look after documents, filtered and cut into pages by the database.

Keeps `ports.Listing`. It changes nothing.
"""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import ColumnElement, Engine, Select, and_, func, or_, select, true

from adapters.records import Asker, DocumentState, Entry, Line, Lines, Wanted
from adapters.stores.ledger import counted
from adapters.stores.library import may_read
from adapters.stores.schema import corrections, documents

_ESCAPE = "\\"


class SqlListing:
    """`ports.Listing` on the engine given."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def find(self, wanted: Wanted, asker: Asker, limit: int, offset: int = 0) -> Lines:
        among = and_(_seen_by(asker), *_conditions(wanted))
        chosen = and_(among, documents.c.state.in_(wanted.states)) if wanted.states else among
        query = _lines(asker).where(chosen).order_by(documents.c.updated_at.desc(), documents.c.path)
        by_state = select(documents.c.state, func.count()).where(among).group_by(documents.c.state)
        with self._engine.connect() as connection:
            rows = connection.execute(query.limit(limit).offset(offset)).all()
            states = {cast(DocumentState, row[0]): int(row[1]) for row in connection.execute(by_state)}
        total = sum(count for state, count in states.items() if not wanted.states or state in wanted.states)
        return Lines(tuple(_line(row._mapping) for row in rows), total, states)

    def line(self, document_id: str, asker: Asker) -> Line | None:
        query = _lines(asker).where(documents.c.id == document_id, _seen_by(asker))
        with self._engine.connect() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else _line(row._mapping)


def _seen_by(asker: Asker) -> ColumnElement[bool]:
    return true() if asker.is_admin else may_read(asker)


def _lines(asker: Asker) -> Select[Any]:
    corrected = select(func.count()).select_from(corrections).where(corrections.c.document_id == documents.c.id)
    return counted().add_columns(
        documents.c.effective_from,
        documents.c.effective_to,
        corrected.scalar_subquery().label("corrections"),
        may_read(asker).label("readable"),
    )


def _line(row: Any) -> Line:
    own = ("effective_from", "effective_to", "corrections", "readable")
    entry = Entry(**{name: value for name, value in row.items() if name not in own})
    return Line(entry, row["effective_from"], row["effective_to"], row["corrections"], bool(row["readable"]))


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.folder:
        found.append(documents.c.path.like(f"{_plain(wanted.folder.rstrip('/'))}/%", escape=_ESCAPE))
    for word in wanted.words.split():
        like = f"%{_plain(word)}%"
        # LIKE knows no case outside ASCII; file names in two cases of another alphabet are rare enough.
        found.append(or_(documents.c.path.ilike(like, escape=_ESCAPE), documents.c.title.ilike(like, escape=_ESCAPE)))
    return found


def _plain(text: str) -> str:
    """Return the text with what LIKE gives a meaning to standing for itself."""
    return text.replace(_ESCAPE, _ESCAPE * 2).replace("%", _ESCAPE + "%").replace("_", _ESCAPE + "_")
