"""Signing in by an OpenID provider on a real socket, and who that is here."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import httpx2
import pytest

from holdfast.state import Invitations, People, State
from holdfast.web.auth.oidc import person_for
from holdfast.web.auth.oidc_settings import OidcSettings
from holdfast.web.auth.provider import Identity, Provider

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.testclient import TestClient

    from tests.web.auth.conftest import SignIn

INVITED_ALONE = OidcSettings("https://id.example", "holdfast")
NEWCOMERS = OidcSettings("https://id.example", "holdfast", role="viewer", domains=("acme.com",))
ADA = Identity("https://id.example 7", "ada@acme.com", "Ada")


def test_a_stranger_stays_outside_and_a_newcomer_of_our_own_comes_in(state: State) -> None:
    assert person_for(state, INVITED_ALONE, ADA) is None
    assert person_for(state, NEWCOMERS, Identity("x", "ada@evil.example", "Ada")) is None
    assert People(state).all() == []
    found = person_for(state, NEWCOMERS, ADA)
    assert found is not None
    assert (found.role, found.name, found.has_password) == ("viewer", "Ada", False)
    assert person_for(state, NEWCOMERS, ADA) == found, "and the next time it is the same person"


def test_whoever_is_invited_gets_the_role_of_the_invitation(state: State) -> None:
    token = Invitations(state).invite("ADA@acme.com", "analyst", "console")
    found = person_for(state, NEWCOMERS, ADA)
    assert found is not None
    assert found.role == "analyst"
    assert Invitations(state).find(token) is None


def test_who_was_known_by_the_address_stays_who_they_are(state: State, people: dict[str, str]) -> None:
    viewer = Identity("https://id.example 7", "viewer@example.com", "Somebody")
    found = person_for(state, INVITED_ALONE, viewer)
    assert found is not None
    assert (found.id, found.name) == (people["viewer"], "The viewer")
    moved = Identity(viewer.subject, "new@example.com", "Somebody")
    assert person_for(state, INVITED_ALONE, moved) == found, "an address may change"
    another = Identity("https://id.example 8", "viewer@example.com", "Eve")
    assert person_for(state, INVITED_ALONE, another) is None, "and be given to somebody else"


def test_whoever_is_disabled_stays_outside(state: State, people: dict[str, str]) -> None:
    People(state).disable(people["viewer"], "x")
    assert person_for(state, NEWCOMERS, Identity("x", "viewer@example.com", "A")) is None


def test_a_name_that_is_none_keeps_nobody_out(state: State) -> None:
    for subject, name, expected in (("1", "", "a1"), ("2", "\x00", "?"), ("3", "x" * 300, "?")):
        found = person_for(state, NEWCOMERS, Identity(subject, f"a{subject}@acme.com", name))
        assert found is not None
        assert found.name == expected


def test_without_a_provider_there_is_no_way_to_one(client: TestClient) -> None:
    for path in ("/sign-in/oidc", "/sign-in/oidc/callback?code=x&state=y"):
        assert client.get(path).headers["location"] == "/sign-in"
    assert "oidc" not in client.get("/sign-in").text


def ready(port: int) -> bool:
    try:
        return httpx2.get(f"http://localhost:{port}/.well-known/openid-configuration").status_code == 200
    except httpx2.HTTPError:
        return False


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port), "--require-nonce", "true"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 60
        while not ready(port):
            assert process.poll() is None
            assert time.monotonic() < until
            time.sleep(0.1)
        yield f"http://localhost:{port}"
    finally:
        process.terminate()
        process.wait(10)


def known_there(issuer: str, **claims: object) -> None:
    said = {"email": "viewer@example.com", "email_verified": True, **claims}
    httpx2.put(f"{issuer}/users/7", json=said).raise_for_status()


@pytest.fixture
def offered(app: FastAPI, issuer: str) -> Iterator[str]:
    app.state.oidc = Provider(OidcSettings(issuer, "holdfast", "a secret", name="Example"))
    yield issuer
    app.state.oidc = None


def there_and_back(client: TestClient, to: str = "/") -> str:
    """Where the provider sends the browser once somebody signed in there."""
    away = client.get("/sign-in/oidc", params={"next": to})
    assert away.status_code == 303
    assert "HttpOnly" in away.headers["set-cookie"]
    with httpx2.Client() as browser:
        return browser.post(away.headers["location"], data={"sub": "7"}).headers["location"]


@pytest.mark.slow
@pytest.mark.usefixtures("people")
def test_a_real_provider_signs_somebody_in(client: TestClient, offered: str) -> None:
    known_there(offered)
    assert "Sign in with Example" in client.get("/sign-in").text
    back = there_and_back(client, "/owner?by=plan")
    answer = client.get(back)
    assert (answer.status_code, answer.headers["location"]) == (303, "/owner?by=plan")
    assert client.get("/api/v1/me").json() == {"name": "The viewer", "role": "viewer", "via": "session"}
    again = client.get(back)
    assert again.status_code == 400, "an answer is used once"


@pytest.mark.slow
@pytest.mark.usefixtures("people")
def test_what_comes_back_has_to_be_what_set_out(client: TestClient, offered: str) -> None:
    known_there(offered)
    back = there_and_back(client, "//evil.example")
    for wrong in (
        back.replace("state=", "state=x"),
        back.replace("code=", "code=x"),
        back + "&error=access_denied",
        back + "&iss=https://evil.example",
        "/sign-in/oidc/callback",
    ):
        kept = dict(client.cookies)
        answer = client.get(wrong)
        assert answer.status_code == 400
        assert "did not work" in answer.text
        client.cookies.clear()
        for name, value in kept.items():
            client.cookies.set(name, value, domain="holdfast.test")
    cookies = dict(client.cookies)
    client.cookies.clear()
    assert client.get(back).status_code == 400, "another browser's answer is none"
    client.cookies.set("holdfast-oidc", "bm90IGpzb24=", domain="holdfast.test")
    assert client.get(back).status_code == 400
    client.cookies.clear()
    for name, value in cookies.items():
        client.cookies.set(name, value, domain="holdfast.test")
    assert client.get(back).headers["location"] == "/"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("claims", "status", "said"),
    [
        ({"email": "stranger@example.com"}, 403, "Nobody has invited stranger@example.com"),
        ({"email_verified": False}, 400, "did not work"),
    ],
)
def test_who_is_not_known_or_not_vouched_for_stays_outside(
    client: TestClient, offered: str, sign_in: SignIn, claims: dict[str, object], status: int, said: str
) -> None:
    assert sign_in
    known_there(offered, **claims)
    answer = client.get(there_and_back(client))
    assert answer.status_code == status
    assert said in answer.text
    assert client.get("/api/v1/me").status_code == 401
