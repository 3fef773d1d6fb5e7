"""The bytes of one file on their way to a reader, with what is left of the limits that it shares with files inside it.

It knows no format; `ingest.parse.formats` finds the reader.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Protocol

from adapters.errors import UnreadableFile

MAX_DEPTH = 4
MAX_FILES = 2_000
MAX_UNPACKED = 400_000_000


@dataclass(frozen=True)
class Line:
    """One line of text recognised in a picture; the rectangle is in pixels from the top left."""

    text: str
    left: float
    top: float
    right: float
    bottom: float
    confidence: float


class Recogniser(Protocol):
    """Reads the text in a picture."""

    def lines(self, picture: bytes) -> Sequence[Line]: ...


@dataclass
class Budget:
    """What files inside files may still cost; shared by all levels of one outer file."""

    files: int = MAX_FILES
    unpacked: int = MAX_UNPACKED

    def take(self, size: int) -> None:
        """Raises UnreadableFile when the outer file holds too many files, or too much when unpacked."""
        self.files -= 1
        self.unpacked -= size
        if self.files < 0:
            raise UnreadableFile(f"It holds more than {MAX_FILES:,} files. Unpack it and add the folder instead.")
        if self.unpacked < 0:
            raise UnreadableFile(
                f"It would unpack to more than {MAX_UNPACKED // 1_000_000} MB. Unpack it and add what is needed."
            )


@dataclass(frozen=True)
class Source:
    """A file's bytes and name. `recogniser` is None when pictures cannot be read here."""

    data: bytes
    name: str
    depth: int = 0
    budget: Budget = field(default_factory=Budget)
    recogniser: Callable[[], Recogniser] | None = None

    @property
    def stem(self) -> str:
        return PurePosixPath(self.name).stem or self.name

    @property
    def extension(self) -> str:
        """Lower case, without the dot; "" when there is none."""
        return PurePosixPath(self.name).suffix.lower().removeprefix(".")

    def member(self, data: bytes, name: str) -> Source:
        """Return a file found inside this one. Raises UnreadableFile when nested too deep or too much in all."""
        if self.depth + 1 > MAX_DEPTH:
            raise UnreadableFile(
                f"Files are packed inside each other more than {MAX_DEPTH} times. Unpack the inner ones."
            )
        self.budget.take(len(data))
        return Source(data, name, self.depth + 1, self.budget, self.recogniser)
