"""Keeps who logged in and what administrators did, in order; nothing here changes or removes a line.

Each line's digest covers the digest before it, so that a line changed or taken out shows.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, insert, select, update

from adapters.stores.schema import acts


@dataclass(frozen=True)
class Act:
    """One line: who did what to what, and when (ISO, UTC)."""

    id: int
    created_at: str
    user: str
    act: str
    object: str
    detail: Mapping[str, Any]


class Acts:
    """Lines on the engine given; several processes may append at once."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def note(self, user: str, act: str, object: str = "", detail: Mapping[str, Any] | None = None) -> None:
        """Append one line. `detail` holds no secret."""
        line = {
            "created_at": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "user": user[:200],
            "act": act,
            "object": object[:300],
            "detail": dict(detail or {}),
        }
        with self._engine.begin() as connection:
            # Written first: from here on no other process can append between the line before and this one.
            id = connection.execute(insert(acts).values(line | {"digest": ""}).returning(acts.c.id)).scalar_one()
            before = select(acts.c.digest).where(acts.c.id < id).order_by(acts.c.id.desc()).limit(1)
            chained = _digest(connection.execute(before).scalar() or "", line)
            connection.execute(update(acts).where(acts.c.id == id).values(digest=chained))

    def recent(self, limit: int = 100, before: int | None = None, act: str = "") -> list[Act]:
        """Return lines, newest first, older than the id `before`; `act` keeps those that begin so."""
        query = select(acts).order_by(acts.c.id.desc()).limit(limit)
        if before is not None:
            query = query.where(acts.c.id < before)
        if act:
            query = query.where(acts.c.act.startswith(act, autoescape=True))
        with self._engine.connect() as connection:
            return [
                Act(row.id, row.created_at, row.user, row.act, row.object, row.detail)
                for row in connection.execute(query)
            ]

    def first_break(self) -> int | None:
        """Return the id of the first line that was changed or does not follow the one before; None when whole."""
        previous = ""
        with self._engine.connect() as connection:
            for row in connection.execute(select(acts).order_by(acts.c.id)):
                line = {name: getattr(row, name) for name in ("created_at", "user", "act", "object", "detail")}
                if row.digest != _digest(previous, line):
                    return int(row.id)
                previous = row.digest
        return None


def _digest(previous: str, line: Mapping[str, Any]) -> str:
    return hashlib.sha256((previous + json.dumps(line, sort_keys=True, ensure_ascii=False)).encode()).hexdigest()
