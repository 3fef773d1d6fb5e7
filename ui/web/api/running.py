"""`/api/v1/status`, `jobs`: how the parts are doing, and how far taking documents in has come."""

from __future__ import annotations

import time
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from adapters.records import Asker
from app.service import Service
from ui.web.api.access import needs


class Again(BaseModel):
    """Which documents to try again; null for all that failed or were skipped."""

    model_config = ConfigDict(extra="forbid")
    document_ids: list[str] | None = Field(default=None, max_length=10_000)


def running_routes(service: Service) -> APIRouter:
    """Return the routes that tell how the product is doing."""
    router = APIRouter(tags=["operation"])

    @router.get("/status")
    def status(asker: Annotated[Asker, Depends(needs("status.read"))]) -> dict[str, Any]:
        return {"parts": parts_of(service), "chat": service.product.status().chat_state}

    @router.get("/jobs")
    def jobs(
        asker: Annotated[Asker, Depends(needs("job.read"))],
        hours: Annotated[float, Query(gt=0, le=24 * 365)] = 24,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    ) -> dict[str, Any]:
        """How many files are in which state, what was finished in the last hours, and which are not ready and why."""
        tally = service.ledger.tally(time.time() - hours * 3600)
        waiting = [row for row in service.product.documents(asker) if row.state != "ready"]
        return {
            "states": dict(tally.states),
            "bytes_left": tally.bytes_left,
            "finished": {
                "files": tally.finished,
                "bytes": tally.finished_bytes,
                "chunks": tally.finished_chunks,
                "hours": hours,
            },
            "not_ready": [
                {"document_id": row.document_id, "path": row.path, "state": row.state, "reason": row.reason}
                for row in waiting[:limit]
            ],
        }

    @router.post("/jobs/retry")
    def retry(body: Again, asker: Annotated[Asker, Depends(needs("job.retry"))]) -> dict[str, int]:
        """Queue failed and skipped files for another try; only those this person may read."""
        mine = {row.document_id for row in service.product.documents(asker)}
        chosen = mine if body.document_ids is None else mine & set(body.document_ids)
        return {"queued": service.ledger.retry(sorted(chosen)) if chosen else 0}

    return router


def parts_of(service: Service) -> dict[str, dict[str, str]]:
    """Return the state of each part: ok, or failed with what is wrong."""
    found = {}
    for name, check in service.checks.items():
        wrong = check()
        found[name] = {"state": "failed", "detail": wrong} if wrong else {"state": "ok"}
    return found
