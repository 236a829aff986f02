"""Who may do what: each role, each kind of key, pages and API."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from holdfast.errors import LakeError
from holdfast.state import ROLES, Keys, People, Role, Sessions, State, may
from holdfast.state.tables import SESSIONS
from holdfast.web.guard import local_path

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from tests.web.auth.conftest import SignIn


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


@pytest.mark.parametrize("role", ROLES)
def test_each_role_may_do_all_that_the_one_before_it_may(client: TestClient, sign_in: SignIn, role: Role) -> None:
    sign_in(role)
    for needed in ROLES:
        enough = may(role, needed)
        page, api = client.get(f"/{needed}"), client.get(f"/api/v1/{needed}")
        assert page.status_code == api.status_code == (200 if enough else 403)
        if not enough:
            assert "This is not open to you" in page.text
            assert api.json()["code"] == "forbidden"
            assert needed in api.json()["message"]
            assert api.json()["hint"]


def test_a_stranger_is_led_to_sign_in_and_the_api_says_so(client: TestClient) -> None:
    assert client.get("/owner?by=plan").headers["location"] == "/sign-in?next=/owner%3Fby%3Dplan"
    assert client.get("/").headers["location"] == "/sign-in"
    assert client.post("/act").headers["location"] == "/sign-in", "what was to be done is not done later"
    answer = client.get("/api/v1/me")
    assert answer.status_code == 401
    assert set(answer.json()) == {"code", "message", "hint"}
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.usefixtures("people")
def test_a_key_reads_as_far_as_its_role(client: TestClient, state: State) -> None:
    _, text = Keys(state).create_reader("success", "Looker")
    assert client.get("/api/v1/me", headers=bearer(text)).json() == {"name": "Looker", "role": "success", "via": "key"}
    assert client.get("/api/v1/success", headers=bearer(text)).status_code == 200
    assert client.get("/api/v1/analyst", headers=bearer(text)).status_code == 403
    [key] = Keys(state).all()
    assert key.last_used_at is not None


def test_no_other_key_reads(client: TestClient, state: State, sign_in: SignIn) -> None:
    sign_in("owner")
    key, revoked = Keys(state).create_reader("analyst", "old")
    Keys(state).revoke(key.id)
    _, write = Keys(state).create("write", "web")
    _, good = Keys(state).create_reader("viewer", "good")
    wrong = good[:-1] + ("a" if good[-1] != "a" else "b")
    for text in (revoked, write, wrong, "", "hfr_", "hfr_" + "%" * 43, good + "x", "\u00e9".encode().decode("latin-1")):
        headers = {"Authorization": f"Bearer {text}".encode("latin-1")}
        answer = client.get("/api/v1/me", headers=headers)
        assert answer.status_code == 401, "a key counts alone, even beside somebody's session"
    for scheme in ("Basic", "Token"):
        client.cookies.clear()
        assert client.get("/api/v1/me", headers={"Authorization": f"{scheme} {good}"}).status_code == 401
    assert client.get("/api/v1/me", params={"key": good}).status_code == 401, "an address ends up in logs"


def test_a_role_that_changes_counts_at_once(
    client: TestClient, state: State, people: dict[str, str], sign_in: SignIn
) -> None:
    sign_in("viewer")
    assert client.get("/analyst").status_code == 403
    People(state).set_role(people["viewer"], "analyst", people["owner"])
    assert client.get("/analyst").status_code == 200


@pytest.mark.parametrize("token", ["", "x", "a" * 43, "%00", "'; DROP TABLE sessions; --", "a" * 5_000])
@pytest.mark.usefixtures("people")
def test_a_made_up_session_is_none(client: TestClient, token: str) -> None:
    assert client.get("/", headers={"Cookie": f"holdfast={token}"}).status_code == 303


def seen_before(state: State, past: timedelta) -> None:
    with state.begin() as connection:
        connection.execute(update(SESSIONS).values(last_seen_at=datetime.now(UTC) - past))


def test_a_visit_makes_the_session_last_longer_in_the_browser_too(
    client: TestClient, state: State, sign_in: SignIn
) -> None:
    sign_in("viewer")
    assert "set-cookie" not in client.get("/").headers
    seen_before(state, timedelta(minutes=6))
    assert f"Max-Age={14 * 86_400}" in client.get("/").headers["set-cookie"]
    assert "set-cookie" not in client.get("/").headers


def test_signing_out_is_not_undone_by_the_same_answer(client: TestClient, state: State, sign_in: SignIn) -> None:
    csrf = sign_in("viewer")
    seen_before(state, timedelta(minutes=6))
    cookies = client.post("/sign-out", data={"csrf": csrf}).headers.get_list("set-cookie")
    assert len(cookies) == 1
    assert "Max-Age=0" in cookies[0]


def test_a_visit_that_cannot_be_noted_is_a_visit(
    client: TestClient, state: State, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in("viewer")
    seen_before(state, timedelta(minutes=6))

    def full(self: Sessions, token: str, user_id: str) -> None:
        raise LakeError("the disk is full")

    monkeypatch.setattr(Sessions, "seen", full)
    assert client.get("/").status_code == 200


@pytest.mark.parametrize("path", ["/", "/a/b?c=d&e=%2F", "/a//b", "/accounts/M%C3%BCller", "/?next=//evil.example"])
def test_a_path_on_this_host_is_kept(path: str) -> None:
    assert local_path(path) == path
