"""Browsers without script, with somebody signed in, over a data folder of a test's own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from starlette.testclient import TestClient

from holdfast.state import Invitations, Sessions
from holdfast.web.app import create_app
from holdfast.web.csrf import token_of


@contextmanager
def signed_in(data: Path, role: str = "owner") -> Iterator[TestClient]:
    """A browser of somebody with that role."""
    app = create_app(data)
    with TestClient(app, follow_redirects=True) as browser:
        links = Invitations(app.state.state)
        person = links.accept(links.welcome() or "", "no password", name="Ada", email="ada@example.com")
        if role != "owner":
            link = links.invite("sam@example.com", role, person.id)
            person = links.accept(link, "no password", name="Sam", email="sam@example.com")
        browser.cookies.set("holdfast", Sessions(app.state.state).start(person.id))
        yield browser


def csrf(browser: TestClient) -> dict[str, str]:
    """The field that a form of this browser carries."""
    return {"csrf": token_of(str(browser.cookies["holdfast"]))}
