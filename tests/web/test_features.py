"""Features: adoption as the metric has it, and differences that are never told as causes."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from holdfast.workspace import Workspace
from tests.web.reading import Page

RANGE = {"from": "2026-04-01", "to": "2026-10-31", "as_of": "2026-11-10"}
ASKED = {"start": "2026-04-01", "end": "2026-10-31", "as_of": "2026-11-10"}


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
        assert row[2] in (f"{rows[row[0]]['rate']:.1%}", "–")
        assert row[3] == f"{rows[row[0]]['adopters']} of {rows[row[0]]['eligible']}"
    rates = [float(row[2].rstrip("%")) for row in shown]
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


def test_users_are_counted_where_asked_for(client: TestClient, workspace: Workspace) -> None:
    page = Page(client.get("/features", params={**RANGE, "of": "users"}).text)
    rows = workspace.query("feature-adoption", of="users", **ASKED).to_dicts()
    known = {row["feature"]: row for row in rows if row["period"] == "2026-10-01"}
    for row in page.tables["Adoption of each feature"][1:]:
        assert row[3] == f"{known[row[0]]['adopters']:,} of {known[row[0]]['eligible']:,}"


def test_without_events_it_says_what_to_do(empty: TestClient) -> None:
    assert "No product events yet" in Page(empty.get("/features").text).text
