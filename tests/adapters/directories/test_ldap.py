"""Log-in against an LDAP server of our own on a real socket, speaking the protocol's own messages."""

from __future__ import annotations

import socketserver
import threading

import pytest

ldap3 = pytest.importorskip("ldap3")
from ldap3.protocol import rfc4511 as ldap  # noqa: E402
from pyasn1.codec.ber import decoder, encoder  # noqa: E402

from adapters.directories.ldap_server import Ldap  # noqa: E402
from adapters.errors import EngineUnavailable  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # ldap3 2.9 uses names pyasn1 renamed

SEARCHER = ("cn=search,dc=example", "s3cret")
PEOPLE = {
    "li.na": ("uid=li.na,ou=people,dc=example", "correct horse", ["cn=HR,ou=groups,dc=example", "cn=a\\,b,dc=example"]),
    "twin": ("uid=twin,ou=people,dc=example", "pass word", []),
}
asked: list[str] = []


class Handler(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        buffer = b""
        while data := self.request.recv(65_536):
            buffer += data
            while buffer:
                try:
                    message, buffer = decoder.decode(buffer, asn1Spec=ldap.LDAPMessage())
                except Exception:
                    break  # not whole yet
                if not self._answer(message):
                    return

    def _answer(self, message) -> bool:
        kind = message["protocolOp"].getName()
        request = message["protocolOp"].getComponent()
        if kind == "unbindRequest":
            return False
        if kind == "bindRequest":
            name, password = str(request["name"]), bytes(request["authentication"].getComponent()).decode()
            known = dict([SEARCHER, *((dn, secret) for dn, secret, _ in PEOPLE.values())])
            # As servers do: a name with an empty password is an anonymous bind, which succeeds.
            self._send(
                message, "bindResponse", ldap.BindResponse(), 0 if not password or known.get(name) == password else 49
            )
        if kind == "searchRequest":
            filter = request["filter"]
            wanted = (
                bytes(filter.getComponent()["assertionValue"]).decode() if filter.getName() == "equalityMatch" else "*"
            )
            asked.append(wanted)
            for name, (dn, _, groups) in PEOPLE.items():
                if wanted == name or wanted == "*":
                    for _ in range(2 if name == "twin" else 1):
                        self._entry(message, dn, {"uid": [name], "memberOf": groups})
            self._send(message, "searchResDone", ldap.SearchResultDone(), 0)
        return True

    def _entry(self, message, dn: str, values: dict[str, list[str]]) -> None:
        entry = ldap.SearchResultEntry()
        entry["object"] = ldap.LDAPDN(dn)
        attributes = ldap.PartialAttributeList()
        for number, (name, given) in enumerate(values.items()):
            attribute = ldap.PartialAttribute()
            attribute["type"] = ldap.AttributeDescription(name)
            vals = ldap.Vals()
            for index, value in enumerate(given):
                vals[index] = ldap.AttributeValue(value.encode())
            attribute["vals"] = vals
            attributes[number] = attribute
        entry["attributes"] = attributes
        self._reply(message, "searchResEntry", entry)

    def _send(self, message, kind: str, answer, code: int) -> None:
        answer["resultCode"] = ldap.ResultCode(code)
        answer["matchedDN"] = ldap.LDAPDN("")
        answer["diagnosticMessage"] = ldap.LDAPString("")
        self._reply(message, kind, answer)

    def _reply(self, message, kind: str, answer) -> None:
        reply = ldap.LDAPMessage()
        reply["messageID"] = message["messageID"]
        operation = ldap.ProtocolOp()
        operation[kind] = answer
        reply["protocolOp"] = operation
        self.request.sendall(encoder.encode(reply))


@pytest.fixture(scope="module")
def address():
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"ldap://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def directory(address) -> Ldap:
    return Ldap(address, "dc=example", bind_name=SEARCHER[0], bind_password=SEARCHER[1], roles={"HR": "owner"})


def test_the_right_password_gives_name_groups_and_role(directory):
    found = directory.check("li.na", "correct horse")
    assert (found.name, found.groups, found.role) == ("li.na", ("HR", "a,b"), "owner")


@pytest.mark.parametrize(
    ("name", "password"),
    [("li.na", "wrong"), ("li.na", ""), ("nobody", "x"), ("", "x"), ("twin", "pass word"), ("li.na\x00", "x")],
)
def test_nobody_else_gets_in(directory, name, password):
    assert directory.check(name, password) is None


def test_a_name_cannot_change_the_question(directory):
    for name in ("*", "li.na)(uid=*", "*)(|(uid=*"):
        assert directory.check(name, "correct horse") is None
        assert asked[-1] == name  # arrived as one value to compare with, not as a pattern


def test_a_directory_that_is_not_there_or_refuses_us_is_told(address):
    with pytest.raises(EngineUnavailable, match="does not answer"):
        Ldap("ldap://127.0.0.1:9", "dc=example").check("li.na", "x")
    with pytest.raises(EngineUnavailable, match="bind_name"):
        Ldap(address, "dc=example", bind_name=SEARCHER[0], bind_password="old").check("li.na", "x")
