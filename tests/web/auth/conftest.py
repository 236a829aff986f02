"""A small application with signing in, three pages, and somebody in each role."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Annotated

import pytest
from argon2 import PasswordHasher
from fastapi import Depends, FastAPI, Request
from starlette.testclient import TestClient

from holdfast.settings import Settings
from holdfast.state import ROLES, Invitations, People, Role, Sessions, State, open_state
from holdfast.state.database import FILE
from holdfast.web import auth
from holdfast.web.auth import passwords
from holdfast.web.auth.attempts import Attempts
from holdfast.web.csrf import token_of
from holdfast.web.guard import Person, allowed, signed_in
from holdfast.web.pages import keys
from holdfast.web.pages import me as me_page
from holdfast.web.pages import people as people_page
from holdfast.web.statics import ROUTE

PASSWORD = "seven green bottles"
SignIn = Callable[[str], str]


@pytest.fixture(autouse=True)
def _quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Argon2 as it is meant takes a tenth of a second; one test looks at that."""
    passwords._nobodys.cache_clear()
    hashing(monkeypatch, PasswordHasher(1, 8, 1))


def hashing(monkeypatch: pytest.MonkeyPatch, hasher: PasswordHasher) -> None:
    monkeypatch.setattr(passwords, "_hasher", lambda: hasher)


@dataclass(frozen=True)
class Made:
    """States that are copied for each test, which is quicker than to make them."""

    empty: Path
    peopled: Path
    ids: dict[str, str]


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    empty, peopled = tmp_path_factory.mktemp("empty"), tmp_path_factory.mktemp("peopled")
    open_state(empty).close()
    shutil.copy(empty / FILE, peopled)
    with open_state(peopled) as state:
        ids = _somebody_in_each_role(state)
    return Made(empty / FILE, peopled / FILE, ids)


def _somebody_in_each_role(state: State) -> dict[str, str]:
    hash_ = PasswordHasher(1, 8, 1).hash(PASSWORD)
    owner = Invitations(state).accept(
        Invitations(state).welcome() or "", hash_, name="The owner", email="owner@example.com"
    )
    found = {"owner": owner.id}
    for role in ROLES[:-1]:
        found[role] = People(state).add(f"{role}@example.com", f"The {role}", role).id
        People(state).set_password(found[role], hash_, "console")
    return found


@pytest.fixture
def state(tmp_path: Path, made: Made, request: pytest.FixtureRequest) -> Iterator[State]:
    shutil.copy(made.peopled if "people" in request.fixturenames else made.empty, tmp_path)
    with open_state(tmp_path) as one:
        yield one


@pytest.fixture
def people(made: Made) -> dict[str, str]:
    """The ids of somebody in each role, all with the same password."""
    return made.ids


def application() -> FastAPI:
    made = FastAPI()
    made.state.company = SimpleNamespace(settings=Settings(company="Acme"), currency="USD")
    made.router.routes.append(ROUTE)

    @made.get("/")
    @made.get("/api/v1/me")
    def me(person: Annotated[Person, Depends(signed_in)]) -> dict[str, str]:
        return {"name": person.name, "role": person.role, "via": person.via}

    @made.post("/act")
    @made.post("/api/v1/act")
    async def act(request: Request, person: Annotated[Person, Depends(allowed("analyst"))]) -> dict[str, int]:
        return {"bytes": len(await request.body())}

    @made.post("/v1/batch")
    async def intake(request: Request) -> dict[str, int]:
        return {"bytes": len(await request.body())}

    @made.get("/{role}")
    @made.get("/api/v1/{role}")
    def for_role(request: Request, role: Role) -> str:
        return allowed(role)(request).name

    for module in (people_page, keys, me_page):
        made.include_router(module.router)
    auth.install(made)
    # what stands for a path of any name comes last
    routes = made.router.routes
    routes.sort(key=lambda route: "{role}" in getattr(route, "path", ""))
    return made


@pytest.fixture(scope="session")
def once() -> FastAPI:
    return application()


@pytest.fixture
def app(once: FastAPI, state: State) -> FastAPI:
    """One application for all tests, with a state and a memory of its own for each."""
    once.state.state, once.state.attempts = state, Attempts()
    return once


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app, base_url="http://holdfast.test", follow_redirects=False) as one:
        yield one


@pytest.fixture
def sign_in(client: TestClient, state: State, people: dict[str, str]) -> SignIn:
    """Signs somebody of a role in, and answers with the token of their forms."""

    def signed(role: str) -> str:
        token = Sessions(state).start(people[role])
        client.cookies.set("holdfast", token, domain="holdfast.test")
        return token_of(token)

    return signed
