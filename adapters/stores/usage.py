"""Counts how many questions somebody asked on a day (UTC), so that a quota outlives a restart."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Engine, delete, insert, select, update

from adapters.stores.schema import usage

DAYS_KEPT = 40


class Usage:
    """Day counts on the engine given; `who` is a person or a key."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def count(self, who: str) -> int:
        """Count one more for today and return how many that makes."""
        day = datetime.now(UTC).date().isoformat()
        mine = (usage.c.who == who) & (usage.c.day == day)
        with self._engine.begin() as connection:
            more = update(usage).where(mine).values(count=usage.c.count + 1).returning(usage.c.count)
            if (found := connection.execute(more).scalar_one_or_none()) is not None:
                return int(found)
            connection.execute(insert(usage).values(who=who, day=day, count=1))
            old = select(usage.c.day).where(usage.c.who == who).order_by(usage.c.day.desc()).offset(DAYS_KEPT)
            connection.execute(delete(usage).where(usage.c.who == who, usage.c.day.in_(old)))
            return 1
