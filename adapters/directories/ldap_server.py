"""Name and password checked by an LDAP server: find the person, bind as them, read their groups.

Needs the package ldap3, which is installed by asking for it (`zhiwen[ldap]`).
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from adapters.directories.oidc import role_of
from adapters.errors import BadSettings, EngineUnavailable
from adapters.records import Vouched

SECONDS = 10
_first_part = re.compile(r"^[^=]+=((?:\\.|[^,\\])+)")


@dataclass(frozen=True)
class Ldap:
    """One server: `address` is ldaps://host or ldap://host; with `start_tls` the latter is encrypted before use.

    `search` finds a person below `base`; {name} in it is what they typed. `bind_name` and `bind_password` are those of
    an account that may search, empty for none. `roles` maps groups to roles, as for single sign-on.
    """

    address: str
    base: str
    search: str = "(uid={name})"
    name_attribute: str = "uid"
    group_attribute: str = "memberOf"
    bind_name: str = ""
    bind_password: str = ""
    start_tls: bool = False
    roles: Mapping[str, str] = field(default_factory=dict)

    def check(self, name: str, password: str) -> Vouched | None:
        """Return who it is, None for a wrong name or password. Raises EngineUnavailable, BadSettings."""
        if not name or not password or not name.isprintable():
            return None  # an empty password would be an anonymous bind, which servers accept
        ldap3 = _library()
        try:
            found = self._find(ldap3, name)
            if found is None:
                return None
            with self._connect(ldap3, found.entry_dn, password) as connection:
                if not connection.bound:
                    return None
        except ldap3.core.exceptions.LDAPException as cause:
            raise EngineUnavailable(f"The directory {self.address} does not answer ({cause}).") from cause
        values = found.entry_attributes_as_dict
        given = values.get(self.name_attribute) or [name]
        groups = tuple(_short(str(group)) for group in values.get(self.group_attribute) or ())
        return Vouched(str(given[0]), role_of(groups, self.roles), groups)

    def _find(self, ldap3: Any, name: str) -> Any:
        question = self.search.replace("{name}", ldap3.utils.conv.escape_filter_chars(name))
        with self._connect(ldap3, self.bind_name, self.bind_password) as connection:
            if not connection.bound:
                raise EngineUnavailable(f"The directory {self.address} refuses `ldap.bind_name` or its password.")
            connection.search(self.base, question, attributes=[self.name_attribute, self.group_attribute], size_limit=2)
            # Two people for one name is a question nobody answered: neither gets in.
            return connection.entries[0] if len(connection.entries) == 1 else None

    @contextmanager
    def _connect(self, ldap3: Any, name: str, password: str) -> Iterator[Any]:
        """Yield a connection that has tried to bind; `bound` says whether the server took name and password."""
        tls = ldap3.Tls(validate=ssl.CERT_REQUIRED)
        server = ldap3.Server(self.address, get_info=ldap3.NONE, connect_timeout=SECONDS, tls=tls)
        connection = ldap3.Connection(
            server,
            user=name or None,
            password=password or None,
            authentication=ldap3.SIMPLE if name else ldap3.ANONYMOUS,
            receive_timeout=SECONDS,
            read_only=True,
            check_names=False,
        )
        try:
            connection.open()
            if self.start_tls:
                connection.start_tls()
            connection.bind()
            yield connection
        finally:
            connection.unbind()
            # After a refused connection ldap3 leaves its socket to the garbage collector.
            if connection.socket is not None:
                connection.socket.close()


def _short(group: str) -> str:
    """Return the first part of a distinguished name: cn=HR,ou=groups -> HR."""
    found = _first_part.match(group)
    return re.sub(r"\\(.)", r"\1", found[1]) if found else group


def _library() -> Any:
    try:
        import ldap3
    except ImportError as cause:
        raise BadSettings(
            "`ldap.address` is set, but ldap3 is not installed: pip install 'zhiwen[ldap]', or leave the setting out."
        ) from cause
    return ldap3
