"""Payments and renewals: what is due, what of it is at risk, and what became of failed payments."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from holdfast.errors import UnknownName
from holdfast.metrics import catalog
from holdfast.metrics.renewals import FLAGS
from holdfast.web.drawn import of_column
from holdfast.workspace import Workspace
from tests.web.partly import without
from tests.web.reading import Page
from tests.web.signed import signed_in
from tests.web.test_remembered import imported

if TYPE_CHECKING:
    from starlette.testclient import TestClient

pytestmark = pytest.mark.slow

AS_OF = "2026-10-31"
AHEAD = "2027-01-29"


@pytest.fixture(scope="module")
def page(client: TestClient) -> Page:
    return Page(client.get("/payments", params={"as_of": AS_OF}).text)


@pytest.fixture(scope="module")
def due(workspace: Workspace) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = workspace.query("renewals", end=AHEAD, as_of=AS_OF).arrow.to_pylist()
    return found


def dollars(text: str) -> Decimal:
    return Decimal(re.sub("[$,]", "", text))


def near(shown: str, rows: Iterable[dict[str, Any]]) -> bool:
    """Whether an amount is the sum of the rows' MRR in dollars, to the rounding of what is shown."""
    total = sum((row["mrr"] for row in rows if row["currency"] == "USD"), Decimal())
    return abs(dollars(shown) - total) <= Decimal("0.5")


def test_what_is_due_and_at_risk_adds_up(page: Page, due: list[dict[str, Any]]) -> None:
    assert near(page.figures["MRR due"], due)
    assert near(page.figures["MRR at risk"], (row for row in due if any(row[flag] for flag in FLAGS)))
    assert near(page.figures["Failed payment"], (row for row in due if row["failed_payment"]))


def test_those_at_risk_come_first_and_the_largest_of_them(page: Page, due: list[dict[str, Any]]) -> None:
    shown = page.tables["Renewals"][1:]
    at_risk = [row for row in due if any(row[flag] for flag in FLAGS)]
    assert [bool(row[5]) for row in shown] == [place < len(at_risk) for place in range(len(shown))]


def test_by_day_is_another_order(client: TestClient, due: list[dict[str, Any]]) -> None:
    shown = Page(client.get("/payments", params={"as_of": AS_OF, "sort": "day"}).text).tables["Renewals"][1:]
    days = sorted(row["renewal_day"] for row in due)[: len(shown)]
    assert [row[1] for row in shown] == [f"{day:%b} {day.day}, {day.year}" for day in days]


def test_one_risk_alone(client: TestClient, due: list[dict[str, Any]]) -> None:
    for risk in ("any", *FLAGS):
        page = Page(client.get("/payments", params={"as_of": AS_OF, "risk": risk}).text)
        wanted = [row for row in due if (any(row[flag] for flag in FLAGS) if risk == "any" else row[risk])]
        assert len(page.tables.get("Renewals", [[]])) - 1 == len(wanted)


def test_figures_are_those_of_the_last_month_that_is_over(page: Page, workspace: Workspace) -> None:
    rows = workspace.query("payment-trends", start="2026-09-01", end="2026-09-30", as_of=AS_OF).to_dicts()
    row = next(row for row in rows if row["currency"] == "USD")
    assert page.figures["Attempts that failed"] == f"{row['failure_rate']:.1%}"
    assert page.figures["Lost to failed payments"] == str(row["involuntary_churned_accounts"])


def test_a_chart_draws_the_figure_that_is_named() -> None:
    metric = catalog.find("payment-trends")
    assert of_column(metric, "recovery_rate").chart.y == ("recovery_rate",)
    assert of_column(metric, "") is metric
    with pytest.raises(UnknownName, match="failure_rate"):
        of_column(metric, "period")


def test_how_far_ahead_is_chosen(client: TestClient) -> None:
    assert "to=2026-11-30" in client.get("/payments", params={"as_of": AS_OF, "ahead": "30"}).text


def test_without_billing_it_says_what_to_do(data: Path, tmp_path: Path) -> None:
    missing = ("subscription_terms", "invoices", "payments")
    with signed_in(without(data, tmp_path / "data", *missing)) as browser:
        assert "No billing data yet" in Page(browser.get("/payments").text).text


def test_without_invoices_the_page_teaches(tmp_path: Path) -> None:
    imported(tmp_path, "acme,s1,Team,active,2026-01-05,100,1,month,EUR\n")
    with signed_in(tmp_path) as browser:
        page = browser.get("/payments").text
    assert "Renewals in the next 90 days" in page
    assert "No invoices or payments yet" in page
    assert "/charts/payment-trends" not in page
