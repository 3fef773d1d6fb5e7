"""What bots need beside the product: a memory of messages, and whose accounts are whose. Promises only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from adapters.bot_records import Choices, Incoming, Job, Link, Opinion
from adapters.records import Asker, Citation


class Inbox(Protocol):
    """Keeps messages from their claim to their answer; `adapters.stores.inbox.Inbox` tells each method."""

    def claim(self, incoming: Incoming) -> Job | None: ...

    def begin(self, answer_id: str) -> None: ...

    def card(self, answer_id: str, card: Mapping[str, Any]) -> None: ...

    def sending(self, answer_id: str, text: str, outcome: str, citations: Sequence[Citation] = ()) -> None: ...

    def sent(self, answer_id: str, parts: int) -> None: ...

    def done(self, answer_id: str) -> None: ...

    def unfinished(self, account: str) -> list[Job]: ...

    def job(self, answer_id: str) -> Job | None: ...

    def recent(self, incoming: Incoming, count: int, since: float) -> list[Job]: ...

    def knows_thread(self, account: str, conversation: str, thread: str) -> bool: ...

    def prune(self, before: float) -> int: ...

    def choices(self, incoming: Incoming) -> Choices: ...

    def choose(self, incoming: Incoming, choices: Choices) -> None: ...

    def hear(self, opinion: Opinion) -> None: ...

    def opinions(self, answer_id: str) -> list[Opinion]: ...


class Directory(Protocol):
    """Maps messenger accounts to people; `adapters.stores.directory.Directory` tells each method."""

    def asker(self, platform: str, tenant: str, account: str) -> Asker | None: ...

    def owns(self, user: str) -> bool: ...

    def account_of(self, platform: str, tenant: str, user: str) -> str | None: ...

    def link(self, link: Link) -> None: ...

    def sync(self, links: Iterable[Link]) -> int: ...

    def unlink(self, platform: str, tenant: str, account: str) -> bool: ...

    def links(self) -> list[Link]: ...


def everyone_here(askers: Iterable[Asker | None], place: str) -> Asker:
    """Return an asker who may read only what all of these may: their common groups, nobody's personal rights.

    None stands for somebody unknown, who may read what is public. `place` names the chat in the journal.

    >>> sorted(everyone_here([Asker("a", frozenset({"hr", "it"})), Asker("b", frozenset({"it"}))], "c").groups)
    ['it']
    """
    groups: frozenset[str] | None = None
    for asker in askers:
        theirs = asker.groups if asker else frozenset()
        groups = theirs if groups is None else groups & theirs
    return Asker(place, groups or frozenset())
