"""`Idempotency-Key`: the same request sent twice is done once, and answered twice alike.

An ASGI layer around an interface. It keeps answers in memory for an hour; streams are not kept here.
"""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.web.gate import asker_of
from ui.web.problems import problem

SECONDS_KEPT = 3600.0
ANSWERS_KEPT = 2_000
LONGEST_ANSWER = 500_000
LONGEST_KEY = 200


@dataclass
class _Kept:
    digest: str
    at: float
    start: Message | None = None
    body: bytes = b""


class Once:
    """Answers a repeated POST with what was answered before; `clock` gives seconds."""

    def __init__(self, app: ASGIApp, clock: Callable[[], float] = time.monotonic):
        self._app = app
        self._clock = clock
        self._kept: OrderedDict[tuple[str, str], _Kept] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        connection = HTTPConnection(scope) if scope["type"] == "http" else None
        key = connection.headers.get("idempotency-key", "") if connection and scope["method"] == "POST" else ""
        asker = asker_of(connection) if connection else None
        if connection is None or not key or asker is None:
            await self._app(scope, receive, send)
            return
        if len(key) > LONGEST_KEY:
            detail = f"An Idempotency-Key has at most {LONGEST_KEY} characters."
            await problem(connection, 400, "bad-input", detail)(scope, receive, send)
            return
        body = await _read(receive)
        if body is None:
            return
        digest = hashlib.sha256(scope["path"].encode() + b"\n" + body).hexdigest()
        name = (f"{asker.user}\n{asker.key}", key)
        self._forget()
        known = self._kept.get(name)
        if known is not None:
            await self._again(known, digest, connection, send)
            return
        kept = self._kept[name] = _Kept(digest, self._clock())
        try:
            await self._app(scope, _given(body, receive), _noting(kept, send))
        finally:
            # What is not whole, failed on our side or was a stream may be tried again.
            if kept.start is None or kept.start["status"] >= 500 or kept.start["status"] == 429:
                self._kept.pop(name, None)

    async def _again(self, known: _Kept, digest: str, connection: HTTPConnection, send: Send) -> None:
        if known.digest != digest:
            detail = "This Idempotency-Key came with another request before; use a new one."
            await problem(connection, 409, "conflict", detail)(connection.scope, _nothing, send)
        elif known.start is None:
            detail = "The first request with this Idempotency-Key is still being answered."
            await problem(connection, 409, "conflict", detail, {"Retry-After": "1"})(connection.scope, _nothing, send)
        else:
            replayed = [*known.start["headers"], (b"idempotent-replayed", b"true")]
            await send({**known.start, "headers": replayed})
            await send({"type": "http.response.body", "body": known.body})

    def _forget(self) -> None:
        now = self._clock()
        for name in [name for name, kept in self._kept.items() if now - kept.at > SECONDS_KEPT]:
            del self._kept[name]
        while len(self._kept) >= ANSWERS_KEPT:
            self._kept.popitem(last=False)


def _noting(kept: _Kept, send: Send) -> Send:
    started: Message | None = None
    body = b""

    async def noting(message: Message) -> None:
        nonlocal started, body
        if message["type"] == "http.response.start":
            kind = dict(message["headers"]).get(b"content-type", b"")
            started = None if kind.startswith(b"text/event-stream") else message
        elif message["type"] == "http.response.body" and started is not None:
            body += message.get("body", b"")
            if len(body) > LONGEST_ANSWER:
                started = None
            elif not message.get("more_body", False):
                kept.start, kept.body = started, body
        await send(message)

    return noting


async def _read(receive: Receive) -> bytes | None:
    """Return the whole body (the gate bounds it), None when the client went away."""
    body: bytes = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        if not message.get("more_body", False):
            return body


def _given(body: bytes, receive: Receive) -> Receive:
    given = False

    async def once() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return once


async def _nothing() -> Message:
    return {"type": "http.disconnect"}
