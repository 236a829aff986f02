"""No route is open to strangers, to keys that are none, or to roles that are not enough (FAULTS I1)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from starlette.testclient import TestClient

from holdfast.state import Invitations, Keys, People, Sessions
from holdfast.web.app import create_app
from holdfast.web.csrf import token_of

if TYPE_CHECKING:
    from pathlib import Path

    from fastapi import FastAPI

pytestmark = pytest.mark.slow

OPEN = re.compile(r"/(static|sign-in|sign-out|welcome|invite)(/|$)")
"""What has to be open: what a browser needs to show the page to sign in, and what leads in."""
OWNERS = re.compile(r"/settings/(people|keys)(/|$)")
IN_PERSON = re.compile(r"/(me|settings/(people|keys))(/|$)")


def routes(app: FastAPI) -> list[tuple[str, str]]:
    found = set(_routes(app.routes))
    return sorted((method, re.sub(r"\{[^}]*\}", "x", path)) for method, path in found if method != "HEAD")


def _routes(listed: list[Any]) -> Iterator[tuple[str, str]]:
    for route in listed:
        inner = getattr(route, "original_router", None)
        if inner is not None:
            yield from _routes(inner.routes)
        elif hasattr(route, "path"):
            yield from ((method, route.path) for method in route.methods)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    folder: Path = tmp_path_factory.mktemp("routes")
    return create_app(folder)


@pytest.fixture(scope="module")
def client(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app, base_url="http://holdfast.test", follow_redirects=False) as one:
        links = Invitations(app.state.state)
        links.accept(links.welcome() or "", "no hash", name="Ada", email="ada@example.com")
        yield one


def test_there_are_routes_to_look_at(app: FastAPI) -> None:
    found = routes(app)
    assert {("GET", "/"), ("GET", "/me"), ("POST", "/settings/keys"), ("GET", "/api/v1/metrics")} <= set(found)
    assert len(found) > 30


def test_a_stranger_sees_nothing(app: FastAPI, client: TestClient) -> None:
    for method, path in routes(app):
        if OPEN.match(path):
            continue
        answer = client.request(method, path)
        if path.startswith("/api/"):
            assert answer.status_code == 401, (method, path)
            assert answer.json()["code"] == "unauthorized"
        else:
            assert answer.status_code == 303, (method, path)
            assert answer.headers["location"].partition("?")[0] == "/sign-in"


def test_a_key_that_is_none_sees_nothing(app: FastAPI, client: TestClient) -> None:
    keys = Keys(app.state.state)
    _, write = keys.create("write", "web")
    key, revoked = keys.create_reader("analyst", "old")
    keys.revoke(key.id)
    for text in (write, revoked):
        for method, path in routes(app):
            if not OPEN.match(path):
                answer = client.request(method, path, headers={"Authorization": f"Bearer {text}"})
                assert answer.status_code in {303, 401}, (method, path)


def test_a_key_does_nothing_that_is_for_people(app: FastAPI, client: TestClient) -> None:
    _, text = Keys(app.state.state).create_reader("analyst", "robot")
    for method, path in routes(app):
        if IN_PERSON.match(path):
            answer = client.request(method, path, headers={"Authorization": f"Bearer {text}"})
            assert answer.status_code == 403, (method, path)


def test_whoever_is_no_owner_looks_after_nobody(app: FastAPI, client: TestClient) -> None:
    state = app.state.state
    analyst = People(state).add("bob@example.com", "Bob", "analyst")
    session = Sessions(state).start(analyst.id)
    headers = {"Cookie": f"holdfast={session}", "X-CSRF-Token": token_of(session)}
    looked_at = [(method, path) for method, path in routes(app) if OWNERS.match(path)]
    assert len(looked_at) >= 9
    for method, path in looked_at:
        assert client.request(method, path, headers=headers).status_code == 403, (method, path)


def test_a_session_without_its_token_changes_nothing(app: FastAPI, client: TestClient) -> None:
    state = app.state.state
    [owner] = [one for one in People(state).all() if one.role == "owner"]
    headers = {"Cookie": f"holdfast={Sessions(state).start(owner.id)}"}
    for method, path in routes(app):
        if method not in {"GET", "HEAD", "OPTIONS"}:
            answer = client.request(method, path, headers=headers)
            assert answer.status_code == 403, (method, path)
            assert "before you signed in" in answer.text
