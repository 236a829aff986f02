"""What every page says to browsers, and what strangers cannot make a server do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from starlette.testclient import TestClient

from holdfast.state import Invitations, State
from holdfast.web.security import LARGEST_FROM_STRANGERS, PROXIES
from tests.web.auth.conftest import application

if TYPE_CHECKING:
    from tests.web.auth.conftest import SignIn


@pytest.mark.parametrize("path", ["/sign-in", "/", "/api/v1/me", "/nothing/here", "/welcome/x", "/static/style.css"])
def test_every_answer_is_framed_by_nobody_and_runs_nothing_of_others(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["form-action"] == "'self'"
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-frame-options"] == "DENY"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert "camera=()" in headers["permissions-policy"]
    assert ("no-store" in headers["cache-control"]) is not path.startswith("/static/")


def test_pages_of_signing_in_hold_no_script_and_no_style_of_their_own(client: TestClient) -> None:
    for path in ("/sign-in", "/welcome/x"):
        text = client.get(path).text
        assert not any(sign in text for sign in ("<script>", "<style", " style=", " onclick=", "javascript:"))


def test_what_is_typed_is_text(client: TestClient, people: dict[str, str]) -> None:
    evil = "<script>alert(1)</script>\"'@x"
    page = client.post("/sign-in", data={"email": evil, "password": "x", "next": f"/{evil}"})
    assert page.status_code == 401
    assert "<script" not in page.text
    state = client.app.state.state  # type: ignore[attr-defined]
    token = Invitations(state).invite("bob@example.com", "viewer", people["owner"])
    page = client.post(f"/invite/{token}", data={"name": evil, "password": "x", "again": "y"})
    assert page.status_code == 400
    assert "<script" not in page.text


def test_a_stranger_cannot_send_much(client: TestClient, sign_in: SignIn) -> None:
    large = "x" * LARGEST_FROM_STRANGERS
    assert client.post("/sign-in", data={"email": large}).status_code == 413

    def pieces():  # type: ignore[no-untyped-def]
        yield b"email="
        yield b"x"

    assert client.post("/sign-in", content=pieces()).status_code == 413, "nor a length that is not said"
    client.cookies.set("holdfast", "made up", domain="holdfast.test")
    assert client.post("/sign-in", data={"email": large}).status_code == 413
    client.cookies.clear()
    csrf = sign_in("owner")
    assert client.post("/act", data={"csrf": csrf, "x": large}).status_code == 200


@pytest.mark.parametrize(("trusted", "secure"), [("*", True), ("203.0.113.9", True), ("198.51.100.1", False)])
@pytest.mark.usefixtures("people")
def test_a_proxy_that_is_trusted_says_over_what_and_for_whom_it_asks(
    state: State, monkeypatch: pytest.MonkeyPatch, trusted: str, secure: bool
) -> None:
    monkeypatch.setenv(PROXIES, trusted)
    app = application()
    app.state.state = state
    with TestClient(app, client=("203.0.113.9", 1), base_url="http://holdfast.test", follow_redirects=False) as behind:
        headers = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.44"}
        form = {"email": "owner@example.com", "password": "seven green bottles"}
        cookie = behind.post("/sign-in", data=form, headers=headers).headers["set-cookie"]
    assert cookie.startswith("__Host-holdfast=") is secure
    assert ("Secure" in cookie) is secure
    assert ("address 192.0.2.44" in app.state.attempts._times) is secure
    assert ("address 203.0.113.9" in app.state.attempts._times) is not secure
