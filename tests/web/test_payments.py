"""Payments and renewals: what is due, what of it is at risk, and what became of failed payments."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from holdfast.metrics.renewals import FLAGS
from holdfast.workspace import Workspace
from tests.web.reading import Page

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
    """Whether an amount is the sum of the rows' MRR, to the rounding of what is shown."""
    return abs(dollars(shown) - sum((row["mrr"] for row in rows), Decimal())) <= Decimal("0.5")


def test_what_is_due_and_at_risk_adds_up(page: Page, due: list[dict[str, Any]]) -> None:
    assert near(page.figures["MRR due"], due)
    assert near(page.figures["MRR at risk"], (row for row in due if any(row[flag] for flag in FLAGS)))
    assert near(page.figures["Failed payment"], (row for row in due if row["failed_payment"]))


def test_those_at_risk_come_first_and_the_largest_of_them(page: Page, due: list[dict[str, Any]]) -> None:
    shown = page.tables["Renewals"][1:]
    at_risk = [row for row in due if any(row[flag] for flag in FLAGS)]
    assert at_risk
    assert [bool(row[5]) for row in shown] == [place < len(at_risk) for place in range(len(shown))]
    amounts = [dollars(row[4]) for row in shown[: len(at_risk)]]
    assert amounts == sorted(amounts, reverse=True)


def test_one_risk_alone_and_another_order(client: TestClient, due: list[dict[str, Any]]) -> None:
    asked = {"as_of": AS_OF, "risk": "failed_payment", "sort": "day"}
    shown = Page(client.get("/payments", params=asked).text).tables["Renewals"][1:]
    wanted = sorted(row["renewal_day"] for row in due if row["failed_payment"])
    assert [row[1] for row in shown] == [f"{day:%b} {day.day}, {day.year}" for day in wanted]


def test_how_far_ahead_is_chosen(client: TestClient, workspace: Workspace) -> None:
    found = Page(client.get("/payments", params={"as_of": AS_OF, "ahead": "30"}).text)
    assert near(found.figures["MRR due"], workspace.query("renewals", end="2026-11-30", as_of=AS_OF).arrow.to_pylist())


def test_figures_are_those_of_the_last_month_that_is_over(page: Page, workspace: Workspace) -> None:
    (row,) = workspace.query("payment-trends", start="2026-09-01", end="2026-09-30", as_of=AS_OF).to_dicts()
    assert page.figures["Attempts that failed"] == f"{row['failure_rate']:.1%}"
    assert page.figures["Lost to failed payments"] == str(row["involuntary_churned_accounts"])


def test_a_chart_draws_the_figure_that_is_named(client: TestClient) -> None:
    drawn = client.get("/charts/payment-trends.svg", params={"column": "recovery_rate"})
    assert drawn.status_code == 200
    assert "those that were paid" not in drawn.text
    assert client.get("/charts/payment-trends.json", params={"column": "period"}).status_code == 404


def test_names_are_text(named: TestClient, hostile: Path) -> None:
    answer = named.get("/payments")
    assert "<script>alert" not in answer.text
    assert "&lt;script&gt;alert" in answer.text


def test_without_billing_it_says_what_to_do(empty: TestClient) -> None:
    assert "No billing data yet" in Page(empty.get("/payments").text).text
