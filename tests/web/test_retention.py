"""The retention page: the triangle's cells are the metric's, and lead to the accounts behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest

from holdfast.insights.cohort_trend import cohort_trend
from holdfast.web.shown import Shown
from holdfast.web.words import words
from tests.web.hostile import SCRIPT
from tests.web.read import links, section, table, text

if TYPE_CHECKING:
    from starlette.testclient import TestClient

pytestmark = pytest.mark.slow

SHOWN = Shown(words("en"), "USD", ZoneInfo("UTC"))
RANGE = "from=2026-03-01&to=2026-09-30"
ASKED = {"start": "2026-03-01", "end": "2026-09-30"}


def rows_of(client: TestClient, metric: str, **more: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.app.state.company.ask(metric, **ASKED, **more).rows  # type: ignore[attr-defined]
    return found


@pytest.fixture(scope="module")
def page(client: TestClient) -> str:
    answer = client.get(f"/retention?{RANGE}&counts=1")
    assert answer.status_code == 200
    return answer.text


def test_every_cell_is_the_metrics_with_its_count(client: TestClient, page: str) -> None:
    rows = rows_of(client, "cohort-retention")
    _, ages, *lines = table(section(page, "cohorts"))
    found = {
        (line[0], int(age)): cell
        for line in lines if line[0] != "All together"
        for age, cell in zip(ages, line[2:], strict=True) if cell
    }  # fmt: skip
    expected = {
        (SHOWN.period(row["cohort"]), row["age"]): f"{SHOWN.rate(row['rate'], 0)} {row['retained']}"
        + ("" if row["complete"] else " so far")
        for row in rows if row["accounts"]
    }  # fmt: skip
    assert found == expected
    assert len(expected) > 10


def test_counts_are_there_on_demand(client: TestClient, page: str) -> None:
    plain = section(client.get(f"/retention?{RANGE}").text, "cohorts")
    assert "<small>" in section(page, "cohorts")
    assert "<small>" not in plain
    assert any("counts=1" in one for one in links(plain))
    assert f"/retention?{RANGE}" in links(section(page, "cohorts")), "and can be taken away"


def test_a_cohort_leads_to_its_accounts(page: str) -> None:
    [first, *_] = [one for one in links(section(page, "cohorts")) if one.startswith("/accounts")]
    assert parse_qs(urlsplit(first).query)["where"] == ["cohort = '2026-04'"], "nobody came in March"


def test_any_attribute_can_make_the_cohorts(client: TestClient) -> None:
    part = section(client.get(f"/retention?{RANGE}&cohort_by=plan").text, "cohorts")
    names = {row["cohort"] for row in rows_of(client, "cohort-retention", cohort_by="plan") if row["accounts"]}
    assert {line[0] for line in table(part)[2:]} - {"All together"} == names
    [condition] = parse_qs(urlsplit(next(one for one in links(part) if one.startswith("/accounts"))).query)["where"]
    assert condition in {f"\"plan\" = '{name}'" for name in names}


def test_revenue_has_a_tab_of_its_own_for_each_currency(client: TestClient) -> None:
    part = section(client.get(f"/retention?{RANGE}&tab=revenue&counts=1").text, "cohorts")
    rows = rows_of(client, "cohort-revenue")
    [*_, row] = [row for row in rows if row["currency"] == "USD" and row["start_mrr"] and row["complete"]]
    assert f"{SHOWN.rate(row['rate'], 0)} {SHOWN.money(row['mrr'], 'USD', short=True)}" in text(part)
    assert part.count('<table class="heat">') == len({row["currency"] for row in rows if row["start_mrr"]})


def test_trends_are_told_in_pooled_shares(client: TestClient, page: str) -> None:
    trend = cohort_trend(rows_of(client, "second-month-retention", grain="month"))
    assert trend is not None
    assert f"Of the {trend.now.accounts} accounts of" in text(section(page, "second-month-retention"))
    assert f"{SHOWN.rate(trend.now.rate)} stayed" in text(section(page, "second-month-retention"))


def test_cohorts_can_be_of_weeks(client: TestClient) -> None:
    page = client.get(f"/retention?{RANGE}&grain=week")
    assert page.status_code == 200
    assert "Weeks since the start" in page.text


def test_without_subscriptions_it_says_what_to_do(without_subscriptions: TestClient) -> None:
    page = without_subscriptions.get("/retention")
    assert page.status_code == 200
    assert "No subscriptions yet" in page.text


@pytest.fixture(scope="module")
def told(hostile: TestClient) -> str:
    return hostile.get("/retention?from=2026-01-31&to=2026-10-31").text


def test_a_cohort_that_grows_on_fewer_accounts_is_carried_by_name(told: str) -> None:
    part = section(told, "cohort-divergence")
    assert table(part)[1] == ["Jan 2026", "1 of 2", "€150", "€500", f"{SCRIPT} 100%"]
    assert "/accounts/a/b%3Fc%3D1%23d" in links(part)
    assert SCRIPT not in told
    assert "Grow on fewer accounts 1 cohort" in text(told)


def test_the_peak_is_told_in_words_and_with_its_doubt(told: str) -> None:
    said = text(section(told, "churn-by-tenure"))
    assert "The largest share leaves in subscription month 3: 33.3% of the 3 that reach it" in said
    assert "with 95% confidence" in said
    assert "may be chance" in said
