"""Copies of the files that answers cite, named by their content, so that a citation opens after the file has changed.

Bounded: beyond `most_bytes` the copies made first go first. With 0 nothing is copied.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Collection
from pathlib import Path

from adapters.errors import DataFolderBroken

_BUSY = ".part"


class KeptOriginals:
    """Files in one folder, each called by the SHA-256 of its bytes."""

    def __init__(self, folder: Path, most_bytes: int) -> None:
        self._folder = folder
        self._most_bytes = most_bytes
        self._lock = threading.Lock()

    def path(self, sha256: str) -> Path | None:
        """Return where the copy of these bytes is, None when there is none."""
        path = self._folder / sha256
        return path if path.is_file() else None

    def keep(self, sha256: str, source: Path) -> None:
        """Copy a file unless its copy is there or it is larger than all copies may be. Raises DataFolderBroken.

        Who asked for the bytes compares them with the hash when reading; a file that is gone is not copied.
        """
        if self.path(sha256) or not source.is_file() or source.stat().st_size > self._most_bytes:
            return
        with self._lock:
            try:
                self._folder.mkdir(parents=True, exist_ok=True)
                busy = self._folder / f"{sha256}{_BUSY}"
                shutil.copyfile(source, busy)
                busy.replace(self._folder / sha256)
            except OSError as cause:
                raise DataFolderBroken(
                    f"A cited file could not be copied to {self._folder} ({cause.strerror}). Free disk space, or set "
                    "`knowledge.originals_mb` to 0."
                ) from cause
            self._shrink()

    def prune(self, wanted: Callable[[], Collection[str]]) -> int:
        """Remove every copy that nothing cites any more; return how many that were."""
        with self._lock:
            hashes = wanted()
            gone = [path for path in self._files() if path.name not in hashes]
            for path in gone:
                path.unlink(missing_ok=True)
        return len(gone)

    def _files(self) -> list[Path]:
        return list(self._folder.iterdir()) if self._folder.is_dir() else []

    def _shrink(self) -> None:
        files = sorted(((path.stat(), path) for path in self._files()), key=lambda pair: pair[0].st_mtime_ns)
        total = sum(stat.st_size for stat, _ in files)
        for stat, path in files:
            if total <= self._most_bytes:
                return
            path.unlink(missing_ok=True)
            total -= stat.st_size
