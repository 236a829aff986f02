"""One's own profile: language and looks that stay, and a password that ends the other sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from holdfast.state import People, Sessions, State
from holdfast.web.auth.attempts import PER_ACCOUNT
from tests.web.auth.conftest import PASSWORD

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from tests.web.auth.conftest import SignIn

NEW = "eight blue bottles"


def test_language_and_looks_are_ones_own(client: TestClient, sign_in: SignIn) -> None:
    form = {"csrf": sign_in("viewer"), "name": "Ada L.", "language": "ko", "theme": "dark"}
    assert client.post("/me", data=form).headers["location"] == "/me?saved=1"
    page = client.get("/me", headers={"Accept-Language": "de"}).text
    assert 'data-theme="dark"' in page
    assert 'value="Ada L."' in page
    assert 'value="ko" lang="ko" selected' in page


def test_what_is_made_up_is_not_kept(client: TestClient, state: State, people: dict[str, str], sign_in: SignIn) -> None:
    csrf = sign_in("viewer")
    made_up = {"name": "Ada", "language": "xx", "theme": "pink", "role": "owner", "email": "x@y.z"}
    assert client.post("/me", data={"csrf": csrf, **made_up}).status_code == 303
    user = People(state).get(people["viewer"])
    assert (user.language, user.theme, user.role, user.email) == (None, "system", "viewer", "viewer@example.com")
    assert client.post("/me", data={"csrf": csrf, "name": ""}).status_code == 400


def test_a_new_password_ends_all_other_sessions_and_opens_a_new_one(
    client: TestClient, state: State, people: dict[str, str], sign_in: SignIn
) -> None:
    csrf = sign_in("viewer")
    old, elsewhere = client.cookies["holdfast"], Sessions(state).start(people["viewer"])
    form = {"csrf": csrf, "current": PASSWORD, "password": NEW, "again": NEW}
    answer = client.post("/me/password", data=form)
    assert answer.status_code == 303
    assert [Sessions(state).find(token) for token in (old, elsewhere)] == [None, None]
    assert client.get("/me").status_code == 200
    assert client.cookies["holdfast"] != old


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"current": "wrong"}, "not the password that you have now"),
        ({"again": "another"}, "not the same"),
        ({"password": "short", "again": "short"}, "at least 12"),
        ({"password": PASSWORD, "again": PASSWORD}, "anybody would try"),
    ],
)
def test_a_password_that_cannot_be_is_said(
    client: TestClient, state: State, sign_in: SignIn, form: dict[str, str], said: str
) -> None:
    good = {"csrf": sign_in("viewer"), "current": PASSWORD, "password": NEW, "again": NEW}
    page = client.post("/me/password", data=good | form)
    assert page.status_code == 400
    assert said in page.text
    assert Sessions(state).find(client.cookies["holdfast"]) is not None


def test_a_stolen_session_does_not_try_passwords_for_long(client: TestClient, sign_in: SignIn) -> None:
    form = {"csrf": sign_in("viewer"), "current": "wrong", "password": NEW, "again": NEW}
    for _ in range(PER_ACCOUNT):
        assert client.post("/me/password", data=form).status_code == 400
    answer = client.post("/me/password", data=form | {"current": PASSWORD})
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0
