"""Usage: its figures are those of the metrics, and its lists name who matters."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from starlette.testclient import TestClient

from holdfast.insights.foremost import SILENT_DAYS
from holdfast.workspace import Workspace
from tests.web.reading import Page

TO = "2026-10-31"
FULL = date(2026, 9, 1)
"""The last month that is over on the company's last day but one."""


def usage(client: TestClient, **asked: str) -> Page:
    answer = client.get("/usage", params={"to": TO, "as_of": "2026-10-30", **asked})
    assert answer.status_code == 200, answer.text[:500]
    return Page(answer.text)


def test_figures_are_cells_of_the_metrics(client: TestClient, workspace: Workspace) -> None:
    page = usage(client)
    for label, metric, column in (
        ("Active users", "active-users", "active"),
        ("Active accounts", "active-accounts", "active"),
        ("Fell silent", "lifecycle", "dormant"),
    ):
        rows = workspace.query(metric, start=FULL, end=FULL, as_of="2026-10-30").to_dicts()
        assert page.figures[label] == f"{rows[0][column]:,}"


def test_people_and_accounts_are_counted_apart(client: TestClient, workspace: Workspace) -> None:
    page = usage(client, of="accounts")
    rows = workspace.query("lifecycle", start=FULL, end=FULL, of="accounts", as_of="2026-10-30").to_dicts()
    assert page.figures["Fell silent"] == f"{rows[0]['dormant']:,}"
    charts = client.get("/usage", params={"of": "accounts"}).text
    assert "/charts/lifecycle.json?of=accounts" in charts


def test_the_silent_are_named_longest_first_with_what_they_pay(client: TestClient, workspace: Workspace) -> None:
    answer = client.get("/usage", params={"to": TO, "as_of": TO})
    page = Page(answer.text)
    rows = [
        row
        for row in workspace.query("silence", start=TO, end=TO, as_of=TO).to_dicts()
        if row["status"] in ("paying", "trial") and (row["days"] is None or row["days"] >= SILENT_DAYS)
    ]
    assert rows
    shown = page.tables["Silent longest"][1:]
    days = sorted((row["days"] for row in rows), reverse=True)[: len(shown)]
    assert [row[2] for row in shown] == [str(one) for one in days]
    first = max(rows, key=lambda row: (row["days"], row["account"]))
    assert f"/accounts/{first['account']}" in page.links
    pays = {row["account"]: row["mrr"] for row in workspace.query("mrr", start=TO, end=TO, by="account", as_of=TO).to_dicts()}
    assert any(pays[row["account"]] for row in rows)


def test_lists_of_falls_show_what_was_before(client: TestClient) -> None:
    for row in usage(client).tables["Used on fewer days"][1:]:
        before, then, change = (float(text.replace("\N{MINUS SIGN}", "-")) for text in row[1:4])
        assert before + change == then < before


def test_retention_is_a_table_of_all_cohorts(client: TestClient, workspace: Workspace) -> None:
    table = usage(client, grain="month")
    rows = workspace.query("usage-retention", grain="month", end=TO, as_of="2026-10-30").to_dicts()
    shown = table.tables["Share that came back, by the period of first use"]
    assert len(shown) == 2 + len({row["cohort"] for row in rows if row["people"]})
    last = [row for row in rows if row["cohort"] == "2026-07-01"]
    line = next(row for row in shown if row[0] == "Jul 2026")
    assert [cell.rstrip("*") for cell in line[2 : 2 + len(last)]] == [f"{row['rate']:.0%}" for row in last]


def test_a_filter_reaches_every_question(client: TestClient, workspace: Workspace) -> None:
    where = "country = 'DE'"
    page = usage(client, where=where)
    rows = workspace.query("active-accounts", start=FULL, end=FULL, where=where, as_of="2026-10-30").to_dicts()
    assert page.figures["Active accounts"] == f"{rows[0]['active']:,}"


def test_a_quarter_is_asked_where_a_metric_knows_quarters(client: TestClient) -> None:
    assert usage(client, grain="quarter").tables["Silent longest"]


def test_one_first_heading_and_no_level_left_out(client: TestClient) -> None:
    headings = usage(client).headings
    assert headings.count(1) == 1
    assert all(later - earlier <= 1 for earlier, later in zip(headings, headings[1:], strict=False))


def test_what_is_not_allowed_is_told(client: TestClient) -> None:
    assert client.get("/usage", params={"of": "robots"}).status_code == 400
    assert client.get("/usage", params={"to": "soon"}).status_code == 400


def test_without_events_it_says_what_to_do(empty: TestClient) -> None:
    page = Page(empty.get("/usage").text)
    assert "No product events yet" in page.text
    assert "/sources" in page.links


def test_names_are_text(named: TestClient, hostile: Path) -> None:
    answer = named.get("/usage")
    assert "<script>alert" not in answer.text
    assert "&lt;script&gt;alert" in answer.text
