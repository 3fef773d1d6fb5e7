"""`zhiwen users ...` and `zhiwen keys ...`: who may log in, and which programs may ask in whose name."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from adapters.errors import BadInput
from ui.terminal import LOCAL, AsJson, DataFolder, SettingsFile, out, print_json, settings_of

if TYPE_CHECKING:
    from app.people import People

users = typer.Typer(no_args_is_help=True, help="Who may log in.")
keys = typer.Typer(no_args_is_help=True, help="API keys: which programs may ask in whose name.")
Groups = Annotated[list[str] | None, typer.Option("--group", help="may be given several times")]


@users.command("list")
def users_list(settings: SettingsFile = None, data: DataFolder = None, as_json_: AsJson = False) -> None:
    """Show everyone who may log in."""
    with _people(settings, data) as people:
        rows = people.everyone(LOCAL)
    if as_json_:
        print_json([asdict(person) for person in rows])
        return
    table = Table("name", "role", "groups", "from", "sessions", "state")
    for person in rows:
        state = "disabled" if person.disabled else "locked" if person.locked_until else ""
        table.add_row(
            person.name, person.role, ", ".join(person.groups), person.source, str(person.sessions or ""), state
        )
    out.print(table)


@users.command("add")
def users_add(
    name: str,
    role: str = "reader",
    group: Groups = None,
    settings: SettingsFile = None,
    data: DataFolder = None,
    as_json_: AsJson = False,
) -> None:
    """Add a person with a generated password, printed once."""
    with _people(settings, data) as people:
        password = people.add(LOCAL, name, role, tuple(group or ()))
    _print_password(name, password, as_json_)


@users.command("reset")
def users_reset(name: str, settings: SettingsFile = None, data: DataFolder = None, as_json_: AsJson = False) -> None:
    """Give a person a new generated password and end their sessions."""
    with _people(settings, data) as people:
        password = people.reset(LOCAL, name)
    _print_password(name, password, as_json_)


@users.command("disable")
def users_disable(name: str, settings: SettingsFile = None, data: DataFolder = None) -> None:
    """Shut a person out at once; their documents' rights and history stay."""
    with _people(settings, data) as people:
        people.set_disabled(LOCAL, name, True)
    out.print(f"{name} is shut out, and every session of theirs has ended.", highlight=False)


@users.command("enable")
def users_enable(name: str, settings: SettingsFile = None, data: DataFolder = None) -> None:
    """Let a disabled person in again."""
    with _people(settings, data) as people:
        people.set_disabled(LOCAL, name, False)
    out.print(f"{name} may log in again.", highlight=False)


@users.command("unlock")
def users_unlock(name: str, settings: SettingsFile = None, data: DataFolder = None) -> None:
    """Let a person try again who was locked out after wrong passwords."""
    with _people(settings, data) as people:
        people.unlock(LOCAL, name)
    out.print(f"{name} may try again.", highlight=False)


@users.command("role")
def users_role(name: str, role: str, settings: SettingsFile = None, data: DataFolder = None) -> None:
    """Make a person reader, owner (keeps documents), reviewer or admin."""
    with _people(settings, data) as people:
        people.set_role(LOCAL, name, role)
    out.print(f"{name} is {role} now.", highlight=False)


@users.command("groups")
def users_groups(name: str, group: Groups = None, settings: SettingsFile = None, data: DataFolder = None) -> None:
    """Set the groups of a person; none given: they are in none."""
    with _people(settings, data) as people:
        people.set_groups(LOCAL, name, tuple(group or ()))
    out.print(f"{name}: {', '.join(sorted(group or ())) or 'no groups'}", highlight=False)


@users.command("revoke")
def users_revoke(name: str, settings: SettingsFile = None, data: DataFolder = None) -> None:
    """End every session of a person at once."""
    with _people(settings, data) as people:
        ended = people.revoke_sessions(LOCAL, name)
    out.print(f"{ended} sessions of {name} have ended.", highlight=False)


@users.command("history")
def users_history(
    limit: int = 50, settings: SettingsFile = None, data: DataFolder = None, as_json_: AsJson = False
) -> None:
    """Show the latest log-ins and what administrators did."""
    with _people(settings, data) as people:
        lines = people.history(LOCAL, limit)
        broken = people.acts.first_break()
    if as_json_:
        print_json({"acts": [asdict(line) for line in lines], "first_break": broken})
        return
    table = Table("when", "who", "act", "what", "detail")
    for line in lines:
        detail = ", ".join(f"{name}: {value}" for name, value in line.detail.items())
        table.add_row(line.created_at, line.user, line.act, line.object, detail)
    out.print(table)
    if broken is not None:
        raise BadInput(f"Line {broken} of the record was changed, or one before it was taken out.")


@keys.command("list")
def keys_list(
    user: str | None = None, settings: SettingsFile = None, data: DataFolder = None, as_json_: AsJson = False
) -> None:
    """Show keys, without their secrets."""
    with _people(settings, data) as people:
        rows = people.keys_of(LOCAL, user)
    if as_json_:
        print_json([asdict(key) for key in rows])
        return
    table = Table("id", "user", "name", "scopes", "ends", "last used")
    for key in rows:
        ended = " (ended)" if key.expires_at is not None and key.expires_at <= time.time() else ""
        table.add_row(
            key.id, key.user, key.name, ", ".join(key.scopes), _day(key.expires_at) + ended, _day(key.last_used_at)
        )
    out.print(table)


@keys.command("add")
def keys_add(
    user: str,
    name: Annotated[str, typer.Option(help="what it is for")] = "",
    scope: Annotated[list[str] | None, typer.Option(help="ask, search, documents:read ...; several times")] = None,
    days: Annotated[float, typer.Option(help="how long it lives; 0: for ever")] = 90,
    settings: SettingsFile = None,
    data: DataFolder = None,
    as_json_: AsJson = False,
) -> None:
    """Make a key with which a program may ask in this person's name; it is printed once."""
    with _people(settings, data) as people:
        key, token = people.add_key(LOCAL, user, name, scope or ["ask", "search"], days or None)
    if as_json_:
        print_json(asdict(key) | {"key": token})
    else:
        out.print(f"{token}   (shown once)", highlight=False, soft_wrap=True)


@keys.command("revoke")
def keys_revoke(id: str, settings: SettingsFile = None, data: DataFolder = None) -> None:
    """End a key at once."""
    with _people(settings, data) as people:
        if not people.revoke_key(LOCAL, id):
            raise BadInput(f"There is no key {id!r}; `zhiwen keys list` shows all.")
    out.print(f"The key {id} opens nothing any more.", highlight=False)


@contextmanager
def _people(settings: Path | None, data: Path | None) -> Iterator[People]:
    from app.beside import people_of

    with people_of(settings_of(settings, data)) as people:
        yield people


def _day(at: float | None) -> str:
    return datetime.fromtimestamp(at, UTC).date().isoformat() if at is not None else "never"


def _print_password(name: str, password: str, as_json_: bool) -> None:
    if as_json_:
        print_json({"name": name, "password": password})
    else:
        out.print(f"{name} / {password}   (shown once)", highlight=False)
