"""Keep a long connection alive: reconnect with growing waits, and open the new one before the old one goes.

A session is one connection from dialling to its end; each platform brings its own.
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
import time
from collections.abc import Awaitable, Callable
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from ui.bots.channel import Health, Refused, Sleep, Throttled, Undelivered

_log = logging.getLogger(__name__)
FIRST_WAIT, LONGEST_WAIT, WAIT_REFUSED = 0.5, 30.0, 300.0
# A connection that lived this long was a good one: the next wait is short again.
GOOD_AFTER = 60.0
# How long a connection may be silent, pongs counted, before it is taken for dead.
PING_EVERY, PONG_WITHIN = 10.0, 10.0
LARGEST_FRAME = 4_000_000

Session = Callable[["Handover"], Awaitable[None]]


class Handover:
    """Lets a session say that it is connected, and that it wants a successor while it still listens."""

    def __init__(self, health: Health) -> None:
        self._health = health
        self.wanted = asyncio.Event()

    def connected(self) -> None:
        self._health.state, self._health.detail = "connected", ""
        self._health.connects += 1
        self._health.heard(time.time())

    def heard(self) -> None:
        self._health.heard(time.time())

    def successor(self) -> None:
        """Ask for a new connection now; this one goes on until the other side closes it."""
        self.wanted.set()


def dial(address: str, headers: dict[str, str] | None = None, proxy: bool = True) -> connect:
    """Return a connection that notices by itself when the other side has gone silent."""
    return connect(
        address,
        additional_headers=headers,
        ping_interval=PING_EVERY,
        ping_timeout=PONG_WITHIN,
        close_timeout=2,
        open_timeout=10,
        max_size=LARGEST_FRAME,
        proxy=True if proxy else None,
    )


async def keep_connected(session: Session, health: Health, sleep: Sleep = asyncio.sleep) -> None:
    """Run sessions one after another until cancelled."""
    wait = FIRST_WAIT
    running: set[asyncio.Task[bool]] = set()
    try:
        while True:
            handover, began = Handover(health), time.monotonic()
            task = asyncio.create_task(_ended(session, handover, health))
            running.add(task)
            task.add_done_callback(running.discard)
            wanted = asyncio.create_task(handover.wanted.wait())
            await asyncio.wait({task, wanted}, return_when=asyncio.FIRST_COMPLETED)
            wanted.cancel()
            if not task.done():
                continue  # The old one keeps listening while the new one is opened.
            refused = task.result()
            good = time.monotonic() - began > GOOD_AFTER
            wait = WAIT_REFUSED if refused else FIRST_WAIT if good else min(wait * 2, LONGEST_WAIT)
            health.state = "refused" if refused else "reconnecting"
            await sleep(wait * random.uniform(0.7, 1.3))  # noqa: S311  spreads reconnects, guards nothing
    finally:
        health.state = "stopped"
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def _ended(session: Session, handover: Handover, health: Health) -> bool:
    """Run one session to its end; True when the platform refused the credentials."""
    try:
        await session(handover)
        health.failed("The platform closed the connection.")
    except Refused as problem:
        health.failed(str(problem))
        _log.error("%s", problem)
        return True
    except (WebSocketException, OSError, TimeoutError, Throttled, Undelivered) as problem:
        health.failed(f"{type(problem).__name__}: {problem}")
        _log.info("A connection ended: %s", problem)
    except Exception as defect:
        # The outer edge of a connection: whatever went wrong, a bot must not fall silent. What was not acknowledged
        # comes again on the next connection.
        health.failed(f"{type(defect).__name__}; the log has the trace")
        _log.exception("A connection ended by a defect")
    return False


def parsed(text: str | bytes) -> dict[str, Any] | None:
    """Return a JSON object, None for anything else: nothing a peer sends may end the reading."""
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


__all__ = ["ClientConnection", "Handover", "dial", "keep_connected", "parsed"]
