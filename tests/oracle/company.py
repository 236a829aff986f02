"""A company under one policy, as of one day: what each account had live at the close of every day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction
from functools import cache
from typing import Any

from .days import ONE, add_months, interval_holding
from .facts import Facts, Refund, Row
from .money import half_away, micros, priced_mrr

COUNTING_NOTHING = ("trialing", "incomplete", "incomplete_expired", "unpaid")
FOR_EVER = date.max
ItemKind = tuple[tuple[str, str], str, str | None, str | None]


@dataclass(frozen=True)
class Span:
    """One row with the days in which it is live: from `first` up to, not including, `end`."""

    row: Row
    product: str | None
    first: date
    end: date
    mrr: int
    counts_until: date
    """The row counts from `first` up to this day; an unpaid one may stop counting before it ends."""

    def holds(self, day: date) -> bool:
        return self.first <= day < self.end

    def counts(self, day: date) -> bool:
        return self.first <= day < self.counts_until


@dataclass(frozen=True)
class Live:
    """An item that runs with a counting status at the close of a day, and its MRR."""

    item: tuple[str, str]
    row: Row
    currency: str
    plan: str | None
    product: str | None
    mrr: int

    @property
    def kind(self) -> tuple[str, str | None, str | None]:
        return (self.currency, self.plan, self.product)


@dataclass(frozen=True)
class Change:
    """What one item, in one currency, plan and product, did on one day, under the account's class of that day."""

    account: str
    day: date
    movement: str
    currency: str
    plan: str | None
    product: str | None
    micros: int
    new_product: bool
    rate_day: date
    """First day of the billing interval whose exchange rate is taken under `service-start`."""


@dataclass(frozen=True)
class Event:
    """One movement of an account in one currency on one day: what the `*_accounts` count."""

    account: str
    day: date
    movement: str
    currency: str


def row_end(row: Row, policy: Mapping[str, str]) -> date:
    """Where the row says that it ends: `valid_to`, else by its cancellation, else never."""
    if row.valid_to is not None:
        return row.valid_to
    if row.cancelled_at is None:
        return FOR_EVER
    if row.cancelled_at < row.valid_from:
        return row.valid_from
    if policy["churn_date"] == "cancellation":
        return row.cancelled_at
    return interval_holding(row.valid_from, row.interval, row.interval_count, row.cancelled_at)[1]


def counts_until(row: Row, end: date, policy: Mapping[str, str]) -> date:
    """The day from which a row that lives until `end` no longer counts."""
    if row.status in COUNTING_NOTHING:
        return row.valid_from
    if row.status == "paused" and policy["paused"] == "zero":
        return row.valid_from
    if row.metered and policy["metered"] == "exclude":
        return row.valid_from
    if row.status == "past_due" and policy["past_due"] == "churn-after-30d":
        return min(end, row.valid_from + timedelta(days=30))
    return end


def item_spans(rows: list[Row], products: Mapping[str, str | None], policy: Mapping[str, str]) -> list[Span]:
    """The spans of one item. A later row ends the earlier one at its own start."""
    rows = sorted(rows, key=lambda row: row.valid_from)
    spans: list[Span] = []
    present: list[int] = []
    for row, following in zip(rows, [*rows[1:], None], strict=True):
        end = row_end(row, policy)
        if following is not None:
            end = min(end, following.valid_from)
        product = row.product or products.get(row.plan_id or "")
        until = counts_until(row, end, policy)
        mrr = priced_mrr(row, policy)
        if row.metered and until > row.valid_from:
            present.append(mrr)
            last_three = present[-3:]
            mrr = half_away(Fraction(sum(last_three), len(last_three)))
        spans.append(Span(row, product, row.valid_from, end, mrr, until))
    return spans


@cache
def refund_per_month(refund: Refund) -> int:
    """What a refund takes from MRR while its service period lasts."""
    assert refund.service_from is not None and refund.service_to is not None
    first, end = refund.service_from, refund.service_to
    months = Fraction((end - first).days) * 12 / 365
    for n in range(1, 1200):
        if add_months(first, n) == end:
            months = Fraction(n)
    return half_away(micros(refund.amount) / months)


