"""Correct or disable a passage of a document that answers: one new version, made from what was read before.

No file is read and only the corrected passage is embedded. The order of writing is that of `ingest.pipeline`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from adapters.errors import BadInput
from adapters.ports import NewVersion
from adapters.records import Chunk, Correction, Document, Entry, Reading
from ingest.amend import amend, renumbered
from ingest.clean import visible
from ingest.pipeline import Parts, embed, enter_indexes, leave_indexes

LONGEST = 8_000
_BUSY = "This file is being read just now. Wait until it is ready, then correct it."


def correct(document_id: str, original_hash: str, parts: Parts, *, text: str | None, by: str, at: str) -> None:
    """Let the passage say `text` from now on, None for what the file says; whether it is disabled stays as it is.

    Raises BadInput when the text is empty or too long, the passage is not there, or the file is being read.
    """
    text = None if text is None else visible(text).strip()
    if text is not None and not text:
        raise BadInput("The corrected text is empty. Disable the passage if it should not be found.")
    if text is not None and len(text) > LONGEST:
        raise BadInput(f"The corrected text has {len(text)} characters; {LONGEST} are allowed.")
    _change(document_id, original_hash, parts, lambda old: replace(old, text=text, by=by, at=at))


def set_disabled(document_id: str, original_hash: str, parts: Parts, *, disabled: bool, by: str, at: str) -> None:
    """Let nobody find the passage, or let it be found again. Raises BadInput as `correct` does."""
    _change(document_id, original_hash, parts, lambda old: replace(old, disabled=disabled, by=by, at=at))


def _change(document_id: str, original_hash: str, parts: Parts, decide: Callable[[Correction], Correction]) -> None:
    with parts.writing:
        found = parts.library.answering(document_id)
        if found is None:
            raise BadInput("This document is not there any more.")
        entry, document, before = found
        chunk = next((one for one in before.chunks if parts.hash_text(one.text) == original_hash), None)
        if chunk is None:
            raise BadInput("The file has changed here, and this passage is not in it any more. Look at it again.")
        others = parts.library.corrections(document_id)
        known = next((one for one in others if one.original_hash == original_hash), None)
        correction = decide(known or _undecided(document_id, original_hash, chunk))
        if correction.text == chunk.text:
            correction = replace(correction, text=None)
        new = _version(entry, document, before, [*(one for one in others if one is not known), correction], parts)
        enter_indexes([new], parts)
        stale = parts.library.amend(new, correction, parts.embedder.id)
        if stale is None:
            leave_indexes([chunk.id for chunk in new.chunks], parts)
            raise BadInput(_BUSY)
        leave_indexes(stale, parts)


def _undecided(document_id: str, original_hash: str, chunk: Chunk) -> Correction:
    return Correction(document_id, original_hash, chunk.text, None, False, "", "", chunk.ordinal, chunk.heading_path)


def _version(
    entry: Entry, document: Document, before: Reading, corrections: list[Correction], parts: Parts
) -> NewVersion:
    version = parts.library.next_version(entry.id)
    outcome = amend(before, corrections, parts.hash_text)
    text, chunks = (outcome.text, outcome.chunks) if outcome else (before.text, before.chunks)
    chunks = renumbered(chunks, entry.id, version)
    vectors, _ = embed([chunk.index_text for chunk in chunks], parts)
    return NewVersion(
        entry=entry,
        version=version,
        document=replace(document, text=text),
        chunks=chunks,
        vectors=vectors,
        before=before if outcome else None,
        amended=outcome.amended if outcome else (),
        places=outcome.places if outcome else before.places,
    )
