"""Pages that are made once for many readers hold nothing of one reader's that another one sees."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from holdfast.lake import Lake
from holdfast.settings import Settings
from holdfast.sources import import_files
from holdfast.state import Invitations, Segments, Sessions
from holdfast.web.company import Company
from holdfast.web.pages import overview
from tests.web.signed import signed_in

if TYPE_CHECKING:
    from starlette.testclient import TestClient

pytestmark = pytest.mark.slow

HEAD = "account_id,subscription_id,plan,status,valid_from,unit_price,quantity,interval,currency\n"
NAME = "Grace <b>Hopper</b>"


def imported(data: Path, rows: str) -> None:
    file = data / "subscriptions.csv"
    file.parent.mkdir(exist_ok=True)
    file.write_text(HEAD + rows)
    import_files(Lake(data / "lake"), Settings.load(data), "subscriptions", [file])


@pytest.fixture
def data(tmp_path: Path) -> Path:
    imported(tmp_path, "acme,s1,Team,active,2026-01-05,100,1,month,EUR\n")
    return tmp_path


def another(browser: TestClient, role: str) -> str:
    """A session of somebody else."""
    state = browser.app.state.state  # type: ignore[attr-defined]
    links = Invitations(state)
    owner = links.accept(links.welcome() or "", "-", name="Owner", email="o@example.com") if links.welcome() else None
    by = owner.id if owner else ""
    link = links.invite("grace@example.com", role, by)
    return Sessions(state).start(links.accept(link, "-", name=NAME, email="grace@example.com").id)


def test_each_reader_has_a_name_and_a_token_of_the_own(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with signed_in(data) as browser:
        first = browser.get("/").text
        own = browser.cookies["holdfast"]
        browser.cookies.clear()
        browser.cookies.set("holdfast", another(browser, "owner"))
        monkeypatch.setattr(overview, "question_of", None)  # whoever makes the page anew now fails
        second = browser.get("/").text
        browser.cookies.clear()
        browser.cookies.set("holdfast", own)
        third = browser.get("/").text
    assert "Ada" in first
    assert "Grace &lt;b&gt;Hopper&lt;/b&gt;" in second
    assert "Ada" not in second
    assert NAME not in second
    assert third == first
    tokens = [re.search(r'name="csrf" value="([0-9a-f]{64})"', page) for page in (first, second)]
    assert all(tokens)
    assert tokens[0] and tokens[1] and tokens[0][1] != tokens[1][1]


def test_new_facts_settings_and_segments_make_a_page_anew(data: Path) -> None:
    with signed_in(data) as browser:
        assert "€100" in browser.get("/").text
        imported(data, "birch,s2,Team,active,2026-02-05,50,1,month,EUR\n")
        company = browser.app.state.company  # type: ignore[attr-defined]
        company.work(lambda workspace: workspace.refresh())
        for _ in range(50):
            page = browser.get("/").text
            if "€150" in page:
                break
        assert "€150" in page
        (data / "holdfast.toml").write_text('company = "Acme Analytics"\n')
        assert "Acme Analytics" in browser.get("/revenue").text
        assert "Large ones" not in browser.get("/revenue").text
        Segments(browser.app.state.state).create("Large ones", ["account = 'acme'"], "")  # type: ignore[attr-defined]
        assert "Large ones" in browser.get("/revenue").text


def test_a_day_begins_where_the_company_is(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with signed_in(data) as browser:
        company = browser.app.state.company  # type: ignore[attr-defined]
        browser.get("/")
        before = company.stamp()
        monkeypatch.setattr(Company, "today", property(lambda self: date(2030, 1, 1)))
        assert company.stamp() != before
        assert "2029" in browser.get("/").text


def test_a_page_that_cannot_be_made_is_not_remembered(data: Path) -> None:
    with signed_in(data) as browser:
        wrong = browser.get("/revenue?where=nowhere+%3D+1")
        assert wrong.status_code == 404
        assert "Ada" in wrong.text
        assert not re.search(r">[0-9a-f]{64}<", wrong.text)
