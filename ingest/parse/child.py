"""The parsing child: reads one job a line, parses within its limits, answers with one framed JSON message.

Run as `python -m ingest.parse.child` by `ingest.parse.worker`. Knows nothing of the program around it, and imports a
format's library when the first file of that format comes.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import traceback
import warnings
from typing import Any, BinaryIO

from adapters.errors import EmptyFile, NeedsOcr, UnreadableFile
from ingest.parse import parse
from ingest.parse.wire import dump

KINDS: dict[str, type[UnreadableFile]] = {"unreadable": UnreadableFile, "empty": EmptyFile, "ocr": NeedsOcr}


def main() -> None:
    """Serve jobs from standard input until it closes."""
    answers = os.fdopen(os.dup(1), "wb")
    # Whatever a library prints must not mix with the answers.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    warnings.simplefilter("ignore")
    for line in sys.stdin.buffer:
        job = json.loads(line)
        limit(memory_mb=job["memory_mb"], seconds=job["seconds"])
        send(answers, _answer(job))


def _answer(job: dict[str, Any]) -> bytes:
    try:
        document = parse(
            job["path"], max_bytes=job["max_bytes"], max_chars=job["max_chars"], recognise=job["recognise"]
        )
        return b"D" + dump(document)
    except UnreadableFile as problem:
        kind = next(name for name, error in reversed(KINDS.items()) if isinstance(problem, error))
        return b"E" + json.dumps({"kind": kind, "reason": str(problem)}).encode("ascii")
    except MemoryError:
        # The heap may be in pieces; the parent starts a fresh child.
        return b"M"
    except Exception:
        # The edge of this process: a defect in a reader must reach the parent's log, not end in silence.
        return b"X" + json.dumps({"trace": traceback.format_exc(limit=-12)}).encode("ascii")


def limit(*, memory_mb: int, seconds: float) -> None:
    """Bound address space, and processor time from now on; without the resource module the parent's clock remains."""
    try:
        import resource
    except ImportError:
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    with contextlib.suppress(ValueError, OSError):
        spent = int(used.ru_utime + used.ru_stime)
        resource.setrlimit(resource.RLIMIT_CPU, (spent + int(seconds) * 2 + 2, resource.RLIM_INFINITY))
        resource.setrlimit(resource.RLIMIT_AS, (memory_mb << 20, resource.RLIM_INFINITY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def send(answers: BinaryIO, message: bytes) -> None:
    """Write one framed answer."""
    answers.write(len(message).to_bytes(8, "big") + message)
    answers.flush()


if __name__ == "__main__":
    main()
