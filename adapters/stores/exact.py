"""A vector index without an engine: every vector in memory, each question compared with all of them.

Nothing is approximate, nothing lies on disk, and no row is ever left behind: `tend` fills it from the store at each
start. At 100,000 vectors of 384 numbers it takes 154 MB and about 20 ms a question on two cores; beyond that an engine
with a graph is quicker.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence

import numpy as np

from adapters.ports import Vectors

# Rows the matrix has room for at first; doubled when full.
ROOM = 1_024


class ExactVectors:
    """`ports.VectorIndex` in memory. Safe to search while another thread writes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rows: dict[str, int] = {}
        self._ids: list[str] = []
        self._matrix: Vectors = np.zeros((0, 0), np.float32)

    def add(self, ids: Sequence[str], vectors: Vectors) -> None:
        if not len(ids):
            return
        with self._lock:
            for id, vector in zip(ids, vectors, strict=True):
                row = self._rows.get(id)
                if row is None:
                    row = self._rows[id] = len(self._ids)
                    self._ids.append(id)
                    self._make_room(len(self._ids), len(vector))
                self._matrix[row] = vector

    def remove(self, ids: Sequence[str]) -> None:
        with self._lock:
            for id in ids:
                row = self._rows.pop(id, None)
                if row is None:
                    continue
                # The last row moves into the gap, so that the rows in use stay together.
                last = self._ids.pop()
                if last != id:
                    self._matrix[row] = self._matrix[len(self._ids)]
                    self._ids[row], self._rows[last] = last, row

    def nearest(self, vector: Vectors, k: int) -> list[str]:
        with self._lock:
            if not self._ids or k < 1:
                return []
            scores = self._matrix[: len(self._ids)] @ vector
            count = min(k, len(scores))
            best = np.argpartition(-scores, count - 1)[:count]
            return [self._ids[row] for row in best[np.argsort(-scores[best], kind="stable")]]

    def ids(self) -> set[str]:
        with self._lock:
            return set(self._rows)

    def clear(self) -> None:
        with self._lock:
            self._rows, self._ids, self._matrix = {}, [], np.zeros((0, 0), np.float32)

    def compact(self, rows: Iterable[tuple[Sequence[str], Vectors]]) -> bool:
        """There is nothing to give back."""
        return False

    def _make_room(self, rows: int, dimensions: int) -> None:
        if rows > len(self._matrix):
            larger = np.zeros((max(ROOM, 2 * len(self._matrix)), dimensions), np.float32)
            if rows > 1:
                larger[: rows - 1] = self._matrix[: rows - 1]
            self._matrix = larger
