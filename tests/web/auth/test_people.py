"""Settings of people: owners invite, change, disable and enable, and links are shown once."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

import pytest

from holdfast.state import Audit, Invitations, People, Sessions, State
from tests.web.auth.conftest import PASSWORD

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from tests.web.auth.conftest import SignIn

HERE = "/settings/people"


def link_in(text: str) -> str:
    return html.unescape(re.findall(r'value="(http[^"]*/invite/[^"]*)"', text)[0])


def test_every_form_of_the_pages_carries_its_token(client: TestClient, sign_in: SignIn) -> None:
    csrf = sign_in("owner")
    for path in (HERE, "/settings/keys", "/me"):
        page = client.get(path).text
        assert page.count('method="post"') == page.count(f'name="csrf" value="{csrf}"') > 0


def test_whoever_is_invited_comes_in_by_a_link_that_is_shown_once(
    client: TestClient, state: State, sign_in: SignIn
) -> None:
    csrf = sign_in("owner")
    page = client.post(f"{HERE}/invite", data={"csrf": csrf, "email": "Bob@example.com", "role": "analyst"})
    link = link_in(page.text)
    assert link.startswith("http://holdfast.test/invite/")
    later = client.get(HERE).text
    assert "bob@example.com" in later
    assert link not in later
    client.cookies.clear()
    assert client.post(link, data={"name": "Bob", "password": PASSWORD, "again": PASSWORD}).status_code == 303
    assert client.get("/api/v1/me").json() == {"name": "Bob", "role": "analyst", "via": "session"}
    assert [one.what for one in Audit(state).latest(3)] == ["signed in", "person joined", "person invited"]


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"email": "bob"}, "no e-mail address"),
        ({"email": "VIEWER@example.com"}, "already"),
        ({"email": "<script>x@y"}, "no e-mail address"),
    ],
)
def test_an_invitation_that_cannot_be_is_said(
    client: TestClient, state: State, sign_in: SignIn, form: dict[str, str], said: str
) -> None:
    page = client.post(f"{HERE}/invite", data={"csrf": sign_in("owner"), "role": "viewer", **form})
    assert page.status_code == 400
    assert said in page.text
    assert "<script>x" not in page.text
    assert Invitations(state).pending() == []


def test_an_invitation_is_withdrawn(client: TestClient, state: State, people: dict[str, str], sign_in: SignIn) -> None:
    csrf, token = sign_in("owner"), Invitations(state).invite("bob@example.com", "viewer", people["owner"])
    [invitation] = Invitations(state).pending()
    assert client.post(f"{HERE}/invitations/{invitation.id}/withdraw", data={"csrf": csrf}).status_code == 303
    assert client.get(f"/invite/{token}").status_code == 404


def test_roles_change_and_people_are_disabled_and_enabled(
    client: TestClient, state: State, people: dict[str, str], sign_in: SignIn
) -> None:
    csrf, someone = sign_in("owner"), people["viewer"]
    for action, more in (("role", {"role": "success"}), ("disable", {}), ("enable", {})):
        answer = client.post(f"{HERE}/{someone}/{action}", data={"csrf": csrf, **more})
        assert (answer.status_code, answer.headers["location"]) == (303, HERE)
    user = People(state).get(someone)
    assert (user.role, user.disabled_at) == ("success", None)
    who = {one.who for one in Audit(state).latest(3)}
    assert who == {people["owner"]}


def test_the_last_owner_stays(client: TestClient, state: State, people: dict[str, str], sign_in: SignIn) -> None:
    csrf = sign_in("owner")
    for action in ("role", "disable"):
        answer = client.post(f"{HERE}/{people['owner']}/{action}", data={"csrf": csrf, "role": "viewer"})
        assert answer.status_code == 400
        assert "Somebody has to be an owner" in answer.text
    assert People(state).get(people["owner"]).role == "owner"


def test_a_link_to_a_new_password_is_made(client: TestClient, people: dict[str, str], sign_in: SignIn) -> None:
    page = client.post(f"{HERE}/{people['viewer']}/reset", data={"csrf": sign_in("owner")})
    link = link_in(page.text)
    client.cookies.clear()
    assert "A new password" in client.get(link).text


POSTS = ["invite", "x/role", "x/disable", "x/enable", "x/reset", "invitations/x/withdraw"]


@pytest.mark.parametrize("role", ["viewer", "success", "analyst"])
def test_whoever_is_no_owner_changes_nobody(client: TestClient, state: State, sign_in: SignIn, role: str) -> None:
    csrf = sign_in(role)
    before = People(state).all()
    for path in ("", "/settings/keys"):
        assert client.get(path or HERE).status_code == 403
    for path in POSTS:
        assert client.post(f"{HERE}/{path}", data={"csrf": csrf, "role": "owner"}).status_code == 403
    assert client.post("/settings/keys", data={"csrf": csrf, "kind": "write", "source": "web"}).status_code == 403
    assert client.post("/settings/keys/x/revoke", data={"csrf": csrf}).status_code == 403
    assert People(state).all() == before


def test_a_session_that_ended_is_no_owners(client: TestClient, state: State, sign_in: SignIn) -> None:
    csrf = sign_in("owner")
    Sessions(state).end(client.cookies["holdfast"])
    assert client.post(f"{HERE}/invite", data={"csrf": csrf, "email": "a@b.c"}).headers["location"] == "/sign-in"
    assert Invitations(state).pending() == []
