"""Decide for whom a message is answered: the person in a private chat, everyone present in a group."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, Literal

from adapters.bot_records import Incoming
from adapters.records import Asker
from app.bots import Directory
from ui.bots.channel import Channel, Throttled, Undelivered

# In larger groups nobody is looked up: what all may read is then what is public.
MOST_MEMBERS = 500
# With so many others a document is decided by the groups all have in common: a condition for each of them would make
# the store's query too long.
BY_NAME = 30


class Who:
    """Reads the directory each time, so that a right that was taken away counts at the next look."""

    def __init__(
        self, directory: Directory, unmapped: Literal["public", "refuse"], kept: Callable[..., Awaitable[Any]]
    ) -> None:
        self.directory = directory
        self._unmapped = unmapped
        self._kept = kept

    async def person(self, platform: str, tenant: str, account: str) -> Asker | None:
        """Return who holds the account, None when nobody does."""
        found: Asker | None = await self._kept(self.directory.asker, platform, tenant, account)
        return found

    async def asks(self, channel: Channel, incoming: Incoming) -> Asker | None:
        """Return whose rights decide the answer; None when an unknown person gets none.

        In a group everyone present reads along (`Asker.others`); who is there being unknown, it is what is public.
        """
        sender = await self.person(incoming.platform, incoming.tenant, incoming.sender)
        if sender is None and self._unmapped == "refuse":
            return None
        if incoming.private:
            return sender or _stranger(incoming)
        try:
            members = await channel.members(incoming)
        except (Throttled, Undelivered):
            members = None
        if members is None or len(members) > MOST_MEMBERS:
            return _nobody(incoming)
        others = [
            await self.person(incoming.platform, incoming.tenant, account) or _nobody(incoming)
            for account in dict.fromkeys(members)
            if account != incoming.sender
        ]
        first = sender or _nobody(incoming)
        if len(others) >= BY_NAME:
            shared = frozenset.intersection(first.groups, *(one.groups for one in others))
            return replace(_nobody(incoming), groups=shared)
        return replace(first, others=tuple(dict.fromkeys(others)))

    async def still(self, channel: Channel, incoming: Incoming, asker: Asker) -> bool:
        """Say whether every right the answer was begun with is still there.

        In groups the person who asked is looked at again, not the whole group: its members are read per question.
        """
        now = await self.person(incoming.platform, incoming.tenant, incoming.sender)
        if now is None and self._unmapped == "refuse":
            return False
        held = (now or _stranger(incoming)).principals
        if not incoming.private:
            held |= _nobody(incoming).principals
        return asker.principals <= held


def _stranger(incoming: Incoming) -> Asker:
    """Return somebody whose account is nobody's here."""
    return Asker(f"{incoming.platform}:{incoming.tenant}:{incoming.sender}")


def _nobody(incoming: Incoming) -> Asker:
    """Return who may read what is public, named after the chat."""
    return Asker(f"{incoming.platform}:{incoming.conversation}")
