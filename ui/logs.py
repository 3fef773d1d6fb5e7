"""Log lines: plain for people or JSON for programs, with the request's number, without keys or passwords."""

from __future__ import annotations

import json
import logging
import re
import sys
from datetime import UTC, datetime
from typing import Literal, TextIO

_secrets = re.compile(r"zw_[0-9a-f]{12}_[\w-]+|(?i:(?:bearer|zhiwen_session=|password[=:]\s*))\s*[^\s,;'\"]+")


def set_up(level: str = "WARNING", shape: Literal["text", "json"] = "text", to: TextIO | None = None) -> None:
    """Send log lines to standard error; replaces what was set up before. One line a request comes at INFO."""
    handler = logging.StreamHandler(to or sys.stderr)
    handler.setFormatter(JsonLines() if shape == "json" else TextLines())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # They tell at INFO whom we talk to and with what; our own lines say enough.
    for name in ("httpx", "httpx2", "mcp", "chromadb", "alembic"):
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLevelName(level)))


def without_secrets(text: str) -> str:
    """Return text with keys, session cookies and passwords taken out."""
    return _secrets.sub("[secret]", text)


def _number() -> str:
    from ui.web.trace import request_id

    return request_id.get()


class TextLines(logging.Formatter):
    """`2026-11-22 10:00:00 INFO zhiwen.access [number] request part=/api/ask status=200`"""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s%(number)s %(message)s%(further)s")

    def format(self, record: logging.LogRecord) -> str:
        number = _number()
        record.number = f" [{number}]" if number else ""
        fields = getattr(record, "fields", {})
        record.further = "".join(f" {name}={value}" for name, value in fields.items())
        return without_secrets(super().format(record))


class JsonLines(logging.Formatter):
    """One JSON object a line: time, level, logger, message, request_id, and the record's fields."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if number := _number():
            line["request_id"] = number
        line |= getattr(record, "fields", {})
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return without_secrets(json.dumps(line, ensure_ascii=False, default=str))
