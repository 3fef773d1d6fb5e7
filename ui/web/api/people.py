"""`/api/v1/me`, `users`, `keys`, `audit`: who may log in, with which keys, and what was noted."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from adapters.records import Asker
from adapters.rights import RoleName, Scope
from app.people import People
from ui.web.api.access import needs
from ui.web.api.shapes import Missing

Name = Annotated[str, Path(min_length=1, max_length=200)]
GroupName = Annotated[str, Field(min_length=1, max_length=100)]


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewPerson(Body):
    name: str = Field(min_length=1, max_length=200)
    role: RoleName = "reader"
    groups: list[GroupName] = Field(default=[], max_length=200)


class PersonChange(Body):
    """What to change; what is left out stays."""

    role: RoleName | None = None
    groups: list[GroupName] | None = Field(default=None, max_length=200)
    disabled: bool | None = None
    unlock: Literal[True] | None = None


class NewKey(Body):
    name: str = Field("", max_length=100)
    scopes: list[Scope] = Field(min_length=1)
    days: float | None = Field(90, gt=0, le=3650)
    user: str | None = Field(None, max_length=200, description="in whose name; by default one's own")


def people_routes(people: People) -> APIRouter:
    """Return the routes; every change is noted in the audit."""
    router = APIRouter(tags=["people"])

    @router.get("/me")
    def me(asker: Annotated[Asker, Depends(needs("contract.read"))]) -> dict[str, Any]:
        """Who this session or key speaks for, and what it may do."""
        scopes = None if asker.scopes is None else sorted(asker.scopes)
        return {"user": asker.user, "role": asker.role, "groups": sorted(asker.groups), "scopes": scopes}

    @router.get("/me/sessions")
    def sessions(asker: Annotated[Asker, Depends(needs("session.own"))]) -> dict[str, Any]:
        return {"sessions": [asdict(session) for session in people.sessions(asker)]}

    @router.delete("/me/sessions")
    def end_sessions(asker: Annotated[Asker, Depends(needs("session.own"))]) -> dict[str, Any]:
        """End every session of one's own, this one too."""
        return {"ended": people.revoke_sessions(asker, asker.user)}

    @router.get("/users")
    def everyone(asker: Annotated[Asker, Depends(needs("user.read"))]) -> dict[str, Any]:
        return {"users": [asdict(person) for person in people.everyone(asker)]}

    @router.post("/users", status_code=201)
    def add(body: NewPerson, asker: Annotated[Asker, Depends(needs("user.write"))]) -> dict[str, Any]:
        """Add a person; the generated password is in this answer and nowhere else."""
        password = people.add(asker, body.name, body.role, tuple(body.groups))
        return {"name": body.name.strip(), "password": password}

    @router.patch("/users/{name}")
    def change(name: Name, body: PersonChange, asker: Annotated[Asker, Depends(needs("user.write"))]) -> dict[str, Any]:
        _known(people, asker, name)
        if body.disabled is not None:
            people.set_disabled(asker, name, body.disabled)
        if body.role is not None:
            people.set_role(asker, name, body.role)
        if body.groups is not None:
            people.set_groups(asker, name, tuple(body.groups))
        if body.unlock:
            people.unlock(asker, name)
        return _known(people, asker, name)

    @router.post("/users/{name}/reset")
    def reset(name: Name, asker: Annotated[Asker, Depends(needs("user.write"))]) -> dict[str, Any]:
        """Give a new generated password and end that person's sessions."""
        _known(people, asker, name)
        return {"name": name, "password": people.reset(asker, name)}

    @router.delete("/users/{name}/sessions")
    def revoke(name: Name, asker: Annotated[Asker, Depends(needs("user.write"))]) -> dict[str, Any]:
        _known(people, asker, name)
        return {"ended": people.revoke_sessions(asker, name)}

    @router.get("/keys")
    def keys(
        asker: Annotated[Asker, Depends(needs("key.own"))],
        user: Annotated[str | None, Query(max_length=200)] = None,
        everybody: bool = False,
    ) -> dict[str, Any]:
        """One's own keys; an administrator may name a person, or ask for everybody's."""
        found = people.keys_of(asker, None if everybody else user or asker.user)
        return {"keys": [asdict(key) for key in found]}

    @router.post("/keys", status_code=201)
    def add_key(body: NewKey, asker: Annotated[Asker, Depends(needs("key.own"))]) -> dict[str, Any]:
        """Make a key; its text is in this answer and nowhere else."""
        key, token = people.add_key(asker, body.user or asker.user, body.name, body.scopes, body.days)
        return asdict(key) | {"key": token}

    @router.delete("/keys/{id}", status_code=204)
    def revoke_key(
        id: Annotated[str, Path(max_length=50)], asker: Annotated[Asker, Depends(needs("key.own"))]
    ) -> Response:
        """End a key at once."""
        if not people.revoke_key(asker, id):
            raise Missing("key")
        return Response(status_code=204)

    @router.get("/audit")
    def audit(
        asker: Annotated[Asker, Depends(needs("audit.read"))],
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
        before: Annotated[int | None, Query(ge=0, le=2**53)] = None,
        act: Annotated[str, Query(max_length=50)] = "",
    ) -> dict[str, Any]:
        """Log-ins and administrative acts, newest first; `before` is the last id of the page before."""
        return {"acts": [asdict(line) for line in people.history(asker, limit, before, act)]}

    return router


def _known(people: People, asker: Asker, name: str) -> dict[str, Any]:
    found = next((person for person in people.everyone(asker) if person.name == name), None)
    if found is None:
        raise Missing("user")
    return asdict(found)
