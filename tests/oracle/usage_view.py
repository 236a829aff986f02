"""What happened in the product looked at through one question: who did what, and in which group accounts stand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

from .days import ONE, Period, period_of
from .facts import Question
from .people import People
from .trials import Trial, all_trials
from .usage_facts import UsageFacts, merged
from .view import ITEM_DIMENSIONS, Key, View, Window, sort_key

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Act:
    """A counting event, by whom it was done and of which account."""

    person: str | None
    account: str | None
    event: str | None
    day: date
    instant: datetime


class Usage:
    def __init__(self, facts: UsageFacts, policy: Mapping[str, str], question: Question) -> None:
        self.facts, self.q, self.rules = merged(facts), question, question.usage
        self.view = View(self.facts, policy, question, money=False)
        self.company = self.view.company
        self.people = People(self.facts.links, self.facts.memberships, question.today)
        self.acts = list(self._acts())
        self.standings: dict[tuple[str, date], str] = {}

    def _acts(self) -> Iterable[Act]:
        zone = self.facts.zone
        for event in self.facts.events:
            day = event.day_in(zone)
            unknown = self.q.as_of is not None and event.received is not None and event.received > self.q.as_of
            if event.type != "track" or event.event in self.rules.ignored or day > self.q.today or unknown:
                continue
            person = self.people.person(event.user_id, event.anonymous_id)
            account = event.account_id if event.account_id is not None else self.people.account(person, day)
            yield Act(person, account, event.event, day, event.instant_in(zone))

    # time

    @property
    def windows(self) -> list[Window]:
        return self.view.windows()

    @property
    def begun(self) -> list[Window]:
        return [window for window in self.windows if window.first <= self.q.today]

    def before(self, window: Window) -> Window:
        return self.view.window(period_of(window.first - ONE, self.q.grain, self.q.week_start))

    def window_of(self, period: Period) -> Window:
        return self.view.window(period)

    # who is counted

    def unit(self, act: Act) -> str | None:
        return act.account if self.q.of == "accounts" else act.person

    @property
    def counted(self) -> list[Act]:
        """The events of somebody who is counted."""
        return [act for act in self.acts if self.unit(act) is not None]

    def units(self, acts: Iterable[Act]) -> set[str]:
        found = {self.unit(act) for act in acts}
        return {unit for unit in found if unit is not None}

    # standing

    @cached_property
    def trials(self) -> dict[str, list[Trial]]:
        found: dict[str, list[Trial]] = defaultdict(list)
        for trial in all_trials(self.view):
            found[trial.account].append(trial)
        return found

    def trial(self, account: str, close: date) -> Trial | None:
        """The trial that an account is in at a close."""
        return next((one for one in self.trials.get(account, ()) if one.start <= close < one.end), None)

    def _items(self, account: str, close: date) -> list[Any]:
        return list(self.company.live(account, close)) if account in self.company.spans else []

    def status(self, account: str, close: date) -> str:
        close = min(close, self.q.today)
        if (account, close) not in self.standings:
            self.standings[account, close] = self._status(account, close)
        return self.standings[account, close]

    def _status(self, account: str, close: date) -> str:
        if account in self.company.spans and self.company.customer(account, close):
            return "paying"
        if self.trial(account, close) is not None:
            return "trial"
        return "free" if self._items(account, close) else "none"

    def items_of(self, account: str, close: date, names: tuple[str, ...]) -> tuple[Any, ...]:
        """Plan, product and currency (those named) that an account stands in at a close."""
        close, status = min(close, self.q.today), self.status(account, close)
        trial = self.trial(account, close)
        if status == "trial" and trial is not None:
            return tuple(getattr(trial.main, name) for name in names)
        if status == "none":
            return (None,) * len(names)
        amounts: dict[tuple[Any, ...], int] = defaultdict(int)
        for live in self._items(account, close):
            amounts[tuple(getattr(live, name) for name in names)] += live.mrr
        return min(amounts, key=lambda values: (-amounts[values], sort_key(values)))

    def plan(self, account: str | None, close: date) -> str | None:
        if account is None:
            return None
        found: str | None = self.items_of(account, close, ("plan",))[0]
        return found

    # groups

    def group(self, account: str | None, close: date) -> Key | None:
        """The group that an account (null: none) stands in at a close; null where the question leaves it out."""
        items = tuple(name for name in ITEM_DIMENSIONS if name in self.view.asked)
        values = dict.fromkeys(self.view.asked)
        if account is not None:
            values |= {name: self._attribute(account, name) for name in self.view.asked if name not in items}
            values |= dict(zip(items, self.items_of(account, close, items), strict=True)) if items else {}
        return self.view.key(values, None)

    def _attribute(self, account: str, name: str) -> Any:
        if name == "cohort" and account not in self.company.spans:
            return None
        return self.company.attribute(account, name)

    @cached_property
    def seen(self) -> set[Key]:
        return self.seen_in(self.counted)

    def seen_in(self, acts: Iterable[Act]) -> set[Key]:
        """The groups that the accounts of events stand in at any close of the range."""
        accounts = {act.account for act in acts}
        closes = {window.end for window in self.windows}
        found = {self.group(account, close) for account in accounts for close in closes}
        return {key for key in found if key is not None} | (set() if self.q.by else {()})

    def in_order(self, *more: Iterable[Key]) -> list[Key]:
        return sorted(self.seen.union(*more), key=sort_key)

    def parts(self, close: date, acts: Iterable[Act] | None = None) -> dict[Key, list[Act]]:
        """The events of each group as accounts stand at a close."""
        found: dict[Key, list[Act]] = {key: [] for key in self.in_order()}
        groups: dict[str | None, Key | None] = {}
        for act in self.counted if acts is None else acts:
            if act.account not in groups:
                groups[act.account] = self.group(act.account, close)
            key = groups[act.account]
            if key is not None:
                found.setdefault(key, []).append(act)
        return found

    def labels(self, key: Key) -> dict[str, Any]:
        return self.view.labels(key)

    # features

    @cached_property
    def included(self) -> dict[str, set[str]]:
        """The features of each plan."""
        found: dict[str, set[str]] = defaultdict(set)
        for plan, feature, included in self.facts.plan_features:
            if included:
                found[plan].add(feature)
        return dict(found)

    @cached_property
    def features(self) -> list[str]:
        own = [name for name, _ in self.rules.features] or [act.event for act in self.acts]
        listed = set().union(*self.included.values()) if self.included else set()
        return sorted({name for name in own if name is not None} | listed)

    def shows(self, feature: str, act: Act) -> bool:
        """Whether an event shows the use of a feature."""
        if self.rules.features:
            return act.event in dict(self.rules.features).get(feature, ())
        return act.event == feature

    def has(self, account: str | None, feature: str, close: date) -> bool:
        """Whether the plan of an account has a feature."""
        return not self.included or feature in self.included.get(self.plan(account, close) or "", ())

    def everyone(self) -> set[str]:
        """Every account that is known from billing, trials or events."""
        return (
            {act.account for act in self.acts if act.account is not None} | set(self.company.spans) | set(self.trials)
        )

    def looked_at(self, window: Window) -> list[str]:
        active = {act.account for act in self.acts if window.holds(act.day)}
        live = ("paying", "trial")
        return sorted(a for a in self.everyone() if a in active or self.status(a, window.end) in live)
