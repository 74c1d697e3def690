"""Logging in with an account at an OpenID Connect issuer: the code flow with PKCE, state and nonce.

What must come back with the code (state, nonce, verifier) waits in a cookie that no script reads. (OpenID Connect Core
1.0, 3.1; RFC 7636)
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from functools import cached_property
from http.client import HTTPException
from typing import Any

from cqia.errors import CqiaError, ProjectError

SECONDS = 10
MAX_BYTES = 1 << 20  # of a reply of the issuer
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA")  # by key pairs alone
LEEWAY = 60  # seconds that the two clocks may differ


class OidcError(CqiaError):
    """The issuer, or what it sent back, cannot be trusted or reached; nobody is logged in."""


@dataclass(frozen=True)
class Identity:
    """Who somebody is at an issuer."""

    issuer: str
    subject: str


class _Stay(urllib.request.HTTPRedirectHandler):
    """An issuer that sends us elsewhere is not asked further."""

    def redirect_request(self, *arguments: Any) -> None:
        """No request."""


_OPENER = urllib.request.build_opener(_Stay)


@dataclass(frozen=True)
class Issuer:
    """An issuer and the desk's registration with it, as ``[review.oidc]`` says."""

    issuer: str
    client_id: str
    secret_env: str = ""

    def __post_init__(self) -> None:
        _checked(self.issuer)

    @property
    def shown(self) -> str:
        """Its host, for people."""
        return urllib.parse.urlsplit(self.issuer).netloc

    @cached_property
    def places(self) -> dict[str, str]:
        """The issuer's addresses, from its discovery document."""
        found = _asked(f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")
        if found.get("issuer") != self.issuer:
            raise OidcError(f"{self.issuer} calls itself {str(found.get('issuer'))[:200]!r}.", "Write it exactly so.")
        names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
        return {name: _checked(str(found.get(name, ""))) for name in names}

    def begin(self, back: str) -> tuple[str, str]:
        """Where the browser is sent, and what waits in the cookie meanwhile.

        Args:
            back: the desk's own address that the issuer sends the browser back to.
        """
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        asked = {
            "response_type": "code", "client_id": self.client_id, "redirect_uri": back, "scope": "openid",
            "state": state, "nonce": nonce, "code_challenge": challenge, "code_challenge_method": "S256",
        }  # fmt: skip
        start = self.places["authorization_endpoint"]
        return f"{start}{'&' if '?' in start else '?'}{urllib.parse.urlencode(asked)}", f"{state}.{nonce}.{verifier}"

    def finish(self, waiting: str, state: str, code: str, back: str) -> Identity:
        """Who came back with ``code``.

        Raises:
            OidcError: it is not the flow that this browser began, or the issuer's token does not hold.
        """
        parts = waiting.split(".")
        if len(parts) != 3 or not code or not secrets.compare_digest(parts[0].encode(), state.encode()):
            raise OidcError("This is not the log-in that this browser began.", "Begin again.")
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": back, "code_verifier": parts[2],
                "client_id": self.client_id}  # fmt: skip
        if self.secret_env:
            form["client_secret"] = self._secret()
        reply = _asked(self.places["token_endpoint"], form)
        return self._identity(str(reply.get("id_token", "")), parts[1])

    def _identity(self, token: str, nonce: str) -> Identity:
        import jwt

        try:
            keys = jwt.PyJWKSet.from_dict(_asked(self.places["jwks_uri"]))
            named = jwt.get_unverified_header(token).get("kid")
            fitting = [key for key in keys.keys if key.key_id == named or (named is None and len(keys.keys) == 1)]
            if not fitting:
                raise OidcError("The issuer signed with a key that it does not publish.")
            claims = jwt.decode(
                token, fitting[0], algorithms=list(ALGORITHMS), audience=self.client_id, issuer=self.issuer,
                leeway=LEEWAY, options={"require": ["exp", "iat", "iss", "aud", "sub"]},
            )  # fmt: skip
        except jwt.PyJWTError as error:
            raise OidcError(f"The issuer's token does not hold: {error}.") from error
        several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
        if claims.get("nonce") != nonce or (several and claims.get("azp") != self.client_id):
            raise OidcError("The issuer's token belongs to another log-in.", "Begin again.")
        return Identity(self.issuer, str(claims["sub"])[:255])

    def _secret(self) -> str:
        secret = os.environ.get(self.secret_env)
        if not secret:
            raise ProjectError(f"[review.oidc] names {self.secret_env}, which is not in the environment.",
                               f"export {self.secret_env}=…")  # fmt: skip
        return secret


def _checked(address: str) -> str:
    """An issuer's address, if it is one that may be asked: https, or http on this machine."""
    parts = urllib.parse.urlsplit(address)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost", "::1")):
        raise ProjectError(
            f"[review.oidc] {address!r} is not https.", 'Write it like issuer = "https://accounts.example"'
        )
    return address


def _asked(address: str, form: dict[str, str] | None = None) -> dict[str, Any]:
    data = urllib.parse.urlencode(form).encode() if form is not None else None
    request = urllib.request.Request(address, data, {"accept": "application/json"})  # noqa: S310 - checked above
    try:
        with _OPENER.open(request, timeout=SECONDS) as reply:
            found = json.loads(reply.read(MAX_BYTES))
    except (OSError, HTTPException, ValueError, RecursionError) as error:
        hint = "See that [review.oidc] in cqia.toml is as the issuer says."
        host = urllib.parse.urlsplit(address).netloc
        raise OidcError(f"{host} did not answer as it should: {error}.", hint) from error
    if not isinstance(found, dict):
        raise OidcError(f"{urllib.parse.urlsplit(address).netloc} did not answer with a JSON object.")
    return found
