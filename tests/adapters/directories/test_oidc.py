"""Single sign-on against a provider of our own on a real socket, through the application's own routes."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from fastapi import FastAPI
from fastapi.testclient import TestClient
from jwt.algorithms import RSAAlgorithm

from adapters.directories.oidc import Oidc, role_of
from adapters.errors import EngineUnavailable, NotAllowed
from tests.ui.web.api.conftest import ADMIN, make_world
from ui.web.sign_on import sign_on_routes


class Provider:
    """An OpenID Connect provider that always lets the same person in; `spoil` changes the claims it signs."""

    def __init__(self) -> None:
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.kid = "k1"
        self.codes: dict[str, dict[str, str]] = {}
        self.claims = {"sub": "42", "preferred_username": "zhang.san", "groups": ["kb-owners", "it"]}
        self.spoil = lambda claims: claims
        self.sign = lambda claims: jwt.encode(claims, self.key, "RS256", {"kid": self.kid})
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                answer = {"/.well-known/openid-configuration": provider.metadata, "/jwks": provider.jwks}[self.path]()
                self._send(200, answer)

            def do_POST(self) -> None:
                form = parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
                self._send(*provider.token({name: values[0] for name, values in form.items()}))

            def _send(self, status: int, answer: dict) -> None:
                body = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments: object) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def metadata(self) -> dict:
        paths = {"authorization_endpoint": "/authorize", "token_endpoint": "/token", "jwks_uri": "/jwks"}
        return {"issuer": self.issuer} | {name: self.issuer + path for name, path in paths.items()}

    def jwks(self) -> dict:
        public = json.loads(RSAAlgorithm.to_jwk(self.key.public_key()))
        return {"keys": [public | {"kid": self.kid, "use": "sig", "alg": "RS256"}]}

    def authorize(self, address: str) -> str:
        """Do what the browser and the person would: return the address the provider sends them back to."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert (asked["response_type"], asked["code_challenge_method"], asked["client_id"]) == (
            "code",
            "S256",
            "zhiwen",
        )
        code = secrets.token_urlsafe()
        self.codes[code] = asked
        return f"{asked['redirect_uri']}?code={code}&state={asked['state']}"

    def token(self, form: dict[str, str]) -> tuple[int, dict]:
        asked = self.codes.pop(form["code"], None)
        proof = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).rstrip(b"=").decode()
        if asked is None or proof != asked["code_challenge"] or form.get("client_secret") != "hush":
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": "zhiwen", "iat": now, "exp": now + 60, "nonce": asked["nonce"]}
        return 200, {"access_token": "x", "id_token": self.sign(self.spoil(self.claims | claims))}


@pytest.fixture(scope="module")
def running():
    provider = Provider()
    yield provider
    provider.server.shutdown()
    provider.server.server_close()


@pytest.fixture
def provider(running):
    running.spoil = lambda claims: claims
    running.sign = lambda claims: jwt.encode(claims, running.key, "RS256", {"kid": running.kid})
    return running


@pytest.fixture
def oidc(provider) -> Oidc:
    return Oidc(provider.issuer, "zhiwen", "hush", roles={"kb-owners": "owner", "it-admins": "admin"})


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    return make_world(tmp_path_factory.mktemp("sso"))


@pytest.fixture
def browser(world, oidc) -> TestClient:
    from dataclasses import replace

    app = FastAPI()
    app.state.sign_on = True
    app.include_router(sign_on_routes(replace(world.service, sign_on=oidc)))
    return TestClient(app, follow_redirects=False)


def test_somebody_comes_back_with_a_session_their_groups_and_the_page_they_wanted(browser, provider, world):
    away = browser.get("/login/oidc?next=/documents/leave/2/view")
    assert away.headers["location"].startswith(provider.issuer + "/authorize?")
    assert "HttpOnly" in away.headers["set-cookie"] and "SameSite=lax" in away.headers["set-cookie"]
    back = browser.get(provider.authorize(away.headers["location"]))
    assert (back.status_code, back.headers["location"]) == (303, "/documents/leave/2/view")
    asker = world.service.people.asker(back.cookies["zhiwen_session"])
    assert (asker.user, asker.role, asker.groups) == ("zhang.san", "owner", {"kb-owners", "it"})
    assert world.service.people.history(ADMIN)[0].detail == {"source": "oidc"}


