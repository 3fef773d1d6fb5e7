"""Single sign-on by OpenID Connect: authorization code with PKCE, and what the provider signed, checked.

It knows neither cookies nor accounts; it turns a provider's answer into somebody vouched for.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import httpx
import jwt

from adapters.errors import EngineUnavailable, NotAllowed
from adapters.records import Vouched
from adapters.rights import ROLES

# Signatures with the client's secret (HS256) and none at all are not taken.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA")
METADATA_SECONDS = 3600.0
LEEWAY = 60


@dataclass(frozen=True)
class Started:
    """What must be remembered, beside the browser, until the provider answers."""

    address: str
    state: str
    nonce: str
    verifier: str


@dataclass
class Oidc:
    """One provider. `roles` maps its groups to ours; without it a person's role here stays what it is.

    `name_claim` should be one that people cannot change at the provider. `client` is for tests.
    """

    issuer: str
    client_id: str
    client_secret: str = ""
    name_claim: str = "preferred_username"
    group_claim: str = "groups"
    scope: str = "openid profile email"
    roles: Mapping[str, str] = field(default_factory=dict)
    client: httpx.Client | None = None
    _metadata: tuple[float, dict[str, Any]] | None = None
    _keys: dict[str, Any] = field(default_factory=dict)

    def begin(self, redirect: str) -> Started:
        """Return where to send the browser. Raises EngineUnavailable when the provider does not answer."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        question = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": redirect,
            "scope": self.scope,
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        endpoint = str(self._known()["authorization_endpoint"])
        joint = "&" if "?" in endpoint else "?"
        return Started(endpoint + joint + urlencode(question), state, nonce, verifier)

    def finish(self, code: str, redirect: str, started: Started) -> Vouched:
        """Return who it is. Raises NotAllowed for an answer that does not hold, EngineUnavailable."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect,
            "client_id": self.client_id,
            "code_verifier": started.verifier,
        }
        if self.client_secret:
            form["client_secret"] = self.client_secret
        answer = self._call("POST", str(self._known()["token_endpoint"]), form)
        return self._vouched(self._checked(str(answer.get("id_token", "")), started.nonce))

    def _checked(self, token: str, nonce: str) -> dict[str, Any]:
        """Return the claims of an ID token after every check of OpenID Connect Core 3.1.3.7."""
        try:
            header = jwt.get_unverified_header(token)
            if header.get("alg") not in ALGORITHMS:
                raise NotAllowed("The single sign-on provider signed in a way that is not accepted.")
            claims: dict[str, Any] = jwt.decode(
                token,
                self._key(str(header.get("kid", ""))),
                algorithms=list(ALGORITHMS),
                audience=self.client_id,
                issuer=str(self._known()["issuer"]),
                leeway=LEEWAY,
                options={"require": ["exp", "iat", "sub", "aud", "iss"]},
            )
        except jwt.PyJWTError as cause:
            raise NotAllowed(f"The single sign-on provider's answer does not hold ({cause}). Try again.") from cause
        several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
        if (several or "azp" in claims) and claims.get("azp") != self.client_id:
            raise NotAllowed("The single sign-on provider's answer was meant for another program.")
        if not secrets.compare_digest(str(claims.get("nonce", "")), nonce):
            raise NotAllowed("The single sign-on provider's answer belongs to another attempt. Try again.")
        return claims

    def _vouched(self, claims: Mapping[str, Any]) -> Vouched:
        name = str(claims.get(self.name_claim) or "").strip()
        if not name or (self.name_claim == "email" and claims.get("email_verified") is not True):
            raise NotAllowed(f"The single sign-on provider gave no {self.name_claim!r} to name this account by.")
        given = claims.get(self.group_claim)
        groups = tuple(str(group) for group in given) if isinstance(given, list) else None
        return Vouched(name, role_of(groups or (), self.roles), groups)

    def _key(self, id: str) -> Any:
        if id not in self._keys:
            # Providers change their keys: an unknown one is asked for again.
            found = self._call("GET", str(self._known()["jwks_uri"]))
            usable = [key for key in found.get("keys", []) if key.get("use", "sig") == "sig"]
            self._keys = {str(key.get("kid", "")): jwt.PyJWK.from_dict(key).key for key in usable if _known(key)}
        if id not in self._keys:
            raise NotAllowed("The single sign-on provider signed with a key it does not publish.")
        return self._keys[id]

    def _known(self) -> dict[str, Any]:
        """Return the provider's description of itself."""
        if self._metadata is None or time.monotonic() - self._metadata[0] > METADATA_SECONDS:
            found = self._call("GET", self.issuer.rstrip("/") + "/.well-known/openid-configuration")
            if str(found.get("issuer", "")).rstrip("/") != self.issuer.rstrip("/"):
                raise EngineUnavailable(f"{self.issuer} calls itself {found.get('issuer')!r}; correct `oidc.issuer`.")
            self._metadata = (time.monotonic(), found)
        return self._metadata[1]

    def _call(self, method: str, address: str, form: Mapping[str, str] | None = None) -> dict[str, Any]:
        client = self.client or httpx.Client(timeout=10)
        try:
            response = client.request(method, address, data=form, headers={"Accept": "application/json"})
            found = response.json()
        except (httpx.HTTPError, ValueError) as cause:
            raise EngineUnavailable(
                f"The single sign-on provider does not answer ({cause}). Try again later."
            ) from cause
        finally:
            if self.client is None:
                client.close()
        if response.status_code >= 500 or not isinstance(found, dict):
            raise EngineUnavailable("The single sign-on provider does not answer. Try again later.")
        if response.status_code >= 400:
            raise NotAllowed(f"The single sign-on provider refused ({found.get('error', response.status_code)}).")
        return found


def role_of(groups: tuple[str, ...], roles: Mapping[str, str]) -> str | None:
    """Return the highest role that the groups give, "reader" when none does, None when no roles are mapped."""
    if not roles:
        return None
    given = {roles[group] for group in groups if group in roles}
    return max(given, key=ROLES.index, default="reader")


def _known(key: Mapping[str, Any]) -> bool:
    return key.get("kty") in ("RSA", "EC", "OKP")
