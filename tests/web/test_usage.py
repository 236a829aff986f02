"""Usage: its figures are those of the metrics, and its lists name who matters."""

from __future__ import annotations

import html
import re
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from holdfast.insights.foremost import SILENT_DAYS
from holdfast.lake import Lake
from holdfast.settings import Settings
from holdfast.sources import import_files
from tests.web.partly import HOSTILE, all_named, without
from tests.web.reading import Page
from tests.web.signed import signed_in

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.testclient import TestClient

    from holdfast.workspace import Workspace

pytestmark = pytest.mark.slow

TO = "2026-10-31"
"""The last day looked at, and the as-of day: the month is not over on it."""
SEPTEMBER = {"start": "2026-09-01", "end": "2026-09-30", "as_of": TO}
GERMANY = "country = 'DE'"


@pytest.fixture(scope="module")
def page(client: TestClient) -> Page:
    return Page(client.get("/usage", params={"to": TO, "as_of": TO, "grain": "month"}).text)


@pytest.fixture(scope="module")
def of_accounts(client: TestClient) -> str:
    asked = {"to": TO, "as_of": TO, "of": "accounts", "where": GERMANY, "grain": "quarter"}
    return client.get("/usage", params=asked).text


@pytest.mark.parametrize(
    ("label", "metric", "column"),
    [("Active users", "active-users", "active"), ("Fell silent", "lifecycle", "dormant")],
)
def test_figures_are_cells_of_the_last_month_that_is_over(
    page: Page, workspace: Workspace, label: str, metric: str, column: str
) -> None:
    (row,) = workspace.query(metric, **SEPTEMBER).to_dicts()
    assert page.figures[label] == f"{row[column]:,}"


@pytest.mark.slow
def test_accounts_are_counted_and_filtered_where_asked_for(of_accounts: str, workspace: Workspace) -> None:
    quarter = {"start": "2026-07-01", "end": "2026-09-30", "grain": "quarter", "as_of": TO}
    (row,) = workspace.query("lifecycle", of="accounts", where=GERMANY, **quarter).to_dicts()
    assert Page(of_accounts).figures["Fell silent"] == f"{row['dormant']:,}"
    chart = of_accounts.split("/charts/lifecycle.json")[1][:200]
    assert "of=accounts" in chart
    assert "country" in chart


@pytest.mark.slow
def test_a_grain_that_a_metric_does_not_know_is_left_out(of_accounts: str) -> None:
    chart = of_accounts.split("/explain/usage-retention")[1][:120]
    assert "grain=" not in chart.partition('"')[0]


def test_the_silent_are_named_longest_first(page: Page, workspace: Workspace) -> None:
    rows = [
        row
        for row in workspace.query("silence", start=TO, end=TO, as_of=TO).to_dicts()
        if row["status"] in ("paying", "trial") and (row["days"] is None or row["days"] >= SILENT_DAYS)
    ]
    assert rows
    shown = page.tables["Silent longest"][1:]
    days = sorted((row["days"] for row in rows), reverse=True)[: len(shown)]
    assert [row[2] for row in shown] == [str(one) for one in days]
    longest = max(rows, key=lambda row: row["days"])
    assert f"/accounts/{longest['account']}" in page.links


def test_lists_of_falls_show_what_was_before(page: Page) -> None:
    rows = page.tables["Used on fewer days"][1:]
    assert rows
    for row in rows:
        before, then, change = (float(text.replace("\N{MINUS SIGN}", "-")) for text in row[1:4])
        assert before + change == then < before


def test_retention_is_a_table_of_all_cohorts(page: Page, workspace: Workspace) -> None:
    rows = workspace.query("usage-retention", grain="month", end=TO, as_of=TO).to_dicts()
    shown = page.tables["Cohorts by age"]
    assert len(shown) == 3 + len({row["cohort"] for row in rows if row["people"]})
    july = [row for row in rows if row["cohort"] == "2026-07-01"]
    line = next(row for row in shown if row[0] == "Jul 2026")
    assert [cell.split()[0] for cell in line[2 : 2 + len(july)]] == [f"{row['rate']:.0%}" for row in july]


def test_one_first_heading_and_no_level_left_out(page: Page) -> None:
    assert page.headings.count(1) == 1
    assert all(later - earlier <= 1 for earlier, later in pairwise(page.headings))


@pytest.mark.parametrize("asked", [{"of": "robots"}, {"to": "soon"}, {"as_of": "soon"}, {"grain": "fortnight"}])
def test_what_is_not_allowed_is_told(client: TestClient, asked: dict[str, str]) -> None:
    assert client.get("/usage", params=asked).status_code == 400


def test_without_events_it_says_what_to_do(data: Path, tmp_path: Path) -> None:
    with signed_in(without(data, tmp_path / "data", "events")) as browser:
        page = Page(browser.get("/usage").text)
    assert "No product events yet" in page.text
    assert "/sources" in page.links


@pytest.mark.slow
def test_names_are_text(data: Path, tmp_path: Path) -> None:
    with signed_in(all_named(data, tmp_path / "data", HOSTILE)) as browser:
        for path in ("/usage", "/payments"):
            text = browser.get(path).text
            assert HOSTILE not in text
            assert html.escape(HOSTILE) in text


NOBODY = "event,account_id,timestamp\nSent,acme,2026-10-05\nSent,birch,2026-10-06\n"


@pytest.mark.parametrize(("rows", "usual"), [(NOBODY, "Accounts"), (NOBODY.replace("account_id", "user_id"), "People")])
def test_accounts_are_counted_where_no_event_names_anybody(tmp_path: Path, rows: str, usual: str) -> None:
    file = tmp_path / "events.csv"
    file.write_text(rows)
    import_files(Lake(tmp_path / "lake"), Settings(), "events", [file])
    with signed_in(tmp_path) as browser:
        page = browser.get("/usage?from=2026-10-01&to=2026-10-31").text
        switch = re.search(r'aria-current="(?:true|page)"[^>]*>\s*(\w+)', page[page.index("Who is counted") :])
        assert switch
        assert switch[1] == usual
        other = "users" if usual == "Accounts" else "accounts"
        assert f"of={other}" in page
