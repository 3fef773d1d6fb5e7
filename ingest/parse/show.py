"""Pages of original PDF files, drawn in a child process with limits: a hostile file costs its child, never the page."""

from __future__ import annotations

import json
import sys
import threading
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

from adapters.errors import UnreadableFile
from adapters.records import Box
from ingest.parse.pdf_show import PageShown
from ingest.parse.worker import Child

COMMAND = (sys.executable, "-m", "ingest.parse.show_child")
SECONDS, MEMORY_MB = 20.0, 1024
JOBS_PER_CHILD = 500
# Largest answer: a picture of one page.
LARGEST_ANSWER = 40_000_000
PICTURES_KEPT = 24


class Viewer:
    """Draws pages, one at a time, and keeps the last pictures. Safe to use from several threads."""

    def __init__(self) -> None:
        self._child: Child | None = None
        self._lock = threading.Lock()
        self._pictures: OrderedDict[tuple[str, int, int], bytes] = OrderedDict()

    def page(
        self, path: Path, sha256: str, passage: str = "", number: int | None = None, boxes: Sequence[Box] = ()
    ) -> PageShown | None:
        """Return a page with the passage's place; None when the file is gone, changed, or cannot be drawn."""
        places = [[box.page, box.left, box.top, box.right, box.bottom] for box in boxes]
        answer = self._ask(path, sha256, what="page", passage=passage, page=number, boxes=places)
        if answer is None:
            return None
        told = json.loads(answer)
        return PageShown(
            pages=int(told["pages"]),
            page=int(told["page"]),
            width=float(told["width"]),
            height=float(told["height"]),
            marks=tuple((float(a), float(b), float(c), float(d)) for a, b, c, d in told["marks"]),
            lines=tuple((str(text), (float(a), float(b), float(c), float(d))) for text, (a, b, c, d) in told["lines"]),
        )

    def picture(self, path: Path, sha256: str, number: int, width: int) -> bytes | None:
        """Return a page as PNG; None as for `page`."""
        key = (sha256, number, width)
        with self._lock:
            if key in self._pictures:
                self._pictures.move_to_end(key)
                return self._pictures[key]
        answer = self._ask(path, sha256, what="picture", page=number, width=width)
        if answer is not None:
            with self._lock:
                self._pictures[key] = answer
                while len(self._pictures) > PICTURES_KEPT:
                    self._pictures.popitem(last=False)
        return answer

    def close(self) -> None:
        with self._lock:
            self._drop()

    def _ask(self, path: Path, sha256: str, **what: object) -> bytes | None:
        job = {"path": str(path), "sha256": sha256, "seconds": SECONDS, "memory_mb": MEMORY_MB, **what}
        with self._lock:
            if self._child is None or self._child.files >= JOBS_PER_CHILD:
                self._drop()
                self._child = Child(COMMAND)
            try:
                answer = self._child.ask(job, SECONDS, LARGEST_ANSWER)
            except UnreadableFile:
                self._drop()
                return None
            except BaseException:
                self._drop()
                raise
        return answer[1:] if answer[:1] in (b"P", b"J") else None

    def _drop(self) -> None:
        if self._child is not None:
            self._child.kill()
        self._child = None
