"""The routes through which people see documents: a page or the text with a span marked, and the original.

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
from ui.web.draw import place, view_link
from ui.web.gate import asker_of
from ui.web.login import language_of
from ui.web.paper import paper, table_head
from ui.web.render import fill, original_link

LONGEST_SHOWN, LONGEST_LINE = 150_000, 2_000
ZOOMS = (100, 150, 200)
Offset = Annotated[int, Query(ge=0, le=1_000_000_000)]
Page = Annotated[int | None, Query(ge=1, le=100_000)]
Zoom = Annotated[int, Query(ge=50, le=300)]
Width = Annotated[int, Query(ge=200, le=4_000)]


def document_routes(product: Product) -> APIRouter:
    """Return the view, the pages it shows and the original; all take who asks from the gate."""
    router = APIRouter()

    def missing(request: Request, document_id: str) -> Response:
        language, asker = language_of(request), asker_of(request)
        gone = product.removed(asker, document_id) if asker else None
        title, why = label("view.missing", language), label("view.missing.why", language)
        if gone is not None:
            title = label("view.removed", language, title=gone.title)
            why = label("view.removed.why", language, path=gone.path, day=gone.removed_at[:10])
        return HTMLResponse(fill("missing.html", language, title=title, why=why), 404)

    @router.get("/documents/{document_id}/{version}/view")
    def view(
        request: Request,
        document_id: str,
        version: int,
        start: Offset = 0,
        end: Offset = 0,
        page: Page = None,
        zoom: Zoom = 100,
        text: bool = False,
    ) -> Response:
        asker = asker_of(request)
        span = Citation(0, document_id, "", "", version, start, max(start, end), "", 0.0)
        found = product.view(asker, span, whole=True) if asker else None
        if asker is None or found is None:
            return missing(request, document_id)
        language = language_of(request)
        shown = None
        if found.format == "pdf" and not text:
            shown = product.page(asker, document_id, version, start, max(start, end), page)
        where = place(
            Citation(0, document_id, "", "", version, 0, 0, "", 0.0, None if shown else found.page, found.location),
            language,
        )
        here = view_link(document_id, version, start, end)
        common = {"view": found, "where": where, "here": here, "original": original_link(document_id, version)}
        if found.newer:
            common["newest"] = view_link(document_id, *found.newer) + "#cited"
        if shown is not None:
            html = fill("view_page.html", language, page=shown, zoom=zoom, zooms=ZOOMS, **common)
        else:
            cut_text, cut = _window(found)
            body = paper(cut_text.text, cut_text.start, cut_text.end, found.format)
            html = fill("view.html", language, body=body, cut=cut, is_pdf=found.format == "pdf", **common)
        return HTMLResponse(html, headers={"Cache-Control": "private, no-store"})

    @router.get("/documents/{document_id}/{version}/page/{number}")
    def picture(request: Request, document_id: str, version: int, number: int, width: Width = 1_600) -> Response:
        asker = asker_of(request)
        found = product.picture(asker, document_id, version, number, width) if asker else None
        if found is None:
            return missing(request, document_id)
        return Response(found, media_type="image/png", headers={"Cache-Control": "private, no-store"})

    @router.get("/documents/{document_id}/{version}/original")
    def original(request: Request, document_id: str, version: int) -> Response:
        asker = asker_of(request)
        found = product.original(asker, document_id, version) if asker else None
        if found is None:
            return missing(request, document_id)
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
    line = view.text.rfind("\n", 0, first) + 1
    moved = first - line if first - line < LONGEST_LINE else 0
    first -= moved
    # Columns keep their names when the head of their table is left out.
    head = table_head(view.text, first)
    text = head + view.text[first : first + moved + LONGEST_SHOWN]
    start, end = (min(offset - first + len(head), len(text)) for offset in (view.start, view.end))
    return replace(view, text=text, start=start, end=end), True


def attachment(name: str) -> str:
    """Return a Content-Disposition for any file name (RFC 6266): a plain one for old clients, UTF-8 for the rest."""
    name = "".join(char for char in PurePosixPath(name.replace("\\", "/")).name if char.isprintable()) or "document"
    simple = "".join(char if char.isascii() and char not in '"\\%;' else "_" for char in name)
    return f"attachment; filename=\"{simple}\"; filename*=UTF-8''{quote(name, safe='')}"
