"""A small simulated company, and the web app over it with somebody signed in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from holdfast.simulate import simulate
from holdfast.state import Invitations, Sessions
from holdfast.web.app import create_app
from tests.web.hostile import hostile_company

ACCOUNTS = 40
END = date(2026, 10, 31)


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of the company; tests that write take a copy."""
    folder = tmp_path_factory.mktemp("web") / "data"
    simulate(folder, accounts=ACCOUNTS, seed=3, months=14, end=END)
    return folder


@pytest.fixture(scope="session")
def client(data: Path) -> Iterator[TestClient]:
    """A browser of the owner, without script."""
    with TestClient(create_app(data)) as opened:
        yield signed_in(opened)


@pytest.fixture(scope="session")
def newcomer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The owner's browser over a data folder in which there is nothing."""
    with TestClient(create_app(tmp_path_factory.mktemp("nothing"))) as opened:
        yield signed_in(opened)


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The owner's browser over a company whose names are script."""
    with TestClient(create_app(hostile_company(tmp_path_factory.mktemp("hostile")))) as opened:
        yield signed_in(opened)


def signed_in(opened: TestClient) -> TestClient:
    """A browser in which the first owner has a session."""
    state = opened.app.state.state  # type: ignore[attr-defined]
    links = Invitations(state)
    owner = links.accept(links.welcome() or "", "no password", name="Ada", email="ada@example.com")
    opened.cookies.set("holdfast", Sessions(state).start(owner.id))
    return opened
