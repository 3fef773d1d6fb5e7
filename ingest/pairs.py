"""Pairs of questions and answers become chunks: one a wording, found by the wording, holding question and answer.

A wording is a chunk like any other, so what holds for chunks (replacing, rebuilding, access, validity) holds for it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace

from adapters.records import Bounds, Chunk, Document, Pair
from adapters.terms import fold, language
from ingest.clean import index_form

# Opens the index text of a wording: it is embedded as a question is. Parsers take this character out of every text.
ASKED = "\x02"


def wordings(document: Document, id_prefix: str, first: int) -> Iterator[Chunk]:
    """Yield a chunk for each wording of each pair; `first` is the ordinal of the first."""
    ordinal = first
    for pair in document.pairs:
        for wording in _distinct((pair.question, *pair.variants)):
            yield Chunk(
                id=f"{id_prefix}:{ordinal}",
                document_id=id_prefix.rsplit(":", 1)[0],
                ordinal=ordinal,
                text=document.text[pair.start : pair.answer_end],
                index_text=ASKED + index_form(wording),
                start=pair.start,
                end=pair.answer_end,
                parent_start=pair.start,
                parent_end=pair.end,
                language=language(wording),
                heading_path=(pair.question,),
                location=pair.location,
                kind="faq",
                bounds=pair.bounds,
            )
            ordinal += 1


def bounded(chunks: Sequence[Chunk], pairs: Sequence[Pair]) -> list[Chunk]:
    """Return the chunks with the bounds of the pair that each belongs to."""
    if all(pair.bounds == Bounds() for pair in pairs):
        return list(chunks)
    starts = [pair.start for pair in pairs]
    found = []
    for chunk in chunks:
        at = bisect_right(starts, max(chunk.start, chunk.end - 1)) - 1
        inside = at >= 0 and chunk.start < pairs[at].end
        found.append(replace(chunk, bounds=pairs[at].bounds) if inside else chunk)
    return found


def _distinct(questions: Sequence[str]) -> list[str]:
    return list({fold(question): question for question in reversed(questions)}.values())[::-1]
