"""`/login/oidc` and its callback: to the company's single sign-on and back with a session."""

from __future__ import annotations

import secrets
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Annotated, Any

import anyio
from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from adapters.errors import ZhiwenError
from app.service import Service
from ui.text import label
from ui.web.login import language_of, local_path, login_page, welcome

COOKIE = "zhiwen_sign_on"
SECONDS = 600
ATTEMPTS = 2_000


@dataclass(frozen=True)
class _Attempt:
    browser: str
    started: Any
    redirect: str
    onward: str
    until: float


def sign_on_routes(service: Service) -> APIRouter:
    """Return the two routes; without a provider they lead back to the log-in."""
    router = APIRouter()
    attempts: OrderedDict[str, _Attempt] = OrderedDict()

    @router.get("/login/oidc")
    async def begin(request: Request, next: Annotated[str, Query(max_length=2000)] = "/") -> Response:
        if service.sign_on is None:
            return RedirectResponse("/login", 303)
        redirect = (service.address or str(request.base_url).rstrip("/")) + "/login/oidc/callback"
        try:
            started = await anyio.to_thread.run_sync(service.sign_on.begin, redirect)
        except ZhiwenError as wrong:
            return login_page(request, 503, str(wrong))
        browser = secrets.token_urlsafe(32)
        attempts[started.state] = _Attempt(browser, started, redirect, local_path(next), time.monotonic() + SECONDS)
        while len(attempts) > ATTEMPTS:
            attempts.popitem(last=False)
        away = RedirectResponse(started.address, 303, headers={"Cache-Control": "no-store"})
        # The answer counts only in the browser that asked: nobody can be signed in as somebody else by a link.
        away.set_cookie(
            COOKIE, browser, max_age=SECONDS, httponly=True, samesite="lax",
            secure=request.url.scheme == "https", path="/login/oidc",
        )  # fmt: skip
        return away

    @router.get("/login/oidc/callback")
    async def finish(
        request: Request,
        state: Annotated[str, Query(max_length=500)] = "",
        code: Annotated[str, Query(max_length=5000)] = "",
        error: Annotated[str, Query(max_length=200)] = "",
    ) -> Response:
        attempt = attempts.pop(state, None)
        browser = request.cookies.get(COOKIE, "")
        known = attempt is not None and attempt.until > time.monotonic()
        if service.sign_on is None or attempt is None or not known or error or not code:
            return login_page(request, 400, label("login.sign-on.failed", language_of(request)))
        if not secrets.compare_digest(attempt.browser, browser):
            return login_page(request, 400, label("login.sign-on.failed", language_of(request)))
        sign_on = service.sign_on

        def admit() -> str | None:
            return service.people.admit(sign_on.finish(code, attempt.redirect, attempt.started), "oidc")

        try:
            token = await anyio.to_thread.run_sync(admit)
        except ZhiwenError as wrong:
            return login_page(request, 403, str(wrong))
        if token is None:
            return login_page(request, 403, label("login.sign-on.shut", language_of(request)))
        response = welcome(request, token, attempt.onward)
        response.delete_cookie(COOKIE, path="/login/oidc", httponly=True, samesite="lax")
        return response

    return router
