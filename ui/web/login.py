"""The login page and the way out: form, cookie and patience. Passwords and sessions are the product's."""

from __future__ import annotations

import time
from typing import Annotated
from urllib.parse import quote

import anyio
from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from adapters.records import Language
from app.faces import Product
from ui.text import label, preferred
from ui.web.gate import COOKIE, asker_of, session_of
from ui.web.render import fill
from ui.web.slowdown import Slowdown

LANGUAGE_COOKIE = "zhiwen_language"
# The browser keeps the cookie this long; how long it opens anything is the server's decision (`web.session_hours`).
COOKIE_SECONDS = 30 * 24 * 3600
_no_store = {"Cache-Control": "no-store"}


def language_of(request: Request) -> Language:
    """Return the language a person chose (in the address or before), else what their browser asks for."""
    for chosen in (request.query_params.get("lang"), request.cookies.get(LANGUAGE_COOKIE)):
        if chosen in ("zh", "en"):
            return "en" if chosen == "en" else "zh"
    return preferred(request.headers.get("accept-language", ""))


def local_path(target: str) -> str:
    """Return the target if it is a path on this server, else the start page: a login must not send people elsewhere."""
    if not target.startswith("/") or target.startswith("//") or "\\" in target or not target.isprintable():
        return "/"
    return target


def login_page(request: Request, status: int = 200, problem: str = "", name: str = "", onward: str = "/") -> Response:
    """Return the form, with what went wrong before."""
    language = language_of(request)
    onward = local_path(onward)
    # Where there is a company sign-on, it is offered beside name and password.
    other = f"/login/oidc?next={quote(onward, safe='')}" if getattr(request.app.state, "sign_on", False) else ""
    html = fill("login.html", language, problem=problem, name=name, next=onward, other=other)
    response = HTMLResponse(html, status, headers=_no_store)
    if request.query_params.get("lang") in ("zh", "en"):
        response.set_cookie(LANGUAGE_COOKIE, language, max_age=365 * 86400, samesite="lax")
    return response


def welcome(request: Request, token: str, onward: str) -> Response:
    """Return the way into the page, with the session in a cookie that scripts and other sites do not get."""
    response = RedirectResponse(local_path(onward), 303, headers=_no_store)
    response.set_cookie(
        COOKIE,
        token,
        max_age=COOKIE_SECONDS,
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
        path="/",
    )
    return response


def login_routes(product: Product, slowdown: Slowdown | None = None) -> APIRouter:
    """Return `GET/POST /login` and `POST /logout`."""
    router = APIRouter()
    slow = slowdown or Slowdown(time.monotonic)
    # Checking a password is slow on purpose: two at a time, and counted before the next begins.
    turns = anyio.CapacityLimiter(2)

    @router.get("/login")
    def form(request: Request, next: str = "/") -> Response:
        return login_page(request, onward=next)

    @router.post("/login")
    async def log_in(
        request: Request,
        name: Annotated[str, Form(max_length=200)],
        password: Annotated[str, Form(max_length=1000)],
        next: Annotated[str, Form(max_length=2000)] = "/",
    ) -> Response:
        address = request.client.host if request.client else ""
        key = f"{address}\n{name.casefold()}"
        async with turns:
            if seconds := slow.wait(key):
                problem = label("login.wait", language_of(request), seconds=int(seconds) + 1)
                response = login_page(request, 429, problem, name, next)
                response.headers["Retry-After"] = str(int(seconds) + 1)
                return response
            token = await anyio.to_thread.run_sync(product.log_in, name, password)
            if token is None:
                slow.failed(key)
                return login_page(request, 401, label("login.wrong", language_of(request)), name, next)
            slow.succeeded(key)
        return welcome(request, token, next)

    @router.post("/logout")
    def log_out(request: Request) -> Response:
        if asker_of(request) is not None:
            product.log_out(session_of(request))
        goodbye = RedirectResponse("/login", 303, headers=_no_store)
        goodbye.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax")
        return goodbye

    return router
