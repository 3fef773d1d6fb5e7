"""People, their groups and their sessions, in the document store's database.

Passwords are kept as argon2id hashes, session tokens as SHA-256: the database gives nobody a way in.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from datetime import UTC, datetime
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError
from sqlalchemy import Engine, delete, func, insert, select, update

from adapters.errors import BadInput
from adapters.records import Asker
from adapters.stores.schema import memberships, sessions, users

ROLES = ("reader", "owner", "reviewer", "admin")
SHORTEST_PASSWORD = 8
_hasher = PasswordHasher()


@cache
def _nobody() -> str:
    """A hash that takes as long to check as a real one, so that timing does not tell which names exist."""
    return _hasher.hash(secrets.token_urlsafe())


class Accounts:
    """Users, groups and sessions on the engine given."""

    def __init__(self, engine: Engine, session_seconds: float = 12 * 3600) -> None:
        self._engine = engine
        self._session_seconds = session_seconds

    def count(self) -> int:
        with self._engine.connect() as connection:
            return connection.execute(select(func.count()).select_from(users)).scalar_one()

    def create(self, name: str, password: str, role: str = "reader", groups: tuple[str, ...] = ()) -> None:
        """Add a person. Raises BadInput when the name is taken or the password too short."""
        if role not in ROLES:
            raise BadInput(f"There is no role {role!r}; choose one of {', '.join(ROLES)}.")
        if len(password) < SHORTEST_PASSWORD:
            raise BadInput(f"The password needs at least {SHORTEST_PASSWORD} characters.")
        name = name.strip()
        if not name:
            raise BadInput("The user name is empty.")
        with self._engine.begin() as connection:
            if connection.execute(select(users.c.name).where(users.c.name == name)).first():
                raise BadInput(f"There is already a user {name!r}; choose another name or set a new password.")
            row = {"name": name, "password_hash": _hasher.hash(password), "role": role, "disabled": False}
            connection.execute(insert(users).values(row | {"created_at": datetime.now(UTC).isoformat()}))
            if groups:
                connection.execute(insert(memberships), [{"user": name, "group": group} for group in set(groups)])

    def set_password(self, name: str, password: str) -> None:
        """Replace a password and end every session of that person."""
        if len(password) < SHORTEST_PASSWORD:
            raise BadInput(f"The password needs at least {SHORTEST_PASSWORD} characters.")
        with self._engine.begin() as connection:
            done = connection.execute(
                update(users).where(users.c.name == name).values(password_hash=_hasher.hash(password))
            )
            if not done.rowcount:
                raise BadInput(f"There is no user {name!r}; `zhiwen users list` shows all.")
            connection.execute(delete(sessions).where(sessions.c.user == name))

    def set_disabled(self, name: str, disabled: bool) -> None:
        with self._engine.begin() as connection:
            connection.execute(update(users).where(users.c.name == name).values(disabled=disabled))
            if disabled:
                connection.execute(delete(sessions).where(sessions.c.user == name))

    def list(self) -> list[tuple[str, str, bool]]:
        """Return (name, role, disabled) of everyone."""
        query = select(users.c.name, users.c.role, users.c.disabled).order_by(users.c.name)
        with self._engine.connect() as connection:
            return [(row.name, row.role, row.disabled) for row in connection.execute(query)]

    def log_in(self, name: str, password: str) -> str | None:
        """Return a new session token, or None for a wrong name, wrong password or disabled person."""
        with self._engine.connect() as connection:
            row = connection.execute(select(users).where(users.c.name == name)).one_or_none()
        try:
            _hasher.verify(row.password_hash if row else _nobody(), password)
        except (VerifyMismatchError, VerificationError, InvalidHashError):
            return None
        if row is None or row.disabled:
            return None
        token = secrets.token_urlsafe(32)
        with self._engine.begin() as connection:
            connection.execute(delete(sessions).where(sessions.c.expires_at < time.time()))
            connection.execute(
                insert(sessions).values(
                    token_hash=_digest(token), user=name, expires_at=time.time() + self._session_seconds
                )
            )
        return token

    def asker(self, token: str) -> Asker | None:
        """Return who holds this session now: roles and groups are read each time, so a change counts at once."""
        query = (
            select(users.c.name, users.c.role)
            .join(sessions, sessions.c.user == users.c.name)
            .where(
                sessions.c.token_hash == _digest(token),
                sessions.c.expires_at > time.time(),
                users.c.disabled.is_(False),
            )
        )
        with self._engine.connect() as connection:
            row = connection.execute(query).one_or_none()
            if row is None:
                return None
            groups = connection.execute(select(memberships.c.group).where(memberships.c.user == row.name)).scalars()
            return Asker(row.name, frozenset(groups), is_admin=row.role == "admin", role=row.role)

    def log_out(self, token: str) -> None:
        with self._engine.begin() as connection:
            connection.execute(delete(sessions).where(sessions.c.token_hash == _digest(token)))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
