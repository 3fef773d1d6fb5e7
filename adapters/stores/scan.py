"""Compare a vector with everything one person may read: an exact scan that no filter makes slower or less complete.

The vectors stay in memory in half precision, as they are stored, and follow the store by document. They are read at the
first scan; until somebody may read so little that the index finds too few, there is none.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Engine, select

from adapters.ports import Vectors
from adapters.stores.schema import chunks, documents

BATCH = 500
BLOCK = 8_192
# Rows of documents that are gone are left lying until they are this share of all.
WASTE = 0.3


class VectorScan:
    """Every chunk's vector by document. Safe to use from several threads."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._version = -1
        self._clear()

    def _clear(self) -> None:
        self._ids: list[str] = []
        # A document's number changes with its version, so that rows of an old one are never chosen.
        self._numbers: dict[str, tuple[int, int]] = {}
        self._next = 0
        self._owners: NDArray[np.int32] = np.zeros(0, np.int32)
        self._rows: NDArray[np.float16] = np.zeros((0, 0), np.float16)
        self._used = 0
        self._dead = 0

    def nearest(self, vector: Vectors, allowed: Mapping[str, int], k: int, version: int) -> dict[str, float]:
        """Return the cosines of the k best chunks among the documents allowed (id -> version that answers).

        `version` is the knowledge version that `allowed` was read at.
        """
        with self._lock:
            if version != self._version:
                self._follow()
                self._version = version
            ids, owners, rows = self._ids, self._owners[: self._used], self._rows
            open_ = np.zeros(self._next, bool)
            for id, current in allowed.items():
                known = self._numbers.get(id)
                if known is not None and known[1] == current:
                    open_[known[0]] = True
        chosen = np.flatnonzero(open_[owners]) if len(owners) else np.zeros(0, np.int64)
        if not len(chosen):
            return {}
        scores = np.concatenate(
            [rows[chosen[at : at + BLOCK]].astype(np.float32) @ vector for at in range(0, len(chosen), BLOCK)]
        )
        best = np.argpartition(-scores, k - 1)[:k] if len(scores) > k else np.arange(len(scores))
        return {ids[chosen[at]]: float(scores[at]) for at in best[np.argsort(-scores[best], kind="stable")]}

    def _follow(self) -> None:
        """Take in what changed in the store since the last scan."""
        query = select(documents.c.id, documents.c.current_version).where(documents.c.current_version.is_not(None))
        with self._engine.connect() as connection:
            current: dict[str, int] = {row.id: row.current_version for row in connection.execute(query)}
        gone = [id for id, (_, version) in self._numbers.items() if current.get(id) != version]
        if gone:
            lost = {self._numbers.pop(id)[0] for id in gone}
            self._dead += int(np.isin(self._owners[: self._used], list(lost)).sum())
        if self._dead > WASTE * max(self._used, 1):
            self._clear()
        new = [id for id in current if id not in self._numbers]
        for start in range(0, len(new), BATCH):
            self._take(new[start : start + BATCH], current)

    def _take(self, some: list[str], current: Mapping[str, int]) -> None:
        query = select(chunks.c.id, chunks.c.document_id, chunks.c.version, chunks.c.vector)
        with self._engine.connect() as connection:
            found = list(connection.execute(query.where(chunks.c.document_id.in_(some))))
        for id in some:
            self._numbers[id] = (self._next, current[id])
            self._next += 1
        rows = [row for row in found if row.version == current[row.document_id]]
        if not rows:
            return
        width = len(rows[0].vector) // 2
        self._grow(len(rows), width)
        at = self._used
        self._rows[at : at + len(rows)] = np.frombuffer(b"".join(row.vector for row in rows), np.float16).reshape(
            len(rows), width
        )
        self._owners[at : at + len(rows)] = [self._numbers[row.document_id][0] for row in rows]
        self._ids += [row.id for row in rows]
        self._used += len(rows)

    def _grow(self, count: int, width: int) -> None:
        if self._used + count <= len(self._owners):
            return
        room = max(2 * len(self._owners), self._used + count, 1_024)
        rows, owners = np.zeros((room, width), np.float16), np.zeros(room, np.int32)
        if self._used:
            rows[: self._used], owners[: self._used] = self._rows[: self._used], self._owners[: self._used]
        self._rows, self._owners = rows, owners
