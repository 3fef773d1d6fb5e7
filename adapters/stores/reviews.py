"""Keeps what a person should look at: a text waits in plain words only until somebody has decided about it.

A decision takes the text out of the row in the same transaction; so does the sweep of what nobody decided in time.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Engine, insert, select, update

from adapters.stores.schema import reviews


class ReviewQueue:
    """Rows of `reviews` as mappings of their columns."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, item: Mapping[str, Any]) -> int:
        """Keep an item; return its number."""
        with self._engine.begin() as connection:
            values = insert(reviews).values(state="pending", **item).returning(reviews.c.id)
            return int(connection.execute(values).scalar_one())

    def pending(self) -> list[Mapping[str, Any]]:
        """Return what waits, oldest first."""
        with self._engine.connect() as connection:
            rows = connection.execute(select(reviews).where(reviews.c.state == "pending").order_by(reviews.c.id))
            return [dict(row) for row in rows.mappings()]

    def decide(self, number: int, state: str, reviewer: str, at: str) -> Mapping[str, Any] | None:
        """Write the decision and take the text out; return the item as it waited, None when it does not wait."""
        with self._engine.begin() as connection:
            waiting = (reviews.c.id == number) & (reviews.c.state == "pending")
            row = connection.execute(select(reviews).where(waiting)).mappings().first()
            if row is None:
                return None
            values = {"state": state, "decided_by": reviewer, "decided_at": at, "text": ""}
            done = connection.execute(update(reviews).where(waiting).values(values))
            return dict(row) if done.rowcount else None

    def expire(self, before: str) -> int:
        """Take the text out of what has waited since before that time; return how many there were."""
        with self._engine.begin() as connection:
            old = (reviews.c.state == "pending") & (reviews.c.created_at < before)
            return connection.execute(update(reviews).where(old).values(state="expired", text="")).rowcount
