"""The showing child: draws pages of stored originals within limits, one framed answer a job.

Run as `python -m ingest.parse.show_child` by `ingest.parse.show`. A file is drawn only when its bytes have the SHA-256
that the stored version was read from.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import warnings
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pypdfium2

from adapters.errors import UnreadableFile
from ingest.parse.child import limit, send
from ingest.parse.pdf_show import picture, show


def main() -> None:
    """Serve jobs from standard input until it closes."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    warnings.simplefilter("ignore")
    for line in sys.stdin.buffer:
        job = json.loads(line)
        limit(memory_mb=job["memory_mb"], seconds=job["seconds"])
        send(answers, _answer(job))


def _answer(job: dict[str, Any]) -> bytes:
    try:
        data = Path(job["path"]).read_bytes()
        if hashlib.sha256(data).hexdigest() != job["sha256"]:
            return b"E" + b"changed"
        if job["what"] == "picture":
            return b"P" + picture(data, job["page"], job["width"])
        boxes = [(page, (left, top, right, bottom)) for page, left, top, right, bottom in job["boxes"]]
        return b"J" + json.dumps(asdict(show(data, job["passage"], job["page"], boxes))).encode("ascii")
    except (OSError, pypdfium2.PdfiumError, UnreadableFile, MemoryError) as problem:
        return b"E" + type(problem).__name__.encode("ascii")


if __name__ == "__main__":
    main()
