"""Every page in a real browser: nothing complains, nothing is asked elsewhere, all can read it, wide and narrow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.conftest import NARROW, WIDE, opened

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.browser.conftest import Site

PAGES = (
    "/", "/revenue", "/retention", "/accounts", "/usage", "/features", "/trials", "/payments", "/explain",
    "/explain/mrr-movements", "/sources", "/import", "/settings", "/settings/people", "/settings/keys", "/me",
    "/api/v1/docs",
)  # fmt: skip


@pytest.mark.parametrize(("width", "scheme"), [(WIDE, "light"), (NARROW, "dark")])
@pytest.mark.parametrize("path", PAGES)
def test_a_page(chromium: Browser, site: Site, path: str, width: int, scheme: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    for watched in opened(chromium, site, width, scheme):
        page = watched.open(path)
        assert watched.said == []
        assert watched.elsewhere == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.locator("h1").count() == 1
        assert page.locator("[data-chart]:not(:has(canvas))").count() == 0
        found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
        serious = [one for one in found if one["impact"] in ("serious", "critical")]
        assert [(one["id"], [node["html"][:160] for node in one["nodes"][:3]]) for one in serious] == []
