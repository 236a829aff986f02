"""The accounts behind one number, and the facts behind each account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import ibis

from holdfast.explain.walk import ACCOUNT, Figures, Key, account_figures
from holdfast.metrics.registry import Metric
from holdfast.metrics.spans import item_mrr, reason_left_out, with_ends
from holdfast.metrics.worked import Equation, in_major_units

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from holdfast.metrics.query import MetricQuery
    from holdfast.metrics.result import MetricResult

FACT_COLUMNS = (
    "account_id",
    "subscription_id",
    "item_id",
    "plan_id",
    "status",
    "valid_from_day",
    "to_day",
    "quantity",
    "unit_amount",
    "currency",
    "billing_interval",
    "interval_count",
    "discount_percent",
    "discount_amount",
    "cancelled_day",
    "source",
    "row_key",
    "recorded_at",
)


@dataclass(frozen=True)
class TermFact:
    """One subscription row behind an account's figures: what it says, its MRR, or why it is left out."""

    subscription: str
    item: str
    plan: str | None
    status: str
    from_day: date
    to_day: date | None
    price: str
    mrr: Decimal
    left_out: str | None
    source: str
    row_key: str
    recorded_at: datetime


@dataclass(frozen=True)
class UseFact:
    """What an account did behind its figures: one event, by how many people, how often and when."""

    event: str
    people: int
    events: int
    active_days: int
    first_day: date
    last_day: date


@dataclass(frozen=True)
class AccountRow:
    """One account's part of a number."""

    account: str
    name: str
    key: Key
    figures: Figures
    facts: tuple[TermFact, ...] | tuple[UseFact, ...] = field(default=())


def ranked(metric: Metric, by_account: MetricResult, at: Figures) -> list[AccountRow]:
    """Every account with a figure that is not 0, those that matter most first. Amounts are in major units."""
    lead = Equation.parse(f"lead = {metric.ranking}")
    counted = {one.name for one in metric.columns} | {
        name for text in metric.worked for name in Equation.parse(text).names
    }
    found = []
    for (key, account), figures in account_figures(by_account, at).items():
        shown = {name: value for name, value in in_major_units(figures).items() if name in counted}
        if not shown:
            continue
        parts = dict.fromkeys(lead.names, 0) | shown
        weight = abs(lead.value(parts) or 0)
        found.append((weight, sum(abs(value) for value in shown.values()), account, key, shown))
    found.sort(key=lambda one: (-one[0], -one[1], one[2]))
    return [AccountRow(account, account, key, figures) for _, _, account, key, figures in found]


def facts_of(terms: ir.Table, query: MetricQuery, accounts: Sequence[str], first: date, last: date) -> ir.Table:
    """The subscription rows of the accounts that touch the days from `first` to `last`, as the policy reads them."""
    own = terms.filter(terms.account_id.isin(list(accounts)))
    ended = with_ends(own, query.policy)
    valued = ended.mutate(mrr_micros=item_mrr(ended, query.policy), left_out=reason_left_out(ended, query.policy))
    running = valued.to_day.isnull() | (valued.to_day >= ibis.literal(first))
    shown = valued.filter((valued.valid_from_day <= ibis.literal(last)) & running)
    return shown.select(*FACT_COLUMNS, "mrr_micros", "left_out").order_by(
        ["account_id", "valid_from_day", "subscription_id", "item_id", "row_key"]
    )


def use_of(rows: ir.Table, accounts: Sequence[str], first: date, last: date) -> ir.Table:
    """What the accounts did from the day `first` to the day `last`, by event."""
    own = rows.filter(rows.account_id.isin(list(accounts)))
    own = own.filter((own.day >= ibis.literal(first)) & (own.day <= ibis.literal(last)))
    summed = own.group_by("account_id", "event").agg(
        people=own.person.nunique().cast("int64"),
        events=own.events.sum().cast("int64"),
        active_days=own.day.nunique().cast("int64"),
        first_day=own.day.min(),
        last_day=own.day.max(),
    )
    return summed.order_by([summed.account_id, summed.events.desc(), summed.event])


def as_use(row: Mapping[str, Any]) -> UseFact:
    return UseFact(**{name: value for name, value in row.items() if name != "account_id"})


def as_fact(row: Mapping[str, Any]) -> TermFact:
    return TermFact(
        subscription=row["subscription_id"],
        item=row["item_id"],
        plan=row["plan_id"],
        status=row["status"],
        from_day=row["valid_from_day"],
        to_day=row["to_day"],
        price=price(row),
        mrr=Decimal(row["mrr_micros"] or 0) / 1_000_000,
        left_out=row["left_out"],
        source=row["source"],
        row_key=row["row_key"],
        recorded_at=row["recorded_at"],
    )


def price(row: Mapping[str, Any]) -> str:
    """What the row says is paid, in words.

    >>> price({"unit_amount": "50", "quantity": "3", "currency": "USD", "billing_interval": "month",
    ...        "interval_count": 1, "discount_percent": "10", "discount_amount": None})
    '3 x 50 USD a month, less 10 %'
    """
    interval = (
        row["billing_interval"] if row["interval_count"] == 1 else f"{row['interval_count']} {row['billing_interval']}s"
    )
    if row["unit_amount"] is None:
        said = f"MRR as given, in {row['currency']}"
    else:
        times = "" if row["quantity"] in (None, "1") else f"{row['quantity']} x "
        said = (
            f"{times}{row['unit_amount']} {row['currency']} {'every' if row['interval_count'] > 1 else 'a'} {interval}"
        )
    if row["discount_percent"]:
        said += f", less {row['discount_percent']} %"
    return said + (f", less {row['discount_amount']}" if row["discount_amount"] else "")


__all__ = ["ACCOUNT", "AccountRow", "TermFact", "UseFact", "as_fact", "as_use", "facts_of", "price", "ranked", "use_of"]
