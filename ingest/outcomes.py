"""What can become of a file: the values that ingesting yields."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Timings:
    """Seconds spent on one file's version; storing is shared by the files stored together, in equal parts."""

    parse: float = 0.0
    split: float = 0.0
    embed: float = 0.0
    store: float = 0.0


@dataclass(frozen=True)
class Added:
    """A file's new version answers now. `embedded` of its `chunks` were new to the embedder."""

    path: str
    chunks: int
    embedded: int
    timings: Timings = field(default=Timings(), compare=False)


@dataclass(frozen=True)
class Unchanged:
    """Same bytes as stored; nothing was done beyond, perhaps, its readers or its time stamp."""

    path: str


@dataclass(frozen=True)
class Moved:
    """Same bytes under another name; its identity and its chunks were kept."""

    path: str
    before: str


@dataclass(frozen=True)
class Removed:
    """The file is gone from disk, and now from the store and the indexes."""

    path: str


@dataclass(frozen=True)
class Failed:
    """The file has no new version; an older one still answers. The reason says what its owner can do."""

    path: str
    reason: str


@dataclass(frozen=True)
class Skipped:
    """There is nothing to take in, and the reason why."""

    path: str
    reason: str


@dataclass(frozen=True)
class Waiting:
    """Something that may pass went wrong; the file is tried again by itself at `next_try_at` (Unix time)."""

    path: str
    reason: str
    next_try_at: float


@dataclass(frozen=True)
class Held:
    """A watched folder, or a part of it, looks lost rather than emptied: nothing was removed. `path` is the folder."""

    path: str
    reason: str


Outcome = Added | Unchanged | Moved | Removed | Failed | Skipped | Waiting | Held
