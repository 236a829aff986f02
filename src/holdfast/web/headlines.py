"""The headline figures of the overview: one cell of an answer each, beside the same cell a period before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from holdfast.facts.days import add_months
from holdfast.web.company import Answer
from holdfast.web.page import _


@dataclass(frozen=True)
class Headline:
    """Which figure, and whether it is of now or of the last month that is over."""

    label: str
    metric: str
    column: str
    kind: str
    of_now: bool = False


HEADLINES = (
    Headline(_("MRR"), "mrr", "mrr", "money", of_now=True),
    Headline(_("Customers"), "customer-retention", "end_accounts", "count", of_now=True),
    Headline(_("Customer churn"), "customer-churn", "rate", "rate"),
    Headline(_("Revenue churn"), "revenue-churn", "gross_rate", "rate"),
    Headline(_("NRR, 12 months"), "nrr", "rate", "rate"),
    Headline(_("GRR, 12 months"), "grr", "rate", "rate"),
    Headline(_("Active accounts"), "active-accounts", "active", "count"),
)


@dataclass(frozen=True)
class Figure:
    """A headline with its value and the one before."""

    headline: Headline
    value: Any
    before: Any
    of: date
    before_of: date


def figures(answers: Mapping[str, Answer], month: date, this_month: date, currency: str) -> list[Figure]:
    """`month` is the last one that is over, `this_month` the one that is shown for what stands now."""
    found = []
    for headline in HEADLINES:
        of = this_month if headline.of_now else month
        before = month if headline.of_now and this_month != month else add_months(of, -1)
        rows = answers[headline.metric].rows
        now, then = (cell(rows, when, headline.column, currency) for when in (of, before))
        found.append(Figure(headline, now, then, of, before))
    return found


def cell(rows: list[dict[str, Any]], period: date, column: str, currency: str) -> Any:
    """One cell of an answer; of a currency where it is split by them.

    >>> cell([{"period": date(2026, 1, 1), "mrr": 5, "currency": "EUR"}], date(2026, 1, 1), "mrr", "EUR")
    5
    """
    return next((row[column] for row in of_currency(rows, currency) if row["period"] == period), None)


def of_currency(rows: list[dict[str, Any]], currency: str) -> list[dict[str, Any]]:
    """The rows in a currency; all where they are of none."""
    return [row for row in rows if row.get("currency", currency) == currency]
