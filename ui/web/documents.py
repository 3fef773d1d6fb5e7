"""The routes through which people see documents: the text with a span marked, and the original to download.

Whether somebody may see a document is the product's decision, and its "no" looks like "there is none".
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response

from adapters.records import Citation
from app.faces import PassageView, Product
from ui.text import label
from ui.web.draw import place
from ui.web.gate import asker_of
from ui.web.login import language_of
from ui.web.render import fill, original_link

LONGEST_SHOWN = 400_000
Offset = Annotated[int, Query(ge=0, le=1_000_000_000)]


def document_routes(product: Product) -> APIRouter:
    """Return the view and the original; both take who asks from the gate."""
    router = APIRouter()

    def missing(request: Request) -> Response:
        language = language_of(request)
        title, why = label("view.missing", language), label("view.missing.why", language)
        return HTMLResponse(fill("missing.html", language, title=title, why=why), 404)

    @router.get("/documents/{document_id}/{version}/view")
    def view(
        request: Request, document_id: str, version: int, start: Offset = 0, end: Offset = 0, bare: bool = False
    ) -> Response:
        asker = asker_of(request)
        span = Citation(0, document_id, "", "", version, start, max(start, end), "", 0.0)
        found = product.view(asker, span, whole=True) if asker else None
        if found is None:
            return missing(request)
        language = language_of(request)
        where = place(Citation(0, document_id, "", "", version, 0, 0, "", 0.0, found.page, found.location), language)
        shown, cut = _window(found)
        html = fill(
            "view.html",
            language,
            view=shown,
            where=where,
            cut=cut,
            original=original_link(document_id, version),
            bare=bare,
        )
        return HTMLResponse(html, headers={"Cache-Control": "private, no-store"})

    @router.get("/documents/{document_id}/{version}/original")
    def original(request: Request, document_id: str, version: int) -> Response:
        asker = asker_of(request)
        found = product.original(asker, document_id, version) if asker else None
        if found is None:
            return missing(request)
        name, content = found
        return Response(
            content,
            # Never its own type: an HTML or SVG file must not run as a page of ours.
            media_type="application/octet-stream",
            headers={"Content-Disposition": attachment(name), "Cache-Control": "private, no-store"},
        )

    return router


def _window(view: PassageView) -> tuple[PassageView, bool]:
    """Return at most LONGEST_SHOWN characters around the span, and whether anything was left out."""
    if len(view.text) <= LONGEST_SHOWN:
        return view, False
    first = max(0, view.start - LONGEST_SHOWN // 2)
    text = view.text[first : first + LONGEST_SHOWN]
    start, end = (min(offset - first, len(text)) for offset in (view.start, view.end))
    amended = tuple(replace(span, start=span.start - first, end=span.end - first) for span in view.amended)
    return replace(view, text=text, start=start, end=end, amended=amended), True


def attachment(name: str) -> str:
    """Return a Content-Disposition for any file name (RFC 6266): a plain one for old clients, UTF-8 for the rest."""
    name = "".join(char for char in PurePosixPath(name.replace("\\", "/")).name if char.isprintable()) or "document"
    simple = "".join(char if char.isascii() and char not in '"\\%;' else "_" for char in name)
    return f"attachment; filename=\"{simple}\"; filename*=UTF-8''{quote(name, safe='')}"
