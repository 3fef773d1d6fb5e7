"""Decide for whom a message is answered: the person in a private chat, everyone present in a group."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Literal

from adapters.bot_records import Incoming
from adapters.records import Asker
from app.bots import Directory, everyone_here
from ui.bots.channel import Channel, Throttled, Undelivered

# In larger groups nobody is looked up: what all may read is then what is public.
MOST_MEMBERS = 500


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
        """Return whose rights decide the answer; None when an unknown person gets none."""
        sender = await self.person(incoming.platform, incoming.tenant, incoming.sender)
        if sender is None and self._unmapped == "refuse":
            return None
        if incoming.private:
            return sender or Asker(f"{incoming.platform}:{incoming.tenant}:{incoming.sender}")
        place = f"{incoming.platform}:{incoming.conversation}"
        try:
            members = await channel.members(incoming)
        except (Throttled, Undelivered):
            members = None
        if members is None or len(members) > MOST_MEMBERS:
            return everyone_here([], place)
        accounts = {incoming.sender, *members}
        return everyone_here(
            [await self.person(incoming.platform, incoming.tenant, account) for account in accounts], place
        )

    async def still(self, channel: Channel, incoming: Incoming, asker: Asker) -> bool:
        """Say whether every right the answer was begun with is still there.

        In groups the person who asked is looked at again, not the whole group: its members are read per question.
        """
        now = await self.person(incoming.platform, incoming.tenant, incoming.sender)
        if now is None and self._unmapped == "refuse":
            return False
        groups = now.groups if now else frozenset()
        if incoming.private and asker.user != (now.user if now else asker.user):
            return False
        if incoming.private and now is None and asker.groups:
            return False
        return asker.groups <= groups
