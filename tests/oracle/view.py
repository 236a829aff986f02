"""A company looked at through one question: its periods, groups, homes of accounts, and money."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from .company import Change, Company, Event, Live, billing_start
from .days import ONE, Period, period_of, periods
from .facts import Facts, Question
from .money import Rates, half_away

ITEM_DIMENSIONS = ("plan", "product", "currency")
Key = tuple[Any, ...]


@dataclass(frozen=True)
class Window:
    """A period with the two closes that it is measured between; neither lies after today."""

    period: Period
    start: date
    end: date

    @property
    def first(self) -> date:
        return self.period.first

    def holds(self, day: date) -> bool:
        return self.period.first <= day <= self.period.last


class View:
    """Facts, policy and question. `splits_money`: the answer holds money, which is never added over currencies."""

    def __init__(self, facts: Facts, policy: Mapping[str, str], question: Question, *, money: bool) -> None:
        self.q, self.policy = question, policy
        self.company = Company(facts, policy, question.today)
        self.facts = facts
        self.rates = Rates(facts.rates)
        self.money_by_currency = money and (question.currency is None or "currency" in question.by)
        self.shows_currency = self.money_by_currency and "currency" not in question.by
        self.money = money

    # time

    def window(self, period: Period) -> Window:
        today = self.q.today
        return Window(period, min(period.first - ONE, today), min(period.last, today))

    def windows(self, grain: str | None = None) -> list[Window]:
        q = self.q
        return [self.window(period) for period in periods(q.start, q.end, grain or q.grain, q.week_start)]

    def period_of(self, day: date) -> Period:
        return period_of(day, self.q.grain, self.q.week_start)

    # money

    def value(self, live: Live, day: date) -> int:
        """What an item's MRR at the close of a day is in the wanted currency."""
        if self.q.currency is None or live.mrr == 0:
            return live.mrr
        day = min(day, self.q.today)
        if self.policy["fx"] == "service-start":
            day = billing_start(live.row, day)
        return half_away(live.mrr * self.rates.rate(live.currency, self.q.currency, day))

    def change_value(self, change: Change, window: Window) -> int:
        """What a change is in the wanted currency, at the new rate."""
        if self.q.currency is None:
            return change.micros
        day = change.rate_day if self.policy["fx"] == "service-start" else window.end
        return half_away(change.micros * self.rates.rate(change.currency, self.q.currency, day))

    def pot(self, currency: str) -> str | None:
        """Which row's money an item's money is added to: its currency's, or the one of all."""
        return currency if self.money_by_currency else None

    def pots(self, account: str, day: date) -> dict[str | None, int]:
        """The account's money at a close, by pot. A pot at 0 belongs to items that run without money."""
        found: dict[str | None, int] = defaultdict(int)
        for live in self.company.live(account, day):
            if self._wanted("currency", live.currency):
                found[self.pot(live.currency)] += self.value(live, day)
        return found

    def counted_pots(self, account: str, day: date) -> list[str | None]:
        """The pots in which a customer is counted: those above 0, or where it pays nothing, those of its items."""
        lives = self.company.live(account, day)
        pays = any(live.mrr > 0 for live in lives)
        return sorted(
            {self.pot(live.currency) for live in lives
             if (live.mrr > 0 or not pays) and self._wanted("currency", live.currency)},
            key=str,
        )  # fmt: skip

    # groups

    @cached_property
    def asked(self) -> tuple[str, ...]:
        """Every dimension that the question names."""
        return tuple(dict.fromkeys((*self.q.by, *self.q.where)))

    def _wanted(self, dimension: str, value: Any) -> bool:
        return dimension not in self.q.where or bool(self.q.where[dimension] == value)

    def key(self, dimensions: Mapping[str, Any], pot: str | None) -> Key | None:
        """The row that these dimensions belong to; null where the question leaves them out."""
        if not all(self._wanted(name, dimensions[name]) for name in self.q.where):
            return None
        own = tuple(dimensions[name] for name in self.q.by)
        return (*own, pot) if self.shows_currency else own

    def item_key(self, account: str, currency: str, plan: str | None, product: str | None) -> Key | None:
        """Money is divided by item."""
        dimensions = {name: self.company.attribute(account, name) for name in self.asked}
        items = {"plan": plan, "product": product, "currency": currency}
        return self.key(dimensions | items, self.pot(currency))

    def account_key(self, account: str, home: date, pot: str | None = None) -> Key | None:
        """Counts put the whole account where most of its MRR is at the close of `home`."""
        dimensions = {name: self.company.attribute(account, name) for name in self.asked}
        dimensions |= self.home(account, home)
        if self.money and "currency" in dimensions:
            if pot is None:
                dimensions["currency"] = self.q.where["currency"]
            else:
                dimensions["currency"] = pot
        return self.key(dimensions, pot)

    def home(self, account: str, day: date) -> dict[str, Any]:
        """The plan, product, currency (of those asked for) with most of the account's MRR; ties by name, null last."""
        names = [name for name in ITEM_DIMENSIONS if name in self.asked and not (self.money and name == "currency")]
        amounts: dict[Key, int] = defaultdict(int)
        for live in self.company.live(account, day):
            own = {"plan": live.plan, "product": live.product, "currency": live.currency}
            amounts[tuple(own[name] for name in names)] += live.mrr
        if not amounts:
            return dict.fromkeys(names)
        best = min(amounts, key=lambda values: (-amounts[values], [(value is None, value or "") for value in values]))
        return dict(zip(names, best, strict=True))

    def home_in(self, account: str, window: Window) -> date:
        """The close at which an account is looked at to place it in a period: the start, else its first movement."""
        if self.company.customer(account, window.start):
            return window.start
        days = [event.day for event in self.company.events(account) if window.holds(event.day)]
        return min(days, default=window.end)

    @cached_property
    def seen(self) -> set[Key]:
        """Every group and currency in which anything was ever paid."""
        found: set[Key] = set()
        if not self.q.by and not self.shows_currency:
            found.add(())
        for account in self.company.accounts:
            for day in self.company.change_days(account):
                for live in self.company.live(account, day):
                    key = self.item_key(account, *live.kind)
                    if live.mrr > 0 and key is not None:
                        found.add(key)
        return found

    # movements

    def left_out(self, account: str, window: Window) -> bool:
        """`same_period=neither`: new and gone within one period."""
        if self.policy["same_period"] == "both":
            return False
        new = any(event.movement == "new" and window.holds(event.day) for event in self.company.events(account))
        there = self.company.customer(account, window.start) or self.company.customer(account, window.end)
        return new and not there

    @cached_property
    def with_every_movement(self) -> View:
        if self.policy["same_period"] == "both":
            return self
        return View(self.facts, {**self.policy, "same_period": "both"}, self.q, money=self.money)

    def changes(self, window: Window) -> Iterable[Change]:
        for account in self.company.accounts:
            if not self.left_out(account, window):
                yield from (change for change in self.company.changes(account) if window.holds(change.day))

    def events(self, window: Window) -> Iterable[Event]:
        for account in self.company.accounts:
            if not self.left_out(account, window):
                yield from (event for event in self.company.events(account) if window.holds(event.day))

    # building blocks

    def money_at(self, day: date) -> dict[Key, int]:
        """MRR at a close, divided by item."""
        sums: dict[Key, int] = defaultdict(int)
        for account in self.company.accounts:
            for live in self.company.live(account, day):
                key = self.item_key(account, *live.kind)
                if key is not None and live.mrr > 0:
                    sums[key] += self.value(live, day)
        return sums

    def moved(self, window: Window, movement: str, only: Callable[[Change], bool] = lambda _: True) -> dict[Key, int]:
        """Money of one class of movement in a period, divided by item."""
        sums: dict[Key, int] = defaultdict(int)
        for change in self.changes(window):
            key = self.item_key(change.account, change.currency, change.plan, change.product)
            if change.movement == movement and change.micros and only(change) and key is not None:
                sums[key] += self.change_value(change, window)
        return sums

    def movers(self, window: Window, movement: str) -> dict[Key, int]:
        """Accounts with at least one movement of a class in a period."""
        found: dict[Key, set[str]] = defaultdict(set)
        for event in self.events(window):
            if event.movement == movement and self._wanted("currency", event.currency):
                home = self.home_in(event.account, window)
                key = self.account_key(event.account, home, self.pot(event.currency))
                if key is not None:
                    found[key].add(event.account)
        return {key: len(accounts) for key, accounts in found.items()}

    def customers(self, day: date) -> list[str]:
        return [account for account in self.company.accounts if self.company.customer(account, day)]

    def count_at(self, day: date) -> dict[Key, int]:
        """Customers at a close, each in the pots that it is counted in."""
        counts: dict[Key, int] = defaultdict(int)
        for account in self.customers(day):
            for pot in self.counted_pots(account, day):
                key = self.account_key(account, day, pot)
                if key is not None:
                    counts[key] += 1
        return counts

    def labels(self, key: Key) -> dict[str, Any]:
        """The dimension columns of a row."""
        names = (*self.q.by, "currency") if self.shows_currency else self.q.by
        return dict(zip(names, key, strict=True))

    def groups(self, *results: Iterable[Key]) -> list[Key]:
        """Every group to show, in order, nulls last."""
        found = set(self.seen).union(*results)
        return sorted(found, key=sort_key)


def sort_key(values: Iterable[Any]) -> list[tuple[bool, str]]:
    return [(value is None, "" if value is None else str(value)) for value in values]
