"""Evidence of every verdict that was not a pass: no text, only a salted hash of it, offsets and rules, chained.

Each record's hash covers the hash of the record before it, so that changing, dropping or reordering records shows.
Where records are kept is the sink's business.
"""

from __future__ import annotations

import csv
import hashlib
import hmac
import io
import json
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any, Protocol

from moderation.moderator import Event

FIRST = "0" * 64  # what the first record of a chain follows
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class AuditRecord:
    """One verdict. `text_hash` is HMAC-SHA256 of the text with the installation's salt; `spans` are offsets in it."""

    time: str
    user: str
    channel: str
    surface: str
    policy_version: str
    category: str
    rule: str
    action: str
    text_hash: str
    text_length: int
    spans: tuple[tuple[int, int], ...]
    previous: str
    hash: str = ""


def from_fields(fields: Mapping[str, Any]) -> AuditRecord:
    """Return the record that was kept as JSON."""
    return AuditRecord(**{**fields, "spans": tuple((int(a), int(b)) for a, b in fields["spans"])})


class AuditSink(Protocol):
    """Keeps records in the order given; a record that cannot be kept must raise."""

    def append(self, record: AuditRecord) -> None: ...


class AuditTrail:
    """Turns events into chained records. Give it the hash of the last record kept, to go on after a restart."""

    def __init__(
        self,
        sink: AuditSink,
        salt: bytes,
        last: str = FIRST,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._sink, self._salt, self._last, self._now = sink, salt, last, now
        self._lock = threading.Lock()

    def record(self, event: Event) -> None:
        """Keep one record; pass this to `Moderator`. What the sink raises goes on to the caller."""
        verdict = event.verdict
        text_hash = hmac.new(self._salt, event.text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
        with self._lock:
            record = AuditRecord(
                time=self._now().isoformat(timespec="milliseconds"),
                user=event.user,
                channel=event.channel,
                surface=event.surface,
                policy_version=verdict.policy_version,
                category=verdict.category or "",
                rule=verdict.rule or "",
                action=verdict.action,
                text_hash=text_hash,
                text_length=len(event.text),
                spans=verdict.spans,
                previous=self._last,
            )
            record = replace(record, hash=record_hash(record))
            self._sink.append(record)
            self._last = record.hash


def record_hash(record: AuditRecord) -> str:
    """Return SHA-256 over every field of a record but its own hash."""
    fields = asdict(replace(record, hash=""))
    return hashlib.sha256(json.dumps(fields, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def first_break(records: Iterable[AuditRecord], last: str = FIRST) -> int | None:
    """Return the index of the first record that was changed or does not follow the one before; None when whole."""
    for index, record in enumerate(records):
        if record.previous != last or record.hash != record_hash(record):
            return index
        last = record.hash
    return None


def as_csv(records: Iterable[AuditRecord]) -> str:
    """Return records as CSV that no spreadsheet takes for formulas."""
    out = io.StringIO()
    names = list(AuditRecord.__dataclass_fields__)
    writer = csv.writer(out)
    writer.writerow(names)
    for record in records:
        writer.writerow([_safe(getattr(record, name)) for name in names])
    return out.getvalue()


def _safe(value: object) -> str:
    text = " ".join(f"{start}-{end}" for start, end in value) if isinstance(value, tuple) else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
