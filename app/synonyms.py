"""Other words for what a question says: everyday speech against the words of policies, and each folder's own list.

A list is a text file, a line a rule: `a, b -> c d` searches c and d too when a or b is asked for; `a = b = c` holds in
every direction. A list is read again when it changes. It knows nothing of meaning: it looks words up.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from adapters.terms import fold

# Beside `.zhiwen.toml`: files whose names begin with a dot are no documents.
NAME = ".synonyms.txt"
EVERYDAY = Path(__file__).parent / "everyday_words.txt"
LARGEST = 262_144
# More words than this say less about the question than the question itself.
MOST = 8
_comma = re.compile(r"[,，、]")


@dataclass(frozen=True)
class Rule:
    """When one of `said` stands in a question, `meant` is searched too; all folded."""

    said: tuple[str, ...]
    meant: tuple[str, ...]


@dataclass
class Synonyms:
    """The rules of several files, read again when one changes (looked at with every question: a `stat` a file)."""

    files: Sequence[Path] = ()
    _read: dict[Path, tuple[tuple[int, int] | None, tuple[Rule, ...]]] = field(default_factory=dict)

    def expand(self, question: str) -> tuple[str, ...]:
        """Return the words that the rules add to the question, at most MOST, in the order of the files."""
        asked = fold(question)
        found: list[str] = []
        for rule in self._rules():
            if any(_says(asked, word) for word in rule.said):
                found += [word for word in rule.meant if not _says(asked, word)]
        return tuple(dict.fromkeys(found))[:MOST]

    @property
    def stamp(self) -> tuple[tuple[int, int] | None, ...]:
        """What the files look like now (size, time of change): while it stays, so do the rules."""
        return tuple(_seen(path) for path in self.files)

    def _rules(self) -> Iterable[Rule]:
        for path in self.files:
            yield from self._of(path)

    def _of(self, path: Path) -> tuple[Rule, ...]:
        seen = _seen(path)
        known = self._read.get(path)
        if known is None or known[0] != seen:
            known = (seen, _load(path) if seen and seen[0] <= LARGEST else ())
            self._read[path] = known
        return known[1]


def _seen(path: Path) -> tuple[int, int] | None:
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_size, stat.st_mtime_ns


def read_rules(text: str) -> tuple[Rule, ...]:
    """Return the rules of a list; a line that is none (no arrow, no equals sign) is left out."""
    found: list[Rule] = []
    for line in text.splitlines():
        if line.lstrip().startswith("#"):
            continue
        said, arrow, meant = line.partition("->")
        if arrow:
            found.append(Rule(_words(_comma.split(said)), _words(meant.split())))
        elif "=" in line:
            group = _words(line.split("="))
            found += [Rule((word,), tuple(other for other in group if other != word)) for word in group]
    return tuple(rule for rule in found if rule.said and rule.meant)


def _words(parts: Iterable[str]) -> tuple[str, ...]:
    return tuple(word for part in parts if (word := fold(part.strip())))


def _load(path: Path) -> tuple[Rule, ...]:
    try:
        return read_rules(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError):
        # Somebody is writing it, or saved it in another encoding: nothing is added, and nothing else breaks.
        return ()


def _says(text: str, word: str) -> bool:
    """True when the text holds the word; one in Latin letters only as a whole word."""
    if word.isascii():
        return re.search(rf"(?<![a-z0-9]){re.escape(word)}(?![a-z0-9])", text) is not None
    return word in text
