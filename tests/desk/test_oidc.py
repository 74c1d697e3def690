"""Logging in with an account elsewhere, against an issuer that signs for real and listens on this machine."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from cqia.desk.oidc import Issuer, OidcError
from cqia.errors import ProjectError
from cqia.review import accounts
from desk_at_work import Client, Office


@dataclass
class Fake:
    """An issuer: its keys, what it is to say, and what it was asked."""

    address: str = ""
    key: Any = None
    claims: dict[str, Any] = field(default_factory=dict)
    signed_by: Any = None
    algorithm: str = "RS256"
    document: dict[str, Any] = field(default_factory=dict)
    asked: dict[str, list[str]] = field(default_factory=dict)
    nonce: str = ""

    def token(self) -> str:
        now = int(time.time())
        claims = {"iss": self.address, "aud": "desk", "sub": "u-1", "iat": now, "exp": now + 300, "nonce": self.nonce}
        claims = {name: value for name, value in (claims | self.claims).items() if value is not None}
        return str(jwt.encode(claims, self.signed_by or self.key, self.algorithm, headers={"kid": "k1"}))

    def answer(self, path: str, form: dict[str, list[str]]) -> dict[str, Any]:
        if path == "/.well-known/openid-configuration":
            places = {
                name: f"{self.address}/{name}" for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")
            }
            return {"issuer": self.address, **places, **self.document}
        if path == "/jwks_uri":
            public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
            return {"keys": [public | {"kid": "k1", "use": "sig", "alg": "RS256"}]}
        self.asked = form
        return {"id_token": self.token(), "access_token": "a", "token_type": "Bearer"}


KEYS = [rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2)]


@pytest.fixture
def fake() -> Iterator[Fake]:
    issuer = Fake(key=KEYS[0])

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._say({})

        def do_POST(self) -> None:
            self._say(parse_qs(self.rfile.read(int(self.headers["content-length"])).decode()))

        def _say(self, form: dict[str, list[str]]) -> None:
            data = json.dumps(issuer.answer(self.path, form)).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    issuer.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield issuer
    server.shutdown()
    server.server_close()
    thread.join()


def desk_with(office: Callable[..., Office], fake: Fake) -> Office:
    desk = office(1)
    desk.desk = replace(desk.desk, oidc=Issuer(fake.address, "desk"))
    return desk


def there_and_back(client: Client, fake: Fake, **changed: str) -> Any:
    """Go to the issuer and come back, as a browser does."""
    away = client.get("/oidc")
    asked = {name: values[0] for name, values in parse_qs(urlsplit(away.headers["location"]).query).items()}
    assert asked["code_challenge_method"] == "S256"
    assert asked["redirect_uri"] == "http://127.0.0.1:8765/oidc/back"
    fake.nonce = asked["nonce"]
    return client.get("/oidc/back", params={"state": asked["state"], "code": "c-1", **changed})


def test_an_account_is_linked_and_then_opens_the_desk(office: Callable[..., Office], fake: Fake) -> None:
    desk = desk_with(office, fake)
    assert there_and_back(desk.client("甲"), fake).headers["location"] == "/me"
    assert fake.asked["code_verifier"][0]
    visitor = desk.client()
    assert there_and_back(visitor, fake).headers["location"] == "/review"
    assert "甲" in visitor.http.get("/review").text


def test_somebody_the_desk_does_not_know_stays_out(office: Callable[..., Office], fake: Fake) -> None:
    visitor = desk_with(office, fake).client()
    answer = there_and_back(visitor, fake)
    assert answer.status_code == 403
    assert visitor.http.get("/review", follow_redirects=False).status_code == 303


@pytest.mark.parametrize(
    ("claims", "signed_by", "changed"),
    [
        ({"nonce": "another"}, None, {}),
        ({"nonce": None}, None, {}),
        ({"aud": "another desk"}, None, {}),
        ({"aud": ["desk", "x"]}, None, {}),
        ({"iss": "https://evil.example"}, None, {}),
        ({"exp": 1}, None, {}),
        ({"sub": None}, None, {}),
        ({}, KEYS[1], {}),
        ({}, None, {"state": "forged"}),
        ({}, None, {"state": ""}),
        ({}, None, {"code": ""}),
    ],
)
def test_a_token_that_does_not_hold_opens_nothing(
    office: Callable[..., Office], fake: Fake, claims: dict[str, Any], signed_by: Any, changed: dict[str, str]
) -> None:
    desk = desk_with(office, fake)
    with desk.database.writing() as db:
        accounts.add(db, "甲", "reviewer", None)
        accounts.link(db, "甲", fake.address, "u-1")
    fake.claims, fake.signed_by = claims, signed_by
    visitor = desk.client()
    answer = there_and_back(visitor, fake, **changed)
    assert answer.status_code == 422
    assert visitor.http.get("/review", follow_redirects=False).status_code == 303


def test_a_token_without_a_key_pair_is_none(office: Callable[..., Office], fake: Fake) -> None:
    fake.algorithm, fake.signed_by = "HS256", "a secret of thirty-two bytes or more"
    assert there_and_back(desk_with(office, fake).client(), fake).status_code == 422


def test_a_cookie_of_another_log_in_does_not_fit(office: Callable[..., Office], fake: Fake) -> None:
    desk = desk_with(office, fake)
    one, other = desk.client(), desk.client()
    state = parse_qs(urlsplit(one.get("/oidc").headers["location"]).query)["state"][0]
    other.get("/oidc")
    assert other.get("/oidc/back", params={"state": state, "code": "c"}).status_code == 422


@pytest.mark.parametrize("document", [{"issuer": "https://other.example"}, {"token_endpoint": "http://evil.example/t"}])
def test_an_issuer_that_is_not_what_it_says_is_not_used(fake: Fake, document: dict[str, str]) -> None:
    fake.document = document
    with pytest.raises((OidcError, ProjectError)):
        Issuer(fake.address, "desk").begin("http://127.0.0.1/oidc/back")


def test_an_issuer_in_the_clear_is_refused() -> None:
    with pytest.raises(ProjectError, match="https"):
        Issuer("http://accounts.example", "desk")


def test_an_issuer_that_is_not_there_is_said(office: Callable[..., Office]) -> None:
    desk = office(1)
    desk.desk = replace(desk.desk, oidc=Issuer("http://127.0.0.1:9", "desk"))
    answer = desk.client().get("/oidc")
    assert answer.status_code == 422
    assert "127.0.0.1:9" in answer.text
