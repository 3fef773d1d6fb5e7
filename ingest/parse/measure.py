"""How well files are read: a manifest says what must come of each file, this says what came. For `zhiwen eval parse`.

A file is right when it ends as expected and everything that must stand in its text does. White space, the bars of
tables and the commas of CSV are folded away first: they are how a cell is drawn, not what it says.
"""

from __future__ import annotations

import json
import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from adapters.errors import BadInput, EmptyFile, UnreadableFile
from adapters.records import Document

Parse = Callable[[Path], Document]
_RULES = re.compile(r"\|(?:\s*-{3,}\s*\|)+")
_DRAWN = re.compile(r"[\s|,*#`\\]+")


@dataclass(frozen=True)
class Record:
    """What came of one file; `right` is the outcome and every expected string."""

    file: str
    format: str
    outcome: str
    expected: str
    right: bool
    missing: list[str] = field(default_factory=list)
    reason: str = ""
    seconds: float = 0.0
    needs_ocr: bool = False
    warnings: list[str] = field(default_factory=list)


def measure(manifest: Path, parse: Parse) -> dict[str, Any]:
    """Return the figures of `zhiwen eval parse` for a manifest (JSON lines). Raises BadInput when it cannot be read."""
    entries = _entries(manifest)
    records = [_record(entry, manifest.parent, parse) for entry in entries]
    wanted = sum(len(entry.get("expect", [])) for entry in entries if entry.get("outcome", "parse") == "parse")
    missing = sum(len(record.missing) for record in records)
    rejected = [record for record in records if record.outcome != "parse"]
    seconds = sorted(record.seconds for record in records)
    by_format: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        by_format[record.format].append(record)
    return {
        "n": len(records),
        "right": _share(record.right for record in records),
        "outcome_right": _share(record.outcome == record.expected for record in records),
        "expect_found": 1.0 if wanted == 0 else round(1 - missing / wanted, 4),
        "rejected_with_reason": _share(bool(record.reason) for record in rejected),
        "by_format": {
            name: {"n": len(group), "right": _share(record.right for record in group)}
            for name, group in sorted(by_format.items())
        },
        "seconds_p95": seconds[min(len(seconds) - 1, int(len(seconds) * 0.95))] if seconds else 0.0,
        "seconds_total": round(sum(seconds), 2),
        "records": [asdict(record) for record in records],
    }


def _entries(manifest: Path) -> list[dict[str, Any]]:
    try:
        lines = manifest.read_text(encoding="utf-8").splitlines()
        entries = [json.loads(line) for line in lines if line.strip()]
    except (OSError, ValueError) as cause:
        raise BadInput(f"The manifest {manifest} cannot be read: {cause}. It needs one JSON object a line.") from cause
    if not all(isinstance(entry, dict) and isinstance(entry.get("file"), str) for entry in entries):
        raise BadInput(f'Every line of {manifest} needs at least {{"file": "..."}}.')
    return entries


def _record(entry: dict[str, Any], folder: Path, parse: Parse) -> Record:
    begun = time.perf_counter()
    expected = str(entry.get("outcome", "parse"))
    name, format = str(entry["file"]), str(entry.get("format", Path(entry["file"]).suffix.lstrip(".")))
    ocr = bool(entry.get("ocr", False))
    wanted = [str(text) for text in entry.get("expect", [])]
    try:
        document = parse(folder / name)
    except UnreadableFile as problem:
        outcome = "empty" if isinstance(problem, EmptyFile) else "reject"
        seconds = round(time.perf_counter() - begun, 3)
        missing = wanted if expected == "parse" else []
        return Record(name, format, outcome, expected, outcome == expected, missing, str(problem), seconds, ocr)
    seconds = round(time.perf_counter() - begun, 3)
    text = folded(document.text)
    missing = [] if expected != "parse" else [said for said in wanted if folded(said) not in text]
    right = expected == "parse" and not missing
    return Record(name, format, "parse", expected, right, missing, "", seconds, ocr, list(document.warnings))


def folded(text: str) -> str:
    """Return text without white space and without the marks that draw tables and emphasis."""
    return _DRAWN.sub("", _RULES.sub("", text))


def _share(flags: Iterable[bool]) -> float:
    values = list(flags)
    return round(sum(values) / len(values), 4) if values else 1.0
