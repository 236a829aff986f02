"""A real server over a simulated company, and Debian's Chromium driven by Playwright."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import uvicorn

from holdfast.collector.serving import address_of, listen
from holdfast.simulate import simulate
from holdfast.state import Invitations, Sessions
from holdfast.web.app import create_app
from holdfast.web.auth.passwords import hash_of
from tests.web.hostile import hostile_company

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

ACCOUNTS = 120
END = date(2026, 10, 31)
PASSWORD = "a long one that nobody else has"
WIDE, NARROW = 1440, 390
NEXT = """(() => {
  const next = document.querySelector("[data-chart]:not([data-drawn])");
  next?.scrollIntoView({block: "center"});
  return Boolean(next);
})()"""
"""Brings the next chart that is not drawn into sight, and says whether there is one."""


@dataclass(frozen=True)
class Site:
    """A server that runs, and its owner."""

    address: str
    data: Path
    token: str
    email: str = "ada@example.com"


@contextmanager
def served(data: Path, patience_seconds: float = 60.0) -> Iterator[Site]:
    """A server over the data folder, until the block ends. How far a page is, it tells only after a minute: nearly all
    tests look at pages that are there.
    """
    app = create_app(data, patience_seconds)
    links = Invitations(app.state.state)
    owner = links.accept(links.welcome() or "", hash_of(PASSWORD), name="Ada Lovelace", email=Site.email)
    listening = listen("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, ws="none"))
    thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    yield Site(address_of(listening), data, Sessions(app.state.state).start(owner.id))
    server.should_exit = True
    thread.join(30)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A simulated company."""
    data = tmp_path_factory.mktemp("site") / "data"
    simulate(data, accounts=ACCOUNTS, seed=5, months=20, end=END)
    with served(data) as site:
        yield site


@pytest.fixture
def empty_site(tmp_path: Path) -> Iterator[Site]:
    """A company on its first day: nothing is known yet."""
    with served(tmp_path / "data") as site:
        yield site


@pytest.fixture
def hostile_site(tmp_path: Path) -> Iterator[Site]:
    """A company whose accounts and plans are named like scripts."""
    with served(hostile_company(tmp_path)) as site:
        yield site


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The system's browser: none is downloaded."""
    from playwright.sync_api import sync_playwright

    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        pytest.fail("the browser tests drive the system's Chromium, and there is none: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


PATIENCE_MILLISECONDS = 150_000
"""How long a page may take while Spark has both cores; how fast pages are is measured elsewhere."""


class Watched:
    """A page of the browser, with everything that it complained about and asked elsewhere."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.page: Page = context.new_page()
        self.page.set_default_timeout(PATIENCE_MILLISECONDS)
        self.said: list[str] = []
        self.elsewhere: list[str] = []
        self._address = address
        self.page.on("console", lambda one: self.said.append(one.text) if one.type in ("error", "warning") else None)
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("request", lambda one: self._note(one.url))

    def _note(self, url: str) -> None:
        if not url.startswith((self._address, "data:", "blob:")):
            self.elsewhere.append(url)

    def open(self, path: str) -> Page:
        self.page.goto(self._address + path)
        self.settle()
        return self.page

    def settle(self) -> None:
        """Wait until every chart is drawn: they are drawn as they come into sight."""
        for _ in range(200):
            if not self.page.evaluate(NEXT):
                break
            self.page.wait_for_timeout(50)
        self.page.wait_for_load_state("networkidle")
        self.page.evaluate("window.scrollTo(0, 0)")


@pytest.fixture
def signed_in(chromium: Browser, site: Site) -> Iterator[Watched]:
    """A wide window of the owner's."""
    yield from opened(chromium, site, WIDE)


@pytest.fixture
def on_a_phone(chromium: Browser, site: Site) -> Iterator[Watched]:
    yield from opened(chromium, site, NARROW)


def opened(
    chromium: Browser, site: Site, width: int, scheme: str = "light", *, signed: bool = True
) -> Iterator[Watched]:
    context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
    if signed:
        context.add_cookies([{"name": "holdfast", "value": site.token, "url": site.address}])
    yield Watched(context, site.address)
    context.close()
