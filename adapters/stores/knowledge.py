"""The knowledge version: a number that changes with everything an answer could depend on, in the same transaction."""

from __future__ import annotations

from sqlalchemy import Connection, Integer, cast, insert, select, update

from adapters.stores.schema import facts

KEY = "knowledge.version"


def bump(connection: Connection) -> None:
    """Count one more change; call it inside the transaction that makes the change."""
    number = cast(cast(facts.c.value, Integer) + 1, facts.c.value.type)
    if not connection.execute(update(facts).where(facts.c.key == KEY).values(value=number)).rowcount:
        connection.execute(insert(facts).values(key=KEY, value="1"))


def knowledge_version(connection: Connection) -> int:
    """Return the number of changes so far."""
    return int(connection.execute(select(facts.c.value).where(facts.c.key == KEY)).scalar() or 0)
