"""A person's word on what the policy sends to review: confirm it, overrule it, or allow a phrase from now on.

An allowed phrase goes into a file beside the policy's own and is checked against the whole policy before it is
written, so that it can never be the reason why a policy is refused.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from adapters.errors import BadInput
from moderation.moderator import Event
from moderation.policy import Policy

KEPT_DAYS = 30  # a text that nobody looked at is not kept longer


class Queue(Protocol):
    """Where items wait (`adapters.stores.reviews`)."""

    def add(self, item: Mapping[str, Any]) -> int: ...

    def pending(self) -> list[Mapping[str, Any]]: ...

    def decide(self, number: int, state: str, reviewer: str, at: str) -> Mapping[str, Any] | None: ...

    def expire(self, before: str) -> int: ...


class Review:
    """`allowed` is the file of phrases; `use` puts a policy that was checked with them in force at once."""

    def __init__(
        self,
        queue: Queue,
        allowed: Path,
        load: Callable[[], Policy],
        use: Callable[[Policy], None] = lambda policy: None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._queue, self._allowed, self._load, self._use, self._now = queue, allowed, load, use, now
        self._writing = threading.Lock()

    def record(self, event: Event) -> None:
        """Keep what a person should look at; other verdicts are none of it."""
        verdict = event.verdict
        if verdict.action == "review":
            self._queue.add(
                {
                    "created_at": self._time(),
                    "user": event.user,
                    "channel": event.channel,
                    "surface": event.surface,
                    "category": verdict.category or "",
                    "rule": verdict.rule or "",
                    "policy_version": verdict.policy_version,
                    "text": event.text,
                    "spans": [list(span) for span in verdict.spans],
                }
            )

    def pending(self) -> list[Mapping[str, Any]]:
        """Return what waits, oldest first; what waited too long is let go first."""
        self._queue.expire((self._now() - timedelta(days=KEPT_DAYS)).isoformat(timespec="milliseconds"))
        return self._queue.pending()

    def decide(self, number: int, confirm: bool, reviewer: str) -> Mapping[str, Any]:
        """Confirm or overrule an item. Raises BadInput when it does not wait."""
        item = self._queue.decide(number, "confirmed" if confirm else "overruled", reviewer, self._time())
        if item is None:
            raise BadInput(f"Item {number} does not wait for review; `zhiwen review list` shows what does.")
        return item

    def allow(self, phrase: str) -> Policy:
        """Let a phrase pass from now on; return the policy in force. Raises BadInput when the policy denies it."""
        phrase = " ".join(phrase.split())
        if sum(char.isalnum() for char in phrase) < 2:
            raise BadInput("A phrase needs two letters or digits; name the words around it.")
        with self._writing:  # two reviewers at once: neither phrase may be lost
            lines = self._allowed.read_text(encoding="utf-8").splitlines() if self._allowed.is_file() else []
            draft = self._allowed.with_suffix(".draft.tsv")
            draft.write_text("\n".join(dict.fromkeys([*lines, phrase])) + "\n", encoding="utf-8")
            try:
                policy = self._load().with_allowed(draft)
                draft.replace(self._allowed)
            finally:
                draft.unlink(missing_ok=True)
            self._use(policy)
        return policy

    def _time(self) -> str:
        return self._now().isoformat(timespec="milliseconds")
