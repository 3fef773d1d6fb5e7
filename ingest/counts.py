"""The counts that should agree, cheaply: one look at every file name, none into files or indexes.

What `ingest.doctor` says of the same moment is the same, unless an index is out of step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from adapters.ports import Ledger
from ingest.rules import RulesReader
from ingest.scan import Folder, walk


@dataclass(frozen=True)
class Counts:
    """Files on disk, documents of the watched folders, documents without their file, documents of other folders."""

    files: int
    documents: int
    orphans: int
    unwatched: int

    @property
    def agree(self) -> bool:
        return self.files == self.documents and not self.orphans

    @property
    def summary(self) -> str:
        """The line that `zhiwen doctor` prints."""
        return (
            f"{self.files} files on disk {'=' if self.files == self.documents else '≠'} {self.documents} documents, "
            + (f"{self.orphans} orphans")
        )


def count(folders: Sequence[Folder], ledger: Ledger) -> Counts:
    """Compare the names on disk with the ledger."""
    rules = RulesReader(ledger)
    there: set[str] = set()
    for folder in folders:
        others = [other.root for other in folders if other is not folder]
        if folder.root.is_dir():
            there |= {str(seen.source) for seen in walk(folder, rules, other_roots=others).seen}
    roots = [f"{folder.root}/" for folder in folders]
    sources = [entry.source for entry in ledger.lines()]
    known = [source for source in sources if any(source.startswith(root) for root in roots)]
    return Counts(
        files=len(there),
        documents=len(known),
        orphans=sum(source not in there for source in known),
        unwatched=len(sources) - len(known),
    )


def is_watched(source: str, folders: Sequence[Folder]) -> bool:
    """Say whether a watched folder holds this file."""
    return any(folder.root in Path(source).parents for folder in folders)
