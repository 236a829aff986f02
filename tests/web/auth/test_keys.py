"""Settings of keys: made, shown once, revoked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from holdfast.state import Keys, State

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from tests.web.auth.conftest import SignIn

HERE = "/settings/keys"


@pytest.mark.parametrize(
    ("form", "pattern"),
    [
        ({"kind": "write", "source": "web"}, r'value="(hfw_\w{43})"'),
        ({"kind": "read", "name": "Looker <b>", "role": "analyst"}, r'value="(hfr_\w{43})"'),
    ],
)
def test_a_key_is_shown_once_and_works_until_it_is_revoked(
    client: TestClient, state: State, sign_in: SignIn, form: dict[str, str], pattern: str
) -> None:
    csrf = sign_in("owner")
    page = client.post(HERE, data={"csrf": csrf, **form})
    text = re.findall(pattern, page.text)[0]
    assert "<b>&" not in page.text
    assert text not in client.get(HERE).text
    kind = "write" if form["kind"] == "write" else "read"
    key = Keys(state).find(kind, text)  # type: ignore[arg-type]
    assert key is not None
    assert client.post(f"{HERE}/{key.id}/revoke", data={"csrf": csrf}).headers["location"] == HERE
    assert Keys(state).find(kind, text) is None  # type: ignore[arg-type]
    assert "revoked on" in client.get(HERE).text


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"kind": "write", "source": "My App"}, "small letters"),
        ({"kind": "read", "name": " "}, "what the key is for"),
        ({"kind": "read", "name": "x", "role": "owner"}, "what the key is for"),
    ],
)
def test_a_key_that_cannot_be_made_is_said(
    client: TestClient, state: State, sign_in: SignIn, form: dict[str, str], said: str
) -> None:
    page = client.post(HERE, data={"csrf": sign_in("owner"), **form})
    assert page.status_code == 400
    assert said in page.text
    assert Keys(state).all() == []


def test_a_key_does_not_look_after_keys_or_people(client: TestClient, state: State, sign_in: SignIn) -> None:
    sign_in("owner")
    _, text = Keys(state).create_reader("analyst", "robot")
    client.cookies.clear()
    headers = {"Authorization": f"Bearer {text}"}
    for path in (HERE, "/settings/people", "/me"):
        assert client.get(path, headers=headers).status_code == 403
    assert client.post(HERE, data={"kind": "read", "name": "x"}, headers=headers).status_code == 403
    assert client.post("/me", data={"name": "x"}, headers=headers).status_code == 403
    assert len(Keys(state).all()) == 1
