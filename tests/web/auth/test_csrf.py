"""Nobody's browser does something that somebody else's page asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from holdfast.state import Keys, Sessions, State
from holdfast.web.csrf import LOOKED_AT, token_of

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from tests.web.auth.conftest import SignIn

ELSEWHERE = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://holdfast.test.evil.example"},
    {"Origin": "http://holdfast.test:81"},
    {"Origin": "http://evil.example?holdfast.test"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "http://holdfast.test"},
]
HERE = [{}, {"Origin": "http://holdfast.test"}, {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}]


def test_a_form_carries_its_token(client: TestClient, sign_in: SignIn) -> None:
    csrf = sign_in("owner")
    for headers in HERE:
        assert client.post("/act", data={"csrf": csrf, "x": "y"}, headers=headers).status_code == 200
        assert client.post("/act", json={}, headers={"X-CSRF-Token": csrf, **headers}).status_code == 200


def test_without_its_token_nothing_is_done(
    client: TestClient, state: State, people: dict[str, str], sign_in: SignIn
) -> None:
    csrf = sign_in("owner")
    others = token_of(Sessions(state).start(people["owner"]))
    for wrong in ("", "x", others, csrf[:-1], csrf + "0", csrf.upper() + "G", "\u00e9"):
        for path in ("/act", "/api/v1/act", "/sign-out", "/sign-in"):
            assert client.post(path, data={"csrf": wrong}).status_code == 403
            assert client.post(path, files={"csrf": (None, wrong)}).status_code == 403
    assert client.post("/act").status_code == 403
    assert client.post("/act", content=f"csrf={csrf}", headers={"Content-Type": "text/plain"}).status_code == 403
    assert client.post("/api/v1/act", json={"csrf": csrf}).json()["code"] == "form_expired"
    assert client.post(f"/act?csrf={csrf}").status_code == 403
    for method in ("PUT", "PATCH", "DELETE", "TRACE", "post"):
        assert client.request(method, "/act").status_code == 403
    assert client.get("/").status_code == 200, "and the session is still there"


@pytest.mark.parametrize("headers", ELSEWHERE)
def test_what_another_site_sends_is_refused_even_with_the_token(
    client: TestClient, sign_in: SignIn, headers: dict[str, str]
) -> None:
    csrf = sign_in("owner")
    assert client.post("/act", data={"csrf": csrf}, headers=headers).status_code == 403
    client.cookies.clear()
    answer = client.post("/sign-in", data={"email": "owner@example.com", "password": "x"}, headers=headers)
    assert answer.status_code == 403, "nobody is signed in as somebody else by another site either"


def test_a_body_arrives_whole_whatever_its_length(client: TestClient, sign_in: SignIn) -> None:
    csrf = sign_in("owner")
    for length in (0, 10, LOOKED_AT, 5 * LOOKED_AT):
        sent = client.build_request("POST", "/act", files={"csrf": (None, csrf), "file": ("a.csv", b"x" * length)})
        expected = len(sent.read())
        assert client.send(sent).json() == {"bytes": expected}
    body = f"csrf={csrf}&x=".encode() + b"x" * 3 * LOOKED_AT

    def pieces():  # type: ignore[no-untyped-def]
        yield from (body[start : start + 1_000] for start in range(0, len(body), 1_000))

    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert client.post("/act", content=pieces(), headers=form).json() == {"bytes": len(body)}


@pytest.mark.usefixtures("people")
def test_a_key_needs_no_token_for_no_browser_sends_it_unasked(client: TestClient, state: State) -> None:
    _, key = Keys(state).create_reader("analyst", "robot")
    assert client.post("/api/v1/act", json={}, headers={"Authorization": f"Bearer {key}"}).status_code == 200


def test_a_wrong_key_beside_a_session_does_not_open_its_door(client: TestClient, sign_in: SignIn) -> None:
    sign_in("owner")
    assert client.post("/api/v1/act", headers={"Authorization": "Bearer x"}).status_code == 401


def test_events_come_from_other_sites_on_purpose(client: TestClient, sign_in: SignIn) -> None:
    sign_in("owner")
    answer = client.post("/v1/batch", content=b"x" * 100_000, headers={"Origin": "https://shop.example"})
    assert answer.json() == {"bytes": 100_000}
    assert "content-security-policy" not in answer.headers


def test_a_token_says_nothing_about_the_session(sign_in: SignIn, client: TestClient) -> None:
    csrf = sign_in("owner")
    session = client.cookies["holdfast"]
    assert session not in csrf
    assert token_of(csrf) != csrf != session
