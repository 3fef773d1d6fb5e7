"""The addresses platforms post to, `/bots/<platform>/<name>`: raw bodies in, the channel's answer out."""

from __future__ import annotations

import time

from fastapi import APIRouter, Request
from fastapi.responses import Response

from ui.bots.channel import WebRequest
from ui.bots.seals import LARGEST_BODY
from ui.bots.service import Bots


def bot_routes(bots: Bots) -> APIRouter:
    """Return the route; each channel verifies what comes, no session is asked for."""
    router = APIRouter()

    @router.api_route("/bots/{platform}/{name}", methods=["GET", "POST"])
    async def webhook(request: Request, platform: str, name: str) -> Response:
        body = bytearray()
        async for piece in request.stream():
            body += piece
            if len(body) > LARGEST_BODY:
                return Response(b'{"detail":"The request is too large."}', 413, media_type="application/json")
        taken = WebRequest(
            method=request.method,
            query=dict(request.query_params),
            headers={key.lower(): value for key, value in request.headers.items()},
            body=bytes(body),
            now=time.time(),
        )
        answer = await bots.webhook(platform, name, taken)
        return Response(answer.body, answer.status, media_type=answer.kind)

    return router
