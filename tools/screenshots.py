"""Pictures of every page, wide and narrow, light and dark: `python -m tools.screenshots`, or `make screenshots`.

They go to `build/screenshots`; those that the documentation shows go to `docs/images`, too.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import uvicorn

from holdfast.collector.serving import address_of, listen
from holdfast.simulate import Model, simulate
from holdfast.state import Invitations, Sessions
from holdfast.web.app import create_app
from holdfast.web.serving import warm

OUT, SHOWN = Path("build/screenshots"), Path("docs/images")
ACCOUNT = "acc_0000407"
PAGES = {
    "overview": "/",
    "revenue": "/revenue",
    "retention": "/retention",
    "accounts": "/accounts",
    "account": f"/accounts/{ACCOUNT}",
    "usage": "/usage",
    "features": "/features",
    "trials": "/trials",
    "payments": "/payments",
    "metrics": "/explain",
    "explain": "/explain/mrr-movements",
    "sources": "/sources",
    "import": "/import",
    "settings": "/settings",
    "people": "/settings/people",
    "keys": "/settings/keys",
    "profile": "/me",
    "api": "/api/v1/docs",
}
IN_DOCS = ("overview", "explain", "account", "retention")
WIDTHS, MODES = {"wide": 1440, "narrow": 390}, ("light", "dark")
END = date(2026, 10, 31)
NEXT = """(() => {
  const next = document.querySelector("[data-chart]:not([data-drawn])");
  next?.scrollIntoView({block: "center"});
  return Boolean(next);
})()"""
"""Brings the next chart that is not drawn into sight, and says whether there is one."""
TALLEST = 1_300
PATIENCE_SECONDS = 60.0
"""Pixels of a picture in the documentation."""


@contextmanager
def served() -> Iterator[tuple[str, str]]:
    """The address of a server over a simulated company, and a session of its owner."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        simulate(data, accounts=1_000, end=END, model=Model(one_currency=True))
        app = create_app(data, PATIENCE_SECONDS)
        warm(app)
        links = Invitations(app.state.state)
        owner = links.accept(links.welcome() or "", "no password", name="Ada Lovelace", email="ada@example.com")
        listening = listen("127.0.0.1", 0)
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, ws="none"))
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.05)
        yield address_of(listening), Sessions(app.state.state).start(owner.id)
        server.should_exit = True
        thread.join(30)


def settle(page: Any) -> None:
    """Scroll through the page until every chart is drawn."""
    for _ in range(200):
        if not page.evaluate(NEXT):
            break
        page.wait_for_timeout(50)
    page.wait_for_load_state("networkidle")
    page.evaluate("window.scrollTo(0, 0)")
    page.wait_for_timeout(100)


def taken(browser: Any, address: str, token: str, width: str, mode: str) -> None:
    context = browser.new_context(viewport={"width": WIDTHS[width], "height": 900}, color_scheme=mode)
    context.add_cookies([{"name": "holdfast", "value": token, "url": address}])
    page = context.new_page()
    page.set_default_timeout(120_000)
    for name, path in PAGES.items():
        page.goto(address + path)
        settle(page)
        page.screenshot(path=OUT / f"{name}-{width}-{mode}.png", full_page=True)
        if name in IN_DOCS and (width, mode) == ("wide", "light"):
            clip = {"x": 0, "y": 0, "width": WIDTHS[width], "height": TALLEST}
            page.set_viewport_size({"width": WIDTHS[width], "height": TALLEST})
            page.screenshot(path=SHOWN / f"{name}.png", clip=clip)
            page.set_viewport_size({"width": WIDTHS[width], "height": 900})
        print(f"{name}-{width}-{mode}", file=sys.stderr)
    context.close()


def main() -> None:
    from playwright.sync_api import sync_playwright

    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        sys.exit("this drives the system's Chromium, and there is none: apt-get install chromium")
    for folder in (OUT, SHOWN):
        folder.mkdir(parents=True, exist_ok=True)
    with served() as (address, token), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu"])
        for width in WIDTHS:
            for mode in MODES:
                taken(browser, address, token, width, mode)
        browser.close()


if __name__ == "__main__":
    main()
