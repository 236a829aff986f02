"""The revenue page: its figures are those of the metrics, and the controls reach them."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from holdfast.insights.since import since
from holdfast.web.shown import Shown
from holdfast.web.words import words
from tests.web.read import links, section, table, text

if TYPE_CHECKING:
    from starlette.testclient import TestClient

pytestmark = pytest.mark.slow

SHOWN = Shown(words("en"), "USD", ZoneInfo("UTC"))
RANGE = "from=2026-07-01&to=2026-10-31"
ASKED = {"start": "2026-07-01", "end": "2026-10-31"}


@pytest.fixture(scope="module")
def page(client: TestClient) -> str:
    answer = client.get(f"/revenue?{RANGE}")
    assert answer.status_code == 200
    return answer.text


@pytest.fixture(scope="module")
def split(hostile: TestClient) -> str:
    answer = hostile.get("/revenue?from=2026-08-01&to=2026-10-31&by=plan&grain=quarter&where=currency+%3D+%27EUR%27")
    assert answer.status_code == 200
    return answer.text


def rows_of(client: TestClient, metric: str) -> list[dict[str, Any]]:
    found = client.app.state.company.ask(metric, **ASKED)  # type: ignore[attr-defined]
    return [row for row in found.rows if row["currency"] == "USD"]


@pytest.mark.parametrize(
    ("metric", "column", "label"),
    [
        ("arpa", "mrr", "MRR"),
        ("arr", "arr", "ARR"),
        ("arpa", "arpa", "Revenue per account"),
        ("nrr", "rate", "NRR, 12 months"),
        ("grr", "rate", "GRR, 12 months"),
        ("ltv", "ltv", "Lifetime value"),
    ],
)
def test_each_figure_is_the_metrics_beside_the_month_before(
    client: TestClient, page: str, metric: str, column: str, label: str
) -> None:
    found = since(rows_of(client, metric), column)
    assert found is not None
    figures = text(page.partition('<dl class="figures card">')[2].partition("</dl>")[0])
    if found.value is None:
        assert f"{label} –" in figures
        return
    value = SHOWN.rate(found.value) if column == "rate" else SHOWN.money(found.value, "USD", short=True)
    assert f"{label} {value}" in figures
    change = f"{SHOWN.points(found.difference)} points" if column == "rate" else SHOWN.change(found.change)
    assert found.difference is None or f"{value} {change} on Sep 2026" in figures


def test_new_subscribers_stand_against_old(client: TestClient, page: str) -> None:
    _, _, row, *_ = table(section(page, "new-and-old"))
    assert row[0] == "Oct 2026"
    assert int(row[1]) + int(row[4]) == rows_of(client, "arpa")[-1]["accounts"]


def test_currencies_stand_apart_where_none_is_chosen(page: str) -> None:
    assert page.index(">USD</h2>") < page.index(">EUR</h2>")
    assert page.count('<dl class="figures card">') == 3
    assert "Choose a currency under More" in page


def test_the_table_of_cohorts_has_the_last_period(page: str) -> None:
    rows = table(section(page, "revenue-by-cohort"))
    assert {row[0] for row in rows[1:]} == {"Oct 2026"}


def test_controls_reach_charts_and_explanations(split: str) -> None:
    charts = [html.unescape(one.partition('"')[0]) for one in split.split('data-chart="')[1:]]
    movements = next(one for one in charts if "mrr-movements" in one)
    assert all(part in movements for part in ("by=plan", "grain=quarter", "where=currency+%3D+%27EUR%27"))
    for whole in ("existing-base-share", "revenue-by-cohort"):
        assert "by=" not in next(one for one in charts if whole in one)
    assert not any("by=plan" in one for one in links(split) if one.startswith("/explain/arr"))


def test_names_of_others_are_text(split: str) -> None:
    assert "<img" not in split
    assert "&lt;img src=x onerror=alert(1)&gt;" in split


def test_without_subscriptions_it_says_what_to_do(without_subscriptions: TestClient) -> None:
    page = without_subscriptions.get("/revenue")
    assert page.status_code == 200
    assert "No subscriptions yet" in page.text
    assert "/sources" in links(page.text.partition("No subscriptions yet")[2])
