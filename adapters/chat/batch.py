"""What an engine promises inside the model's process: many chats at once, one step at a time.

The process turns its own wheel (`step`), so an engine here needs no threads and no locks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from adapters.records import Limits, Message


@dataclass(frozen=True)
class Asked:
    """One chat as it arrives. With `words` it asks which of the two the answer would begin with, not for an answer."""

    id: int
    messages: tuple[Message, ...]
    adapter: str | None = None
    limits: Limits = Limits()
    words: tuple[str, str] | None = None


@dataclass(frozen=True)
class Heard:
    """What one step brought for one chat: a piece of text, its end, or why it failed.

    `leaning` is the log odds asked for; `usage` counts tokens ("prompt", "answer") at the end.
    """

    id: int
    text: str = ""
    ended: bool = False
    failure: Exception | None = None
    leaning: float | None = None
    usage: Mapping[str, int] = field(default_factory=dict)


class Batch(Protocol):
    """A chat engine that answers several chats in turns."""

    @property
    def name(self) -> str: ...

    @property
    def context_tokens(self) -> int: ...

    def load(self) -> None:
        """Do the heavy part once, and answer something so that the first chat finds it warm."""
        ...

    def begin(self, asked: Asked) -> None:
        """Take a chat. Raises EngineOverloaded (too long, too many), EngineUnavailable, BadInput (adapter)."""
        ...

    def step(self) -> list[Heard]:
        """Go on a little with every chat: well under a second, so that leaving is noticed."""
        ...

    def cancel(self, id: int) -> None:
        """Forget a chat; unknown ids are ignored. Nothing more is heard of it."""
        ...

    def busy(self) -> bool: ...

    def attach(self, name: str, path: Path) -> dict[str, Any]:
        """Make an adapter usable under a name and say what it is. Raises BadInput when it does not fit."""
        ...

    def detach(self, name: str) -> None:
        """Forget an adapter; unknown names are ignored."""
        ...

    def count_tokens(self, text: str) -> int: ...
