"""What a question is searched as: its text, the words searched besides, and its parts when it asks several things."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from app.several import is_comparison, several


@dataclass(frozen=True)
class Asked:
    """A question made ready.

    `added` are words of synonym lists that it does not say itself, `corrected` its unknown words with what they were
    probably meant to be; both are searched as words only, so that they cannot lead the meaning astray.
    """

    text: str
    parts: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    corrected: Mapping[str, str] = field(default_factory=dict)
    compares: bool = False

    @property
    def words(self) -> str:
        """The text that the lexical index is asked."""
        return " ".join((self.text, *self.added, *self.corrected.values()))


@dataclass(frozen=True)
class Understand:
    """Makes questions ready; each aid can be left out."""

    synonyms: Callable[[str], tuple[str, ...]] | None = None
    correct: Callable[[str], Mapping[str, str]] | None = None
    split: bool = True

    def __call__(self, question: str) -> Asked:
        parts = several(question) if self.split else (question,)
        return Asked(
            text=question,
            parts=parts if len(parts) > 1 else (),
            added=self.synonyms(question) if self.synonyms else (),
            corrected=self.correct(question) if self.correct else {},
            compares=len(parts) > 1 and is_comparison(question),
        )
