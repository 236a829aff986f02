"""A page that takes long, in a real browser: it says how far it is, and shows itself when it is there."""

from __future__ import annotations

import re
import threading
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from holdfast.simulate import simulate
from holdfast.web.company import Question
from tests.browser.conftest import NARROW, WIDE, opened, served

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser


@pytest.mark.parametrize(("width", "scheme"), [(WIDE, "light"), (NARROW, "dark")])
def test_a_page_is_followed(
    chromium: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, width: int, scheme: str
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    go, put = threading.Event(), Question.put

    def waits(self: Question, workspace: Any) -> Any:
        assert self.metric != "ltv" or go.wait(120)
        return put(self, workspace)

    monkeypatch.setattr(Question, "put", waits)
    simulate(tmp_path / "data", accounts=30, seed=5, months=14, end=date(2026, 10, 31))
    with served(tmp_path / "data", patience_seconds=0.1) as site:
        for watched in opened(chromium, site, width, scheme):
            page = watched.page
            page.goto(site.address + "/revenue")
            assert page.locator("h1").inner_text() == "Revenue"
            told = page.locator("[data-making]")
            told.get_by_text(re.compile(r"(\d+) of \d+ questions are answered")).wait_for()
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
            assert [one["id"] for one in found if one["impact"] in ("serious", "critical")] == []
            go.set()
            page.locator(".figure", has_text="ARR").first.wait_for()
            assert page.locator("[data-making]").count() == 0
            watched.settle()
            assert (watched.said, watched.elsewhere) == ([], [])


def test_published_figures_come_later(chromium: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from holdfast.report import beside

    go, compared = threading.Event(), beside.compared

    def waits(*given: Any) -> Any:
        assert go.wait(120)
        return compared(*given)

    monkeypatch.setattr(beside, "compared", waits)
    simulate(tmp_path / "data", accounts=30, seed=5, months=14, end=date(2026, 10, 31))
    with served(tmp_path / "data") as site:
        for watched in opened(chromium, site, WIDE):
            page = watched.page
            page.goto(site.address + "/")
            page.locator("#published[aria-busy=true]").wait_for()
            go.set()
            page.locator("#published[aria-busy=false]").wait_for()
            assert page.locator("#published [data-pending]").count() == 0
            watched.settle()
            assert (watched.said, watched.elsewhere) == ([], [])
