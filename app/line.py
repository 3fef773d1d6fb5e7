"""A fair line before the model: people take turns, however many questions one of them asks.

Round-robin over users: whoever was served longest ago is next, and each person's own questions keep their order. It
knows places, people and clocks; nothing of engines.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType

from adapters.errors import EngineOverloaded

_FULL = "{count} questions are waiting for the model already; try again in about {seconds:.0f} seconds."
_MANY = "You have {count} questions waiting already; wait for an answer before you ask more."
# How much one turn changes the expected length of a turn.
_FORGET = 0.3


@dataclass(frozen=True)
class Place:
    """Where somebody stands: `position` counts from 1, `seconds` is about how long it will take."""

    position: int
    seconds: float


class Line:
    """`slots` turns are held at once, `longest` wait at most, of one person at most `each`; `guess` is the first
    expectation of how long a turn takes, in seconds."""

    def __init__(self, slots: int = 1, longest: int = 64, each: int = 8, guess: float = 8.0) -> None:
        self._slots, self._longest, self._each = slots, longest, each
        self._turn_seconds = guess
        self._changed = threading.Condition()  # guards everything below
        self._waiting: OrderedDict[str, deque[Turn]] = OrderedDict()  # next user first
        self._held = 0

    def join(self, user: str) -> Turn:
        """Take a place. Raises EngineOverloaded when the line is full."""
        with self._changed:
            count = sum(len(turns) for turns in self._waiting.values())
            if count >= self._longest:
                raise EngineOverloaded(_FULL.format(count=count, seconds=self._expected(count + 1)))
            own = self._waiting.get(user, ())
            if len(own) >= self._each:
                raise EngineOverloaded(_MANY.format(count=len(own)))
            turn = Turn(self, user)
            self._waiting.setdefault(user, deque()).append(turn)
            self._advance()
            return turn

    def length(self) -> int:
        """Return how many wait."""
        with self._changed:
            return sum(len(turns) for turns in self._waiting.values())

    def _advance(self) -> None:
        while self._held < self._slots and self._waiting:
            user, turns = self._waiting.popitem(last=False)
            turn = turns.popleft()
            if turns:
                self._waiting[user] = turns  # behind everybody else
            turn.began = time.monotonic()
            self._held += 1
        self._changed.notify_all()

    def _place(self, turn: Turn) -> Place | None:
        """Return where a turn stands, None when it is held."""
        if turn.began is not None:
            return None
        rounds: list[Turn] = []
        queues = [list(turns) for turns in self._waiting.values()]
        for number in range(max(map(len, queues))):
            rounds.extend(turns[number] for turns in queues if len(turns) > number)
        position = rounds.index(turn) + 1
        return Place(position, self._expected(position))

    def place_after(self, turn: Turn, last: int) -> Place | None:
        """Wait until a turn stands elsewhere than at `last`; return its place, None when it is held."""
        with self._changed:
            self._changed.wait_for(lambda: (place := self._place(turn)) is None or place.position != last)
            return self._place(turn)

    def _expected(self, position: int) -> float:
        return self._turn_seconds * -(-position // self._slots)

    def _leave(self, turn: Turn) -> None:
        with self._changed:
            if turn.began is not None:
                self._held -= 1
                spent = time.monotonic() - turn.began
                self._turn_seconds += _FORGET * (spent - self._turn_seconds)
            elif turn.user in self._waiting:
                self._waiting[turn.user].remove(turn)
                if not self._waiting[turn.user]:
                    del self._waiting[turn.user]
            self._advance()


class Turn:
    """One place in the line; leave it in every case (`with line.join(user) as turn`)."""

    def __init__(self, line: Line, user: str) -> None:
        self._line, self.user = line, user
        self.began: float | None = None
        self._left = False

    def places(self) -> Iterator[Place]:
        """Yield where it stands whenever that changes; it ends when the turn has come."""
        last = 0
        while (place := self._line.place_after(self, last)) is not None:
            last = place.position
            yield place

    def wait(self) -> None:
        """Return when the turn has come."""
        for _ in self.places():
            pass

    def leave(self) -> None:
        """Let the next one in; more than once is harmless."""
        if not self._left:
            self._left = True
            self._line._leave(self)

    def __enter__(self) -> Turn:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, cause: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.leave()
