"""Dates that documents might be given: by their own words, by those of another, or because a newer edition is there.

A suggestion changes nothing until somebody confirms it. Open ones are worked out from the notes whenever they are asked
for, so they always fit what is stored now; only decisions are kept.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any, Protocol

from adapters.errors import BadInput
from adapters.records import Asker, Note, Suggestion, SuggestionState
from ingest.editions import edition_of, family_of

VALIDITY = ("effective_from", "effective_to", "replaces")


class Curation(Protocol):
    """Where notes and decisions are kept."""

    def named(self) -> list[dict[str, Any]]: ...

    def notes(self, kinds: Sequence[str] | None = None) -> list[tuple[str, Note]]: ...

    def decided(self) -> dict[str, Suggestion]: ...

    def decide(self, suggestion: Suggestion, state: SuggestionState, by: str) -> None: ...

    def readable_ids(self, document_ids: Sequence[str], asker: Asker) -> set[str]: ...


@dataclass(frozen=True)
class _Named:
    """A document by what it is called, and the days it has or says."""

    id: str
    base: str
    path: str
    title: str
    family: str
    edition: str
    said: Mapping[str, Note]
    modified: str
    effective_from: str | None
    effective_to: str | None

    @property
    def day(self) -> str:
        """The day of its edition, "" when it names a number or nothing; a year begins on its first day."""
        day = self.edition.removeprefix("d") if self.edition.startswith("d") else ""
        return f"{day}-01-01" if len(day) == 4 else day

    @property
    def begins(self) -> str:
        """The day it took effect, as far as is known: an amended act still says when it first did."""
        said = self.said["effective_from"].value if "effective_from" in self.said else ""
        known = self.effective_from or said
        return known if known and known[:4] >= self.day[:4] else self.day or known or self.modified


def suggestions(curation: Curation, state: SuggestionState | None = "open") -> list[Suggestion]:
    """Return the suggestions in one state (all when None), by path."""
    decided = curation.decided()
    found: dict[str, Suggestion] = {}
    for suggestion in _worked_out(_all_named(curation)):
        found.setdefault(suggestion.id, decided.get(suggestion.id, suggestion))
    known = found | decided
    chosen = [one for one in known.values() if state is None or one.state == state]
    return sorted(chosen, key=lambda one: (one.path, one.field, one.id))


def decide(curation: Curation, id: str, state: SuggestionState, by: str) -> Suggestion:
    """Confirm or reject a suggestion, or open it again; it counts at once. Raises BadInput when there is none."""
    known = [one for one in suggestions(curation, None) if one.id.startswith(id)] if id else []
    if len(known) != 1:
        raise BadInput(
            f"There {'is no suggestion' if not known else 'are several suggestions'} {id!r}; "
            "`zhiwen ingest --suggestions` lists them."
        )
    curation.decide(known[0], state, by)
    return replace(known[0], state=state, decided_by=by)


def newer_editions(curation: Curation, document_ids: Sequence[str], asker: Asker) -> list[tuple[str, str]]:
    """Return (title of a document, title of what seems its newer edition), as far as this asker may see both."""
    wanted = set(document_ids)
    open_ones = [one for one in suggestions(curation) if one.reason != "text" and one.document_id in wanted]
    visible = curation.readable_ids([one.other_id for one in open_ones], asker) if open_ones else set()
    return [
        (PurePosixPath(one.path).stem, PurePosixPath(one.other).stem) for one in open_ones if one.other_id in visible
    ]


def _all_named(curation: Curation) -> list[_Named]:
    said: dict[str, list[Note]] = defaultdict(list)
    for id, note in curation.notes(VALIDITY):
        said[id].append(note)
    found = []
    for row in curation.named():
        family, edition = edition_of(row["title"], row["path"]) or (family_of(row["title"]), "")
        modified = datetime.fromtimestamp(row["modified_ns"] / 1e9, UTC).date().isoformat()
        found.append(
            _Named(
                id=row["id"],
                base=row["knowledge_base"],
                path=row["path"],
                title=row["title"],
                family=family,
                edition=edition,
                said={
                    note.kind if note.kind != "replaces" else f"replaces {note.value}": note for note in said[row["id"]]
                },
                modified=modified,
                effective_from=row["effective_from"],
                effective_to=row["effective_to"],
            )
        )
    return found


def _worked_out(named: Sequence[_Named]) -> Iterator[Suggestion]:
    families: dict[tuple[str, str], list[_Named]] = defaultdict(list)
    for one in named:
        families[one.base, one.family].append(one)
    # 1) Editions of one thing, in one folder: the older ends where the next begins.
    for editions in families.values():
        yield from _editions(editions)
    for one in named:
        # 2) What a document says of itself.
        for field in ("effective_from", "effective_to"):
            note = one.said.get(field)
            if note and getattr(one, field) is None:
                yield _suggest(one, field, note.value, "text", note.quote, note.place)
        # 3) What it says of another one.
        for kind, note in one.said.items():
            if kind.startswith("replaces "):
                for other in families[one.base, family_of(note.value)]:
                    if other.id != one.id and _is_older(other, one):
                        yield _suggest(other, "effective_to", one.begins, "replaced", note.quote, note.place, one)


def _editions(editions: Sequence[_Named]) -> Iterator[Suggestion]:
    by_folder: dict[tuple[str, str], list[_Named]] = defaultdict(list)
    for one in editions:
        if one.edition:
            by_folder[str(PurePosixPath(one.path).parent), one.edition[:1]].append(one)
    for some in by_folder.values():
        some.sort(key=lambda one: one.edition)
        for older in some:
            newer = next((one for one in some if one.edition > older.edition), None)
            if newer:
                evidence = f"{PurePosixPath(older.path).name} < {PurePosixPath(newer.path).name}"
                yield _suggest(older, "effective_to", newer.begins, "edition", evidence, "", newer)


def _is_older(other: _Named, than: _Named) -> bool:
    """Whether a text that repeals a title can mean this document, and not a later one of the same name."""
    if other.family == than.family and other.edition >= than.edition:
        return False
    return not other.day or other.day < than.begins


def _suggest(
    one: _Named, field: str, value: str, reason: str, quote: str, place: str, other: _Named | None = None
) -> Suggestion:
    # Another's file may be written again without changing what was decided.
    key = "|".join((one.id, field, reason, value if reason == "text" else "", other.id if other else ""))
    return Suggestion(
        id=hashlib.sha256(key.encode()).hexdigest()[:10],
        document_id=one.id,
        path=one.path,
        title=one.title,
        field=field,
        value=value,
        reason=reason,
        quote=quote,
        place=place,
        other=other.path if other else "",
        other_id=other.id if other else "",
    )