class Company:
    """What every account had at the close of each day; nothing after `today` has happened."""

    def __init__(self, facts: Facts, policy: Mapping[str, str], today: date) -> None:
        self.facts, self.policy, self.today = facts, policy, today
        self.products = {plan.plan_id: plan.product for plan in facts.plans}
        self.names = {account.account_id: account.name for account in facts.accounts}
        self.attributes = {account.account_id: account.attributes for account in facts.accounts}
        self.spans = self._spans()
        self.accounts = sorted(self.spans)
        self.refunds = self._refunds()
        for method in ("live", "ever_paid_by", "customer", "first_day", "changes", "events", "change_days"):
            setattr(self, method, cache(getattr(self, method)))

    def _spans(self) -> dict[str, list[Span]]:
        by_item: dict[tuple[str, str], list[Row]] = defaultdict(list)
        for row in self.facts.rows:
            status = "active" if row.status in ("canceled", "ended", "expired") else row.status
            by_item[row.item].append(replace(row, status=status))
        by_account: dict[str, list[Span]] = defaultdict(list)
        for item in sorted(by_item):
            for span in item_spans(by_item[item], self.products, self.policy):
                by_account[span.row.account_id].append(span)
        return dict(by_account)

    def _refunds(self) -> dict[str, list[Refund]]:
        found: dict[str, list[Refund]] = defaultdict(list)
        if self.policy["refunds"] == "subtract":
            for refund in self.facts.refunds:
                has_service = refund.service_from and refund.service_to and refund.service_from < refund.service_to
                if refund.subscription_id and has_service and refund.at <= self.today:
                    found[refund.subscription_id].append(refund)
        return found

    # what lives

    def live(self, account: str, day: date) -> tuple[Live, ...]:
        """The items that run with a counting status at the close of a day, with their MRR."""
        day = min(day, self.today)
        items = [
            Live(span.row.item, span.row, span.row.currency, span.row.plan_id, span.product, span.mrr)
            for span in self.spans[account]
            if span.counts(day)
        ]
        return tuple(self._less_refunds(sorted(items, key=lambda live: live.item), day))

    def _less_refunds(self, items: list[Live], day: date) -> list[Live]:
        left: dict[tuple[str, str], int] = defaultdict(int)
        for subscription, refunds in self.refunds.items():
            for refund in refunds:
                assert refund.service_from is not None and refund.service_to is not None
                if refund.service_from <= day < refund.service_to:
                    left[subscription, refund.currency] += refund_per_month(refund)
        lowered = []
        for live in items:
            pot = (live.item[0], live.currency)
            taken = min(live.mrr, left[pot])
            left[pot] -= taken
            lowered.append(replace(live, mrr=live.mrr - taken))
        return lowered

    def mrr(self, account: str, day: date) -> int:
        """MRR over all currencies: only good for telling whether it is above 0."""
        return sum(live.mrr for live in self.live(account, day))

    def change_days(self, account: str) -> list[date]:
        """The only days, up to today, on which something of the account can change."""
        days: set[date] = set()
        for span in self.spans[account]:
            days |= {span.first, span.end, span.counts_until}
            for refund in self.refunds.get(span.row.subscription_id, []):
                assert refund.service_from is not None and refund.service_to is not None
                days |= {refund.service_from, refund.service_to}
        return sorted(day for day in days if day <= self.today)

    # who is a customer

    def ever_paid_by(self, account: str, day: date) -> bool:
        return any(self.mrr(account, earlier) > 0 for earlier in self.change_days(account) if earlier <= day)

    def customer(self, account: str, day: date) -> bool:
        """Whether the account is a customer at the close of a day."""
        day = min(day, self.today)
        if self.mrr(account, day) > 0:
            return True
        if self.policy["zero_price"] == "churn":
            return False
        return bool(self.live(account, day)) and self.ever_paid_by(account, day)

    def first_day(self, account: str) -> date | None:
        """The day of the account's first positive MRR."""
        return next((day for day in self.change_days(account) if self.mrr(account, day) > 0), None)

    def cohort_month(self, account: str) -> date | None:
        first = self.first_day(account)
        return first and first.replace(day=1)

    # what moved

    def changes(self, account: str) -> tuple[Change, ...]:
        """Every change of money, item by item, with the class of the account's day."""
        return tuple(change for day in self.change_days(account) for change in self._changes_of(account, day))

    def events(self, account: str) -> tuple[Event, ...]:
        """Every movement of the account: one a day and currency."""
        return tuple(event for day in self.change_days(account) for event in self._events_of(account, day))

    def _classes(self, account: str, day: date) -> dict[str, str]:
        """The class of the day for each currency in which something changed."""
        net = self._net(account, day)
        before, after = self.customer(account, day - ONE), self.customer(account, day)
        if after and not before:
            return dict.fromkeys(net, self._arrival(account, day))
        if before and not after:
            return dict.fromkeys(net, "churn")
        return {currency: "expansion" if micros >= 0 else "contraction" for currency, micros in net.items()}

    def _net(self, account: str, day: date) -> dict[str, int]:
        net: dict[str, int] = defaultdict(int)
        for sign, when in ((1, day), (-1, day - ONE)):
            for live in self.live(account, when):
                net[live.currency] += sign * live.mrr
        return net

    def _arrival(self, account: str, day: date) -> str:
        """Whether becoming a customer is new or a reactivation."""
        left = [earlier for earlier in self.change_days(account) if earlier < day and self._leaves(account, earlier)]
        if not left:
            return "new"
        gone = left[-1]
        if self.policy["reactivation"] == "within-90-days":
            return "reactivation" if (day - gone).days <= 90 else "new"
        if self.policy["reactivation"] == "after-1-month":
            return "reactivation" if day >= add_months(gone, 1) else "new"
        return "reactivation"

    def _leaves(self, account: str, day: date) -> bool:
        return self.customer(account, day - ONE) and not self.customer(account, day)

    def _events_of(self, account: str, day: date) -> list[Event]:
        net, classes = self._net(account, day), self._classes(account, day)
        before, after = self.customer(account, day - ONE), self.customer(account, day)
        moved = {currency for currency, micros in net.items() if micros != 0}
        if before != after and not any(moved):
            moved = {live.currency for live in self.live(account, day if after else day - ONE)}
        return [Event(account, day, classes[currency], currency) for currency in sorted(moved)]

    def _changes_of(self, account: str, day: date) -> list[Change]:
        delta: dict[ItemKind, int] = defaultdict(int)
        for sign, when in ((1, day), (-1, day - ONE)):
            for live in self.live(account, when):
                delta[live.item, *live.kind] += sign * live.mrr
        classes = self._classes(account, day)
        had = self._products_before(account, day)
        return [
            Change(account, day, classes[currency], currency, plan, product, micros, product not in had,
                   self._rate_day(account, item, currency, day))
            for (item, currency, plan, product), micros in delta.items()
            if micros != 0
        ]  # fmt: skip

    def _products_before(self, account: str, day: date) -> set[str | None]:
        """Products that the account paid for on any earlier day."""
        return {
            live.product
            for earlier in self.change_days(account)
            if earlier < day
            for live in self.live(account, earlier)
            if live.mrr > 0
        }

    def _rate_day(self, account: str, item: tuple[str, str], currency: str, day: date) -> date:
        """Start of the interval that holds `day`, of the row counting that day, else of the one that
        stopped, counted on."""
        own = [span for span in self.spans[account] if span.row.item == item and span.row.currency == currency]
        own = [span for span in own if span.mrr > 0 or self.policy["zero_price"] == "stay"]
        live = [span for span in own if span.counts(day)] or [span for span in own if span.counts(day - ONE)]
        return billing_start(live[0].row, day)

    # dimensions

    def attribute(self, account: str, name: str) -> Any:
        if name == "cohort":
            return self.cohort_month(account)
        if name == "account":
            return account
        return self.attributes.get(account, {}).get(name)


def billing_start(row: Row, day: date) -> date:
    return interval_holding(row.valid_from, row.interval, row.interval_count, day)[0]
