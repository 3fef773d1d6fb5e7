"""Keeps audit records in the document store's database, in the order given; nothing here changes or removes one."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, insert, select

from adapters.stores.schema import audit

SALT_BYTES = 32


class AuditLog:
    """Appends dataclass records that have `time`, `user` and `hash`; the hash of the last one goes on the chain."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def append(self, record: Any) -> None:
        values = {"created_at": record.time, "kind": "moderation", "user": record.user, "digest": record.hash}
        with self._engine.begin() as connection:
            connection.execute(insert(audit).values(values | {"detail": asdict(record)}))

    def details(self, since: str = "") -> Iterator[dict[str, Any]]:
        """Yield the fields of each record in the order they were kept, from an ISO time on."""
        with self._engine.connect() as connection:
            wanted = select(audit.c.detail).where(audit.c.kind == "moderation", audit.c.created_at >= since)
            for row in connection.execute(wanted.order_by(audit.c.id)):
                yield dict(row.detail)

    def last(self) -> str | None:
        """Return the hash of the newest record, None when there is none."""
        with self._engine.connect() as connection:
            return connection.execute(select(audit.c.digest).order_by(audit.c.id.desc()).limit(1)).scalar()


def salt_in(path: Path) -> bytes:
    """Return this installation's salt, made at first use and readable by its owner only."""
    if not path.exists():
        path.touch(mode=0o600)
        path.write_bytes(secrets.token_bytes(SALT_BYTES))
    return path.read_bytes()
