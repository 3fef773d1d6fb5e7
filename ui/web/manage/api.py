"""`/api/v1/documents`: the knowledge owner's desk for programs and for the page's own script.

The gate has asked for the role and refused other sites' pages. Errors are `{"detail": "..."}` with a sentence for
people; 409 means that the file is there already and `replace=true` would replace it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, BinaryIO, cast

from fastapi import APIRouter, File, Form, HTTPException, Query, Request, UploadFile
from fastapi.responses import Response

from adapters.errors import AlreadyThere, BadInput
from adapters.records import Asker, DocumentState, Line, Wanted
from app.desks import DocumentDesk
from ui.web.gate import asker_of
from ui.web.render import STATES

LARGEST_PAGE = 200
PIECE = 1 << 20
_Words = Annotated[str, Query(max_length=200)]


def document_api(desk: DocumentDesk) -> APIRouter:
    """Return the routes; all of them are synchronous, so that a slow disk holds up nobody else."""
    router = APIRouter(prefix="/api/v1/documents")

    @router.get("")
    def find(
        request: Request,
        state: Annotated[list[str] | None, Query()] = None,
        folder: _Words = "",
        q: _Words = "",
        limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE)] = 50,
        offset: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
    ) -> dict[str, Any]:
        unknown = set(state or ()) - set(STATES)
        if unknown:
            raise HTTPException(422, f"There is no state {sorted(unknown)[0]!r}; choose of {', '.join(STATES)}.")
        wanted = Wanted(tuple(cast(list[DocumentState], state or [])), folder, q)
        found = desk.find(wanted, _asker(request), limit, offset)
        return {
            "documents": [as_json(line) for line in found.lines],
            "total": found.total,
            "states": dict(found.states),
        }

    @router.get("/{document_id}")
    def one(request: Request, document_id: str) -> dict[str, Any]:
        return as_json(_known(desk, document_id, _asker(request)))

    @router.post("", status_code=201)
    def upload(
        request: Request,
        file: Annotated[UploadFile, File()],
        folder: Annotated[str, Form(max_length=1000)] = "",
        replace: Annotated[bool, Form()] = False,
    ) -> dict[str, str]:
        try:
            path = desk.receive(folder, file.filename or "", _pieces(file.file), _asker(request), replace)
        except AlreadyThere as problem:
            raise HTTPException(409, str(problem)) from problem
        except BadInput as problem:
            raise HTTPException(400, str(problem)) from problem
        return {"path": path}

    @router.delete("/{document_id}", status_code=204)
    def delete(request: Request, document_id: str) -> Response:
        asker = _asker(request)
        _known(desk, document_id, asker)
        try:
            desk.delete(document_id, asker)
        except BadInput as problem:
            raise HTTPException(400, str(problem)) from problem
        return Response(status_code=204)

    @router.post("/{document_id}/retry")
    def retry(request: Request, document_id: str) -> dict[str, int]:
        asker = _asker(request)
        _known(desk, document_id, asker)
        return {"queued": desk.retry(asker, document_id)}

    return router


def as_json(line: Line) -> dict[str, Any]:
    """Return what programs are told of a document."""
    entry = line.entry
    return {
        "id": entry.id,
        "knowledge_base": entry.knowledge_base,
        "path": entry.path,
        "title": entry.title,
        "format": entry.format,
        "state": entry.state,
        "reason": entry.reason or entry.notice,
        "size": entry.size,
        "chunks": entry.chunks,
        "corrections": line.corrections,
        "version": entry.current_version,
        "content_hash": entry.content_hash,
        "updated": entry.updated_at,
        "readers": list(entry.readers),
        "effective_from": line.effective_from,
        "effective_to": line.effective_to,
    }


def _asker(request: Request) -> Asker:
    asker = asker_of(request)
    if asker is None:
        raise HTTPException(401, "Not signed in.")
    return asker


def _known(desk: DocumentDesk, document_id: str, asker: Asker) -> Line:
    line = desk.line(document_id, asker)
    if line is None:
        raise HTTPException(404, "There is no such document.")
    return line


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    while piece := file.read(PIECE):
        yield piece
