"""Originals of stored versions, for whoever may read them: the file while it is unchanged, else the copy kept of it.

Every question here names an asker, and the store decides; "gone" and "not yours" are both None.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from adapters.errors import DataFolderBroken
from adapters.ports import Library
from adapters.records import Asker, Citation, StoredText
from app.places import boxes_of
from ingest.parse.pdf_show import PageShown
from ingest.parse.show import Viewer

WIDTHS = (900, 1_600, 2_400)
log = logging.getLogger(__name__)


class Kept(Protocol):
    """Where copies of cited files are."""

    def path(self, sha256: str) -> Path | None: ...

    def keep(self, sha256: str, source: Path) -> None: ...

    def prune(self, wanted: Callable[[], Collection[str]]) -> int: ...


@dataclass(frozen=True)
class Originals:
    """`cited_hashes` names the contents that kept answers cite."""

    library: Library
    viewer: Viewer
    kept: Kept
    cited_hashes: Callable[[], Collection[str]]

    def read(self, asker: Asker, document_id: str, version: int) -> tuple[str, bytes] | None:
        """Return (file name, bytes) of a version as it was read."""
        stored = self.library.version_text(document_id, version, asker)
        for path in self._files(stored):
            try:
                content = path.read_bytes()
            except OSError:
                continue
            if stored and hashlib.sha256(content).hexdigest() == stored.content_hash:
                return Path(stored.path).name, content
        return None

    def page(
        self, asker: Asker, document_id: str, version: int, start: int, end: int, number: int | None
    ) -> PageShown | None:
        """Return a page of a PDF with the span's place on it; without a number the page where the span begins."""
        stored = self.library.version_text(document_id, version, asker)
        if stored is None or stored.format != "pdf":
            return None
        boxes = boxes_of(stored.places, start, end) if end > start else []
        for path in self._files(stored):
            found = self.viewer.page(path, stored.content_hash, stored.text[start:end], number, boxes)
            if found is not None:
                return found
        return None

    def picture(self, asker: Asker, document_id: str, version: int, number: int, width: int) -> bytes | None:
        """Return a page of a PDF as PNG."""
        stored = self.library.version_text(document_id, version, asker)
        if stored is None or stored.format != "pdf":
            return None
        for path in self._files(stored):
            width = min(WIDTHS, key=lambda known: abs(known - width))
            if (found := self.viewer.picture(path, stored.content_hash, number, width)) is not None:
                return found
        return None

    def keep(self, asker: Asker, citations: Sequence[Citation]) -> None:
        """Copy the files that an answer cites, and drop copies that none cites any more."""
        for document_id, version in dict.fromkeys((one.document_id, one.version) for one in citations):
            stored = self.library.version_text(document_id, version, asker)
            if stored is None:
                continue
            try:
                self.kept.keep(stored.content_hash, Path(stored.source))
            except DataFolderBroken as problem:
                # The answer stands without the copy: its text is in the store.
                log.warning("%s", problem)
        if citations:
            self.kept.prune(self.cited_hashes)

    def _files(self, stored: StoredText | None) -> Iterator[Path]:
        if stored is not None:
            yield Path(stored.source)
            if copy := self.kept.path(stored.content_hash):
                yield copy
