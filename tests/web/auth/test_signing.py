"""Signing in: by password, slowed when it fails, and forgotten when it ends."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

import pytest
from argon2 import PasswordHasher

from holdfast.state import Invitations, People, Sessions, State
from holdfast.web.auth import passwords, signing, welcome_link
from holdfast.web.auth.attempts import PER_ACCOUNT
from holdfast.web.csrf import token_of
from tests.web.auth.conftest import PASSWORD, SignIn, hashing

if TYPE_CHECKING:
    from httpx2 import Response
    from starlette.testclient import TestClient


def enter(client: TestClient, email: str = "owner@example.com", password: str = PASSWORD, **more: str) -> Response:
    return client.post("/sign-in", data={"email": email, "password": password, **more})


@pytest.mark.usefixtures("people")
def test_the_right_password_opens_a_session_and_signing_out_ends_it(client: TestClient, state: State) -> None:
    answer = enter(client, " Owner@Example.com ", next="/owner?by=plan")
    assert (answer.status_code, answer.headers["location"]) == (303, "/owner?by=plan")
    cookie = answer.headers["set-cookie"]
    assert all(word in cookie for word in ("HttpOnly", "SameSite=lax", "Path=/", f"Max-Age={14 * 86_400}"))
    assert "Secure" not in cookie
    token = client.cookies["holdfast"]
    assert client.get("/").json() == {"name": "The owner", "role": "owner", "via": "session"}
    assert client.post("/sign-out", data={"csrf": token_of(token)}).headers["location"] == "/sign-in"
    assert "holdfast" not in client.cookies
    assert Sessions(state).find(token) is None


@pytest.mark.usefixtures("people")
def test_over_https_the_cookie_is_bound_to_this_host(client: TestClient) -> None:
    client.base_url = client.base_url.copy_with(scheme="https")
    answer = enter(client)
    assert answer.headers["set-cookie"].startswith("__Host-holdfast=")
    assert "Secure" in answer.headers["set-cookie"]
    assert client.get("/").status_code == 200
    client.base_url = client.base_url.copy_with(scheme="http")
    assert client.get("/", headers={"X-Forwarded-Proto": "https"}).status_code == 303, "testclient is no trusted proxy"


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("owner@example.com", "wrong"),
        ("nobody@example.com", PASSWORD),
        ("", ""),
        ("owner@example.com", ""),
        ("owner@example.com\x00", PASSWORD),
        ("\ud800".encode("utf-8", "surrogatepass").decode("utf-8", "replace"), PASSWORD),
        ("owner@example.com", "x" * 50_000),
    ],
)
@pytest.mark.usefixtures("people")
def test_what_is_wrong_is_not_told_apart(client: TestClient, email: str, password: str) -> None:
    answer = enter(client, email, password)
    assert answer.status_code == 401
    assert "The e-mail address or the password is not right." in answer.text
    assert "set-cookie" not in answer.headers


def test_a_password_that_nobody_has_is_compared_all_the_same(
    client: TestClient, state: State, people: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    People(state).disable(people["viewer"], "x")
    compared: list[bool] = []
    verify = passwords.matches
    monkeypatch.setattr(
        signing, "matches", lambda kept, password: compared.append(kept is None) or verify(kept, password)
    )
    for email in ("nobody@example.com", "viewer@example.com", "owner@example.com"):
        assert enter(client, email, "wrong").status_code == 401
    assert compared == [True, True, False]


def test_a_disabled_person_stays_outside_and_a_session_of_theirs_ends(
    client: TestClient, state: State, people: dict[str, str], sign_in: SignIn
) -> None:
    sign_in("viewer")
    assert client.get("/").status_code == 200
    People(state).disable(people["viewer"], "x")
    assert client.get("/").headers["location"] == "/sign-in"
    client.cookies.clear()
    assert enter(client, "viewer@example.com").status_code == 401


@pytest.mark.usefixtures("people")
def test_who_fails_too_often_has_to_wait_even_with_the_right_password(client: TestClient) -> None:
    for _ in range(PER_ACCOUNT):
        assert enter(client, password="wrong").status_code == 401
    answer = enter(client)
    assert answer.status_code == 429
    assert 0 < int(answer.headers["retry-after"]) <= 15 * 60 + 1
    assert "Try again in 15 min." in answer.text
    assert enter(client, "viewer@example.com").status_code == 303, "another account is not held up"


@pytest.mark.usefixtures("people")
def test_a_session_that_was_there_before_is_not_the_one_that_is_opened(client: TestClient, state: State) -> None:
    client.cookies.set("holdfast", "chosen-by-somebody-else", domain="holdfast.test")
    answer = enter(client, csrf=token_of("chosen-by-somebody-else"))
    assert answer.status_code == 303
    new = answer.cookies["holdfast"]
    assert new != "chosen-by-somebody-else"
    assert Sessions(state).find("chosen-by-somebody-else") is None
    assert Sessions(state).find(new) is not None


@pytest.mark.usefixtures("people")
def test_an_outdated_hash_is_made_anew(client: TestClient, state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    before = People(state).credentials("owner@example.com")
    hashing(monkeypatch, PasswordHasher(2, 16, 1))
    assert enter(client).status_code == 303
    after = People(state).credentials("owner@example.com")
    assert before is not None
    assert after is not None
    assert before[1] != after[1]
    assert passwords.matches(after[1], PASSWORD)


NEXT = [
    "//evil.example", "/\\evil.example", "https:evil.example", "https://evil.example", "\\\\evil.example",
    "javascript:alert(1)", "evil.example", "/\t/evil.example", "/\n/evil.example", "", "///evil.example",
    " //evil.example", "/\x00", "http:///evil.example", "/é//evil",
]  # fmt: skip


@pytest.mark.usefixtures("people")
def test_signing_in_leads_nowhere_else(client: TestClient) -> None:
    for to in NEXT:
        answer = enter(client, next=to)
        assert (answer.status_code, answer.headers["location"]) == (303, "/"), to
        assert client.get("/sign-in", params={"next": to}).headers["location"] == "/"
        client.cookies.clear()


def test_whoever_is_turned_away_comes_back_to_what_they_wanted(client: TestClient, people: dict[str, str]) -> None:
    wanted = "/owner?where=name+%3D+%27M%C3%BCller+%26+S%C3%B6hne%27&by=plan"
    away = client.get(wanted).headers["location"]
    page = client.get(away)
    kept = html.unescape(re.findall(r'name="next" value="([^"]*)"', page.text)[0])
    assert kept == wanted
    assert enter(client, next=kept).headers["location"] == wanted
    assert people


def test_without_a_first_owner_there_is_nothing_to_sign_in_with(client: TestClient) -> None:
    page = client.get("/sign-in")
    assert "Nobody has been here yet" in page.text
    assert "<form" not in page.text
    for email, password in (("admin", "admin"), ("admin@example.com", "admin"), ("", "")):
        assert enter(client, email, password).status_code == 401


JOIN = {"email": "ada@example.com", "name": "Ada", "password": PASSWORD, "again": PASSWORD}


def test_the_first_link_makes_an_owner_once(client: TestClient, state: State) -> None:
    old, link = welcome_link(state), welcome_link(state)
    assert old is not None
    assert link is not None
    assert client.get(old).status_code == 404
    assert client.get(link).status_code == client.get(link).status_code == 200, "looking at it does not use it"
    answer = client.post(link, data=JOIN)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert client.get("/").json()["role"] == "owner"
    client.cookies.clear()
    for answer in (client.get(link), client.post(link, data=JOIN | {"email": "eve@example.com"})):
        assert answer.status_code == 404
        assert "This link does not work" in answer.text
    assert welcome_link(state) is None
    assert [one.email for one in People(state).all()] == ["ada@example.com"]
    assert enter(client, "ada@example.com").status_code == 303


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"email": "ada"}, "no e-mail address"),
        ({"name": " "}, "1 to 100 characters"),
        ({"again": "something else"}, "not the same"),
        ({"password": "short", "again": "short"}, "at least 12 characters"),
        ({"password": "Password1234", "again": "Password1234"}, "the first that anybody would try"),
        ({"password": "ada@example.com", "again": "ada@example.com"}, "the first that anybody would try"),
        ({"password": "a" * 12, "again": "a" * 12}, "the first that anybody would try"),
        ({"password": "ab" * 101, "again": "ab" * 101}, "too long"),
    ],
)
def test_what_cannot_be_taken_is_said_and_the_link_stays(
    client: TestClient, state: State, wrong: dict[str, str], said: str
) -> None:
    link = welcome_link(state) or ""
    answer = client.post(link, data=JOIN | wrong)
    assert answer.status_code == 400
    assert said in answer.text
    assert PASSWORD not in answer.text
    assert People(state).all() == []
    assert client.post(link, data=JOIN).status_code == 303


def test_an_invitation_makes_what_it_says_and_nothing_else(
    client: TestClient, state: State, people: dict[str, str]
) -> None:
    token = Invitations(state).invite("bob@example.com", "success", people["owner"])
    assert client.get(f"/welcome/{token}").status_code == 404, "each link has its own page"
    assert "bob@example.com" in client.get(f"/invite/{token}").text
    answer = client.post(f"/invite/{token}", data=JOIN | {"role": "owner"})
    assert answer.status_code == 303
    found = People(state).find("bob@example.com")
    assert found is not None
    assert (found.role, found.name) == ("success", "Ada")
    assert People(state).find("ada@example.com") is None
    client.cookies.clear()
    assert client.post(f"/invite/{token}", data=JOIN).status_code == 404


def test_a_new_password_by_link_ends_every_session(client: TestClient, state: State, people: dict[str, str]) -> None:
    session = Sessions(state).start(people["viewer"])
    token = Invitations(state).reset("viewer@example.com", people["owner"])
    new = "eight blue bottles"
    assert client.post(f"/invite/{token}", data={"password": new, "again": new}).status_code == 303
    assert client.get("/").json()["role"] == "viewer"
    assert Sessions(state).find(session) is None
    client.cookies.clear()
    assert enter(client, "viewer@example.com").status_code == 401
    assert enter(client, "viewer@example.com", new).status_code == 303


@pytest.mark.parametrize("path", ["/welcome/x", "/invite/%00", "/invite/" + "a" * 43])
def test_a_link_that_is_none_says_so(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_passwords_are_hashed_by_argon2id_as_it_is_recommended(monkeypatch: pytest.MonkeyPatch) -> None:
    hashing(monkeypatch, PasswordHasher())
    kept = passwords.hash_of(PASSWORD)
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert passwords.matches(kept, PASSWORD)
    assert not passwords.matches("no hash at all", PASSWORD)
    assert passwords.matches(passwords.hash_of("caf\u00e9 au lait"), "cafe\u0301 au lait")
