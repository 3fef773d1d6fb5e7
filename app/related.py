"""Passages that explain the ones found: the definition of a term that the question uses, a clause that they refer to.

A few at most: a small model reads little, and what the question did not ask for must earn its place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from adapters.records import Passage
from adapters.terms import fold

MOST = 2
# Only what the best passages refer to: the others may be about something else.
FROM = 2


class Relations(Protocol):
    """What documents say of their own words and of each other."""

    def cited(self, chunk_ids: Sequence[str]) -> list[tuple[str, str]]: ...

    def defined(self, document_ids: Sequence[str], text: str) -> list[tuple[str, str]]: ...


@dataclass(frozen=True)
class Explaining:
    """`app.search.Related` over the relations kept at ingest."""

    relations: Relations

    def __call__(self, question: str, passages: Sequence[Passage]) -> list[tuple[str, str]]:
        """Return (chunk id, why), at most MOST, of what explains the best passages and is not among them."""
        best = passages[:FROM]
        documents = list(dict.fromkeys(passage.chunk.document_id for passage in best))
        defined = [(id, f"defines {term}") for id, term in self.relations.defined(documents, fold(question))]
        cited = [(id, f"cited: {name}") for id, name in self.relations.cited([passage.chunk.id for passage in best])]
        present = {passage.chunk.id for passage in best}
        found: dict[str, str] = {}
        for id, why in [*defined[:1], *cited]:
            if id not in present:
                found.setdefault(id, why)
        return list(found.items())[:MOST]
