"""What of a document's text may be used and shown, character by character, so that spans in the original still fit.

A masked character becomes the mask, one that a reader does not see becomes nothing. Decides nothing itself.
"""

from __future__ import annotations

from dataclasses import dataclass

from moderation.hidden import unseen
from moderation.verdict import MASK, Verdict


@dataclass(frozen=True)
class Shown:
    """`cells[i]` is what stands for the i-th character of the original."""

    cells: tuple[str, ...]

    def __str__(self) -> str:
        return "".join(self.cells)

    def part(self, start: int, end: int) -> str:
        """Return what stands for original[start:end]."""
        return "".join(self.cells[start:end])

    def place(self, index: int) -> int:
        """Return where the original's index lies in the shown text."""
        return sum(map(len, self.cells[:index]))


def shown(text: str, verdict: Verdict) -> Shown:
    """Return what a verdict that does not block lets through of its text."""
    cells = list(text)
    for start, end in verdict.masked:
        cells[start:end] = [MASK, *[""] * (end - start - 1)]
    for start, end in unseen(text):
        cells[start:end] = [""] * (end - start)
    return Shown(tuple(cells))