def test_an_answer_counts_once_and_only_in_the_browser_that_asked(browser, provider, world, oidc):
    address = provider.authorize(browser.get("/login/oidc").headers["location"])
    stranger = TestClient(browser.app, follow_redirects=False)
    assert stranger.get(address).status_code == 400
    assert browser.get(address).status_code == 400  # it was used up
    address = provider.authorize(browser.get("/login/oidc").headers["location"])
    assert browser.get(address).status_code == 303 and browser.get(address).status_code == 400


@pytest.mark.parametrize("query", ["", "?state=x&code=y", "?error=access_denied"])
def test_an_answer_nobody_asked_for_leads_back_to_the_log_in(browser, query):
    response = browser.get(f"/login/oidc/callback{query}")
    assert response.status_code == 400 and "zhiwen_session" not in response.cookies and "/login/oidc?" in response.text


def test_somebody_shut_out_here_stays_out(browser, provider, world):
    browser.get(provider.authorize(browser.get("/login/oidc").headers["location"]))
    world.service.people.set_disabled(ADMIN, "zhang.san", True)
    try:
        assert browser.get(provider.authorize(browser.get("/login/oidc").headers["location"])).status_code == 403
    finally:
        world.service.people.set_disabled(ADMIN, "zhang.san", False)


def finished(oidc: Oidc, provider: Provider):
    started = oidc.begin("http://here/callback")
    code = parse_qs(urlsplit(provider.authorize(started.address)).query)["code"][0]
    return oidc.finish(code, "http://here/callback", started)


@pytest.mark.parametrize(
    "spoiled",
    [
        {"aud": "another"},
        {"aud": ["zhiwen", "another"]},
        {"azp": "another"},
        {"iss": "https://evil.example"},
        {"exp": 1},
        {"nonce": "another"},
        {"preferred_username": ""},
        {"sub": None},
    ],
)
def test_a_claim_that_does_not_hold_lets_nobody_in(oidc, provider, spoiled):
    provider.spoil = lambda claims: {name: value for name, value in (claims | spoiled).items() if value is not None}
    with pytest.raises(NotAllowed):
        finished(oidc, provider)


@pytest.mark.parametrize("way", ["none", "secret", "another key", "unknown key", "rubbish"])
def test_a_signature_that_does_not_hold_lets_nobody_in(oidc, provider, way):
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    provider.sign = {
        "none": lambda claims: jwt.encode(claims, None, "none"),
        "secret": lambda claims: jwt.encode(claims, "hush" * 10, "HS256", {"kid": "k1"}),
        "another key": lambda claims: jwt.encode(claims, other, "RS256", {"kid": "k1"}),
        "unknown key": lambda claims: jwt.encode(claims, other, "RS256", {"kid": "k9"}),
        "rubbish": lambda claims: "a.b.c",
    }[way]
    with pytest.raises(NotAllowed):
        finished(oidc, provider)


def test_a_code_without_its_verifier_is_worth_nothing(oidc, provider):
    from dataclasses import replace

    started = oidc.begin("http://here/callback")
    code = parse_qs(urlsplit(provider.authorize(started.address)).query)["code"][0]
    with pytest.raises(NotAllowed, match="invalid_grant"):
        oidc.finish(code, "http://here/callback", replace(started, verifier="guessed"))


def test_a_new_key_of_the_provider_is_fetched(oidc, provider):
    assert finished(oidc, provider).name == "zhang.san"
    provider.key, provider.kid = rsa.generate_private_key(public_exponent=65537, key_size=2048), "k2"
    assert finished(oidc, provider).name == "zhang.san"


def test_an_address_counts_as_a_name_only_when_the_provider_verified_it(provider):
    oidc = Oidc(provider.issuer, "zhiwen", "hush", name_claim="email")
    provider.spoil = lambda claims: claims | {"email": "admin@example.com", "email_verified": False}
    with pytest.raises(NotAllowed):
        finished(oidc, provider)


def test_a_provider_that_is_not_there_is_named():
    with pytest.raises(EngineUnavailable, match="does not answer"):
        Oidc("http://127.0.0.1:9", "zhiwen").begin("http://here")


def test_groups_give_the_highest_role_and_without_a_map_none():
    roles = {"a": "reviewer", "b": "admin"}
    assert [role_of(groups, roles) for groups in (("a",), ("a", "b"), ("x",), ())] == [
        "reviewer", "admin", "reader", "reader",
    ]  # fmt: skip
    assert role_of(("a",), {}) is None
