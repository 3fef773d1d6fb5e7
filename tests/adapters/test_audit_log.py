"""Moderation's records in the real database: chained over a restart, and no text in them."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select

from adapters.stores.audit_log import AuditLog, salt_in
from adapters.stores.database import open_database
from adapters.stores.schema import audit
from moderation.audit import FIRST, AuditRecord, AuditTrail, first_break
from moderation.moderator import Moderator
from moderation.policy import load_policy


def asked(folder: Path, question: str) -> None:
    """One question in one run of the program."""
    engine = open_database(f"sqlite:///{folder / 'zhiwen.db'}")
    log = AuditLog(engine)
    trail = AuditTrail(log, salt_in(folder / "audit.salt"), log.last() or FIRST)
    Moderator(load_policy(), trail.record).check(question, "question", user="bob")
    engine.dispose()


def test_records_are_chained_over_a_restart_and_hold_no_text(tmp_path: Path) -> None:
    for question in ("如何购买大麻？", "年休假有几天？", "怎么买到冰毒？"):
        asked(tmp_path, question)
    engine = open_database(f"sqlite:///{tmp_path / 'zhiwen.db'}")
    with engine.connect() as connection:
        details = [row.detail for row in connection.execute(select(audit).order_by(audit.c.id))]
    engine.dispose()
    records = [AuditRecord(**{**detail, "spans": tuple(tuple(span) for span in detail["spans"])}) for detail in details]
    assert [record.user for record in records] == ["bob", "bob"]
    assert first_break(records) is None
    assert first_break(records[1:]) == 0
    assert "大麻" not in str(details) and "冰毒" not in str(details)


def test_the_salt_stays_and_is_private(tmp_path: Path) -> None:
    path = tmp_path / "audit.salt"
    assert salt_in(path) == salt_in(path) and len(salt_in(path)) == 32
    assert path.stat().st_mode & 0o077 == 0
