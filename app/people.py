"""Who may log in, with what key, and what became of it: every change is authorized first and noted after.

It keeps what `app.assistant` asks of accounts (log in, who is this, log out) and the acts of administrators.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from adapters.errors import BadInput, NotAllowed, ZhiwenError
from adapters.records import Asker, Vouched
from adapters.rights import Target, require
from adapters.stores.accounts import Accounts, Person, Session
from adapters.stores.acts import Act, Acts
from adapters.stores.api_keys import ApiKey, ApiKeys

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class People:
    """People, sessions and keys; `by` is who acts.

    `directory` checks name and password elsewhere (LDAP) for those without a password here; None when there is none.
    """

    accounts: Accounts
    keys: ApiKeys
    acts: Acts
    directory: Callable[[str, str], Vouched | None] | None = None

    # Logging in

    def log_in(self, name: str, password: str) -> str | None:
        """Return a session token, or None; both are noted. Slow on purpose."""
        token = self.accounts.log_in(name, password)
        known = next((person for person in self.accounts.people() if person.name == name), None)
        if token is None and self.directory and password and (known is None or known.source == "ldap"):
            vouched = self._ask(self.directory, name, password)
            if vouched is not None:
                return self.admit(vouched, "ldap")
        if token is not None:
            self.acts.note(name, "log-in", name, {"source": "local"})
        else:
            # An unknown name is not kept: it may be a password typed into the wrong field.
            self.acts.note(name if known else "", "log-in.failed", name if known else "")
        return token

    @staticmethod
    def _ask(directory: Callable[[str, str], Vouched | None], name: str, password: str) -> Vouched | None:
        try:
            return directory(name, password)
        except ZhiwenError:
            # Those with a password here still get in; the rest hear what everybody hears.
            _log.warning("The directory could not be asked", exc_info=True)
            return None

    def admit(self, vouched: Vouched, source: str) -> str | None:
        """Return a session for somebody another directory vouches for, None when they are shut out here."""
        try:
            token = self.accounts.admit(vouched.name, source, vouched.role, vouched.groups)
        except (NotAllowed, BadInput) as problem:
            self.acts.note(vouched.name, "log-in.failed", vouched.name, {"source": source, "why": str(problem)})
            return None
        self.acts.note(vouched.name, "log-in", vouched.name, {"source": source})
        return token

    def asker(self, token: str) -> Asker | None:
        return self.accounts.asker(token)

    def asker_of_key(self, key: str) -> Asker | None:
        return self.keys.asker(key)

    def asker_named(self, name: str) -> Asker | None:
        """Return a person as they stand now, for whoever owns the machine; None when unknown or shut out."""
        return self.accounts.named(name)

    def log_out(self, token: str) -> None:
        if asker := self.accounts.asker(token):
            self.acts.note(asker.user, "log-out", asker.user)
        self.accounts.log_out(token)

    # What administrators do

    def everyone(self, by: Asker) -> list[Person]:
        require(by, "user.read")
        return self.accounts.people()

    def add(self, by: Asker, name: str, role: str = "reader", groups: tuple[str, ...] = ()) -> str:
        """Add a person and return a generated password, which nobody can see again."""
        require(by, "user.write")
        password = secrets.token_urlsafe(12)
        self.accounts.create(name, password, role, groups)
        self.acts.note(by.user, "user.add", name.strip(), {"role": role, "groups": sorted(groups)})
        return password

    def reset(self, by: Asker, name: str) -> str:
        """Give a person a new generated password, and end their sessions."""
        require(by, "user.write")
        password = secrets.token_urlsafe(12)
        self.accounts.set_password(name, password)
        self.acts.note(by.user, "user.reset", name)
        return password

    def set_role(self, by: Asker, name: str, role: str) -> None:
        require(by, "user.write")
        self.accounts.set_role(name, role)
        self.acts.note(by.user, "user.role", name, {"role": role})

    def set_groups(self, by: Asker, name: str, groups: tuple[str, ...]) -> None:
        require(by, "user.write")
        self.accounts.set_groups(name, groups)
        self.acts.note(by.user, "user.groups", name, {"groups": sorted(groups)})

    def set_disabled(self, by: Asker, name: str, disabled: bool) -> None:
        require(by, "user.write")
        self.accounts.set_disabled(name, disabled)
        self.acts.note(by.user, "user.disable" if disabled else "user.enable", name)

    def unlock(self, by: Asker, name: str) -> None:
        require(by, "user.write")
        self.accounts.unlock(name)
        self.acts.note(by.user, "user.unlock", name)

    def revoke_sessions(self, by: Asker, name: str) -> int:
        """End every session of a person at once, one's own or anybody's as administrator; return how many."""
        require(by, "session.own" if name == by.user and by.role != "admin" else "user.write", Target(owner=name))
        ended = self.accounts.revoke(name)
        self.acts.note(by.user, "user.revoke", name, {"sessions": ended})
        return ended

    def sessions(self, by: Asker) -> list[Session]:
        """Return one's own open sessions."""
        require(by, "session.own", Target(owner=by.user))
        return self.accounts.sessions_of(by.user)

    def history(self, by: Asker, limit: int = 100, before: int | None = None, act: str = "") -> list[Act]:
        """Return what was noted, newest first."""
        require(by, "audit.read")
        return self.acts.recent(limit, before, act)

    # Keys

    def keys_of(self, by: Asker, user: str | None) -> list[ApiKey]:
        """Return one's own keys, or anybody's as administrator (`user` None: everybody's)."""
        self._require_key(by, user or "")
        return self.keys.known(user)

    def add_key(
        self, by: Asker, user: str, name: str, scopes: Iterable[str], days: float | None = 90
    ) -> tuple[ApiKey, str]:
        """Return a new key in that person's name and its text, which nobody can see again."""
        self._require_key(by, user)
        key, token = self.keys.create(user, name, scopes, days)
        self.acts.note(by.user, "key.add", key.id, {"user": user, "scopes": list(key.scopes), "days": days})
        return key, token

    def revoke_key(self, by: Asker, id: str) -> bool:
        """End a key at once; False when there is none that this person may end."""
        found = next((key for key in self.keys.known() if key.id == id), None)
        if found is None:
            return False
        self._require_key(by, found.user)
        ended = self.keys.revoke(id)
        self.acts.note(by.user, "key.revoke", id, {"user": found.user})
        return ended

    @staticmethod
    def _require_key(by: Asker, user: str) -> None:
        require(by, "key.own" if user == by.user else "key.any", Target(owner=user))
