"""Documents and passages that say nearly the same, and blocks that many documents repeat. Shows; deletes nothing.

Texts are compared by their shingles, runs of four search terms (Broder, "On the resemblance and containment of
documents", 1997). Each keeps its smallest shingle hashes; two that share enough of them are compared whole, so what
is reported is exact and only what is looked at is estimated.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TypeVar
from zlib import crc32

from adapters.terms import fold, terms

SHINGLE = 4
# Smallest hashes kept of a document, and of a passage; of these a quarter must be shared to be looked at.
OF_DOCUMENT, OF_PASSAGE, SHARED = 96, 16, 0.25
ALIKE = 0.8
# A hash that so many texts share is boilerplate and makes no candidates.
COMMON = 40
LEAST_SHINGLES, LEAST_BLOCK = 8, 24
# A block is boilerplate when it stands in so many documents, or in this share of them.
REPEATED, REPEATED_SHARE = 5, 0.02
Key = TypeVar("Key", bound=Hashable)
_paragraphs = re.compile(r"\n\s*\n")


@dataclass(frozen=True)
class Stored:
    """A passage as it is stored: its document's id and path, its text, and where it stands."""

    id: str
    document_id: str
    path: str
    text: str
    place: str


@dataclass(frozen=True)
class Twins:
    """Two paths that are alike; `share` is the part of their shingles that both have (Jaccard), `texts` one of each."""

    left: str
    right: str
    share: float
    text: str = ""


@dataclass(frozen=True)
class Repeated:
    """A block that stands in many documents: how many, and some of them."""

    text: str
    documents: int
    examples: tuple[str, ...]


@dataclass(frozen=True)
class Duplicates:
    """What was found, the most alike first. Passages of documents that are twins are not told of again."""

    documents: tuple[Twins, ...]
    passages: tuple[Twins, ...]
    repeated: tuple[Repeated, ...]


def duplicates(stored: Iterable[Stored], alike: float = ALIKE) -> Duplicates:
    """Compare everything with everything; `alike` is the share from which two texts are twins."""
    passages = list(stored)
    paths = {one.document_id: one.path for one in passages}
    whole: dict[str, set[int]] = defaultdict(set)
    single: dict[int, set[int]] = {}
    for number, one in enumerate(passages):
        single[number] = shingles(one.text)
        whole[one.document_id] |= single[number]
    documents = [Twins(paths[a], paths[b], share) for a, b, share in near(whole, OF_DOCUMENT, alike)]
    twins = {(one.left, one.right) for one in documents} | {(one.right, one.left) for one in documents}
    alike_passages = [
        Twins(_where(passages[a]), _where(passages[b]), share, passages[a].text)
        for a, b, share in near(single, OF_PASSAGE, alike)
        if passages[a].document_id != passages[b].document_id and (passages[a].path, passages[b].path) not in twins
    ]
    return Duplicates(tuple(documents), tuple(alike_passages), tuple(_repeated(passages, len(paths))))


def near(sets: Mapping[Key, set[int]], kept: int, alike: float) -> list[tuple[Key, Key, float]]:
    """Return pairs whose Jaccard similarity is at least `alike`, highest first."""
    holders: dict[int, list[Key]] = defaultdict(list)
    for key, hashes in sets.items():
        if len(hashes) >= LEAST_SHINGLES:
            for value in sorted(hashes)[:kept]:
                holders[value].append(key)
    shared: Counter[tuple[Key, Key]] = Counter()
    for keys in holders.values():
        if 1 < len(keys) <= COMMON:
            shared.update(combinations(keys, 2))
    found = []
    for (a, b), count in shared.items():
        if count >= SHARED * min(kept, len(sets[a]), len(sets[b])):
            share = len(sets[a] & sets[b]) / len(sets[a] | sets[b])
            if share >= alike:
                found.append((a, b, round(share, 4)))
    return sorted(found, key=lambda pair: -pair[2])


def shingles(text: str) -> set[int]:
    """Return the hashes of every run of four terms."""
    found = [crc32(term.encode()) for term in terms(text)]
    return {hash(tuple(found[at : at + SHINGLE])) for at in range(len(found) - SHINGLE + 1)}


def _repeated(passages: Sequence[Stored], documents: int) -> Iterator[Repeated]:
    holding: dict[str, dict[str, str]] = defaultdict(dict)
    shown: dict[str, str] = {}
    for one in passages:
        for block in _paragraphs.split(one.text):
            bare = " ".join(block.split())
            if len(bare) >= LEAST_BLOCK:
                key = fold(bare)
                shown.setdefault(key, bare)
                holding[key][one.document_id] = one.path
    least = max(REPEATED, REPEATED_SHARE * documents)
    for key, held in sorted(holding.items(), key=lambda item: -len(item[1])):
        if len(held) >= least:
            yield Repeated(shown[key], len(held), tuple(sorted(held.values()))[:3])


def _where(passage: Stored) -> str:
    return f"{passage.path} ({passage.place})" if passage.place else passage.path
