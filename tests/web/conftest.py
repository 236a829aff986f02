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
from holdfast.workspace import Workspace
from tests.web.hostile import hostile_company
from tests.web.signed import signed_in

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
    app = create_app(data)
    with TestClient(app) as opened:
        links = Invitations(app.state.state)
        owner = links.accept(links.welcome() or "", "no password", name="Ada", email="ada@example.com")
        opened.cookies.set("holdfast", Sessions(app.state.state).start(owner.id))
        yield opened


@pytest.fixture(scope="session")
def workspace(data: Path) -> Iterator[Workspace]:
    """What the pages are held against."""
    with Workspace(data) as opened:
        yield opened


@pytest.fixture(scope="session")
def without_subscriptions(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The owner's browser over a data folder in which there are events alone."""
    folder = tmp_path_factory.mktemp("events")
    (folder / "lake" / "events" / "_delta_log").mkdir(parents=True)
    with signed_in(folder) as opened:
        yield opened


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The owner's browser over a company whose names are script."""
    with signed_in(hostile_company(tmp_path_factory.mktemp("hostile"))) as opened:
        yield opened
