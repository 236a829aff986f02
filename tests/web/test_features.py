"""Features: adoption as the metric has it, and differences that are never told as causes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from holdfast.workspace import Workspace
from tests.web.partly import without
from tests.web.reading import Page
from tests.web.signed import signed_in

if TYPE_CHECKING:
    from starlette.testclient import TestClient

pytestmark = pytest.mark.slow

PAYS = "currency = 'USD'"
RANGE = {"from": "2026-04-01", "to": "2026-10-31", "as_of": "2026-11-10", "where": PAYS}
ASKED = {"start": "2026-04-01", "end": "2026-10-31", "as_of": "2026-11-10", "where": PAYS}


@pytest.fixture(scope="module")
def page(client: TestClient) -> Page:
    return Page(client.get("/features", params=RANGE).text)


def test_each_feature_has_its_adopters_of_those_who_have_it(page: Page, workspace: Workspace) -> None:
    rows = {
        row["feature"]: row
        for row in workspace.query("feature-adoption", **ASKED).to_dicts()
        if row["period"] == "2026-10-01"
    }
    shown = page.tables["Adoption of each feature"][1:]
    assert {row[0] for row in shown} == set(rows)
    for row in shown:
        rate = rows[row[0]]["rate"]
        assert row[2] == ("–" if rate is None else f"{rate:.1%}")
        assert row[3] == f"{rows[row[0]]['adopters']} of {rows[row[0]]['eligible']}"
    rates = [float(row[2].rstrip("%")) for row in shown if row[2] != "–"]
    assert rates == sorted(rates, reverse=True)


def test_differences_stand_with_their_interval_and_the_warning(page: Page, workspace: Workspace) -> None:
    rows = {
        row["feature"]: row
        for row in workspace.query("feature-association", **ASKED).to_dicts()
        if row["outcome"] == "stay" and row["difference"] is not None
    }
    shown = page.tables["Customers who stayed"][1:]
    assert {row[0] for row in shown} == set(rows)
    for row in shown:
        known = rows[row[0]]
        assert row[5] == ("differs" if known["low"] > 0 or known["high"] < 0 else "may be chance")
    assert "This does not say that a feature keeps anybody." in page.text


@pytest.mark.slow
def test_users_are_counted_where_asked_for(client: TestClient, workspace: Workspace) -> None:
    page = Page(client.get("/features", params={**RANGE, "of": "users"}).text)
    rows = workspace.query("feature-adoption", of="users", **ASKED).to_dicts()
    known = {row["feature"]: row for row in rows if row["period"] == "2026-10-01"}
    for row in page.tables["Adoption of each feature"][1:]:
        assert row[3] == f"{known[row[0]]['adopters']:,} of {known[row[0]]['eligible']:,}"


def test_without_events_it_says_what_to_do(data: Path, tmp_path: Path) -> None:
    with signed_in(without(data, tmp_path / "data", "events")) as browser:
        page = Page(browser.get("/features").text)
    assert "No product events yet" in page.text
    assert "/sources" in page.links
