"""Adds what programs use to the application: both interfaces, MCP, metrics, and single sign-on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.responses import Response
from mcp.server.mcpserver import Context
from mcp.server.transport_security import TransportSecuritySettings

from adapters.records import Asker
from app.metrics import CONTENT_TYPE
from app.service import Service
from ui.mcp import mcp_server
from ui.web.api.access import needs
from ui.web.api.application import errors_as_problems, limits_of, openai_interface, own_interface
from ui.web.api.running import parts_of
from ui.web.gate import asker_of
from ui.web.sign_on import sign_on_routes

Lifespan = Callable[[Any], AbstractAsyncContextManager[Any]]


def add_programs(app: FastAPI, service: Service, further: tuple[APIRouter, ...] = ()) -> None:
    """Add the routes and start what they need with the application; `further` routers join `/api/v1`."""
    limits = limits_of(service)
    app.state.limits = limits
    app.include_router(sign_on_routes(service))

    @app.get("/metrics")
    def metrics(asker: Annotated[Asker, Depends(needs("metrics.read"))]) -> Response:
        works = {name: part["state"] == "ok" for name, part in parts_of(service).items()}
        return Response(service.metrics.text(service.product.status(), works), media_type=CONTENT_TYPE)

    server = mcp_server(service, _asker, limits.take)
    mcp_app = server.streamable_http_app(
        stateless_http=True,
        json_response=True,
        # The gate has asked for a key, and refuses pages of other sites.
        transport_security=_open_hosts(),
    )
    app.router.routes.extend(mcp_app.routes)
    app.router.lifespan_context = _with(app.router.lifespan_context, server.session_manager.run)
    errors_as_problems(app)
    app.mount("/api/v1", own_interface(service, limits, further))
    app.mount("/v1", openai_interface(service, limits))


def _asker(context: Context[Any, Any]) -> Asker | None:
    request = context.request_context.request
    return asker_of(request) if isinstance(request, Request) else None


def _open_hosts() -> TransportSecuritySettings:
    return TransportSecuritySettings(enable_dns_rebinding_protection=False)


def _with(before: Lifespan, also: Callable[[], AbstractAsyncContextManager[None]]) -> Lifespan:
    """Return a lifespan in which something else runs too."""

    @asynccontextmanager
    async def both(app: Any) -> AsyncIterator[Any]:
        async with before(app) as state, also():
            yield state

    return both
