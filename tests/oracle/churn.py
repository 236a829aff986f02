"""Churn and retention between two closes."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date
from fractions import Fraction
from typing import Any

from .days import ONE, Period, add_months, month_end
from .money import major, ratio
from .view import Key, View, Window

Rows = list[dict[str, Any]]


# counts of accounts


def placed(view: View, window: Window, accounts: set[str] | list[str]) -> Counter[Key]:
    """How many of the accounts lie in each group; an account given twice counts twice."""
    keys = (view.account_key(account, view.home_in(account, window)) for account in accounts)
    return Counter(key for key in keys if key is not None)


def became(view: View, account: str, window: Window) -> bool:
    """Whether the account became a customer in the period, new or returning."""
    events = view.company.events(account)
    return any(event.movement in ("new", "reactivation") and window.holds(event.day) for event in events)


def churn_days(view: View, account: str, window: Window) -> set[date]:
    events = view.company.events(account)
    return {event.day for event in events if event.movement == "churn" and window.holds(event.day)}


def gone(view: View, window: Window) -> list[str]:
    """The numerator of customer churn; with `every-churn` an account is there once for each time."""
    company, rule = view.company, view.policy["churn_numerator"]
    start, end = view.customers(window.start), set(view.customers(window.end))
    if rule == "gone-at-end":
        return [account for account in start if account not in end]
    if rule == "left":
        return [account for account in start if churn_days(view, account, window) and account not in end]
    if rule == "every-cancellation":
        return [account for account in company.accounts if churn_days(view, account, window)]
    return [account for account in company.accounts for _ in churn_days(view, account, window)]


def acquired(view: View, window: Window) -> list[str]:
    start = set(view.customers(window.start))
    return [a for a in view.company.accounts if a not in start and became(view, a, window)]


def counts_of(view: View, window: Window) -> dict[Key, tuple[int, int, int]]:
    """For each group: customers at the start, churned, and what churned is divided by."""
    start = placed(view, window, view.customers(window.start))
    churned = placed(view, window, gone(view, window))
    joined: Counter[Key] = Counter()
    if view.policy["churn_denominator"] == "start+new":
        joined = placed(view, window, [a for a in view.company.accounts if became(view, a, window)])
    keys = {*start, *churned, *joined, *view.seen}
    return {key: (start[key], churned[key], start[key] + joined[key]) for key in keys}


def customer_churn(view: View) -> Rows:
    rows = []
    per_window = [(window, counts_of(view, window)) for window in view.windows()]
    for window, found in per_window:
        for key in view.groups(*[found for _, found in per_window]):
            start, churned, base = found.get(key, (0, 0, 0))
            counts = {"start_accounts": start, "churned_accounts": churned, "rate": ratio(churned, base)}
            rows.append({"period": window.first, **view.labels(key), **counts})
    return rows


def customer_retention(view: View) -> Rows:
    rows = []
    per_window = [
        (
            window,
            placed(view, window, view.customers(window.start)),
            placed(view, window, acquired(view, window)),
            placed(view, window, view.customers(window.end)),
        )
        for window in view.windows()
    ]
    groups = view.groups(*[column for _, *columns in per_window for column in columns])
    for window, start, joined, end in per_window:
        for key in groups:
            counts = {"start_accounts": start[key], "acquired_accounts": joined[key], "end_accounts": end[key]}
            rate = ratio(end[key] - joined[key], start[key])
            rows.append({"period": window.first, **view.labels(key), **counts, "rate": rate})
    return rows


# comparisons of money


def compared(view: View, start: date, end: date) -> dict[Key, list[tuple[int, int]]]:
    """MRR at the start and at the end of every customer of the start, in each of its pots."""
    pairs: dict[Key, list[tuple[int, int]]] = defaultdict(list)
    for account in view.customers(start):
        before, after = view.pots(account, start), view.pots(account, end)
        for pot in {*before, *after}:
            key = view.account_key(account, start, pot)
            if key is not None and (before.get(pot) or after.get(pot)):
                pairs[key].append((before.get(pot, 0), after.get(pot, 0)))
    return pairs


def revenue_churn(view: View) -> Rows:
    per_window = [(window, _revenue_churn(view, window)) for window in view.windows()]
    groups = view.groups(*[found for _, found in per_window])
    rows = []
    for window, found in per_window:
        for key in groups:
            start, gross, net = found.get(key, (0, 0, 0))
            amounts = {"start_mrr": major(start), "gross_rate": ratio(gross, start), "net_rate": ratio(net, start)}
            rows.append({"period": window.first, **view.labels(key), **amounts})
    return rows


def _revenue_churn(view: View, window: Window) -> dict[Key, tuple[int, int, int]]:
    """For each group: MRR at the start, gross loss, net loss."""
    if view.policy["nrr"] == "snapshot":
        found = {}
        for key, pairs in compared(view, window.start, window.end).items():
            lost = sum(max(0, before - after) for before, after in pairs)
            gained = sum(max(0, after - before) for before, after in pairs)
            found[key] = (sum(before for before, _ in pairs), lost, lost - gained)
        return found
    start = view.money_at(window.start)
    loss = losses(view, window)
    return {key: (start.get(key, 0), *loss.get(key, (0, 0))) for key in {*start, *loss}}


def losses(view: View, window: Window) -> dict[Key, tuple[int, int]]:
    """Gross and net loss by the movements of all accounts."""
    moved = {name: view.moved(window, name) for name in ("churn", "contraction", "expansion", "reactivation")}
    found = {}
    for key in {key for column in moved.values() for key in column}:
        amount = {name: column.get(key, 0) for name, column in moved.items()}
        gross = -(amount["churn"] + amount["contraction"])
        if view.policy["nrr"] == "baremetrics":
            found[key] = (gross, -amount["churn"] - amount["expansion"])
        else:
            found[key] = (gross, gross - amount["expansion"] - amount["reactivation"])
    return found


def closes(view: View, window: Window) -> tuple[date, date]:
    """The two closes that NRR and GRR compare: `window` months apart, month end with month end."""
    end = window.end
    start = add_months(end, -view.q.window)
    is_close = window.period.last <= view.q.today
    if is_close and end == month_end(end):
        start = month_end(start)
    return start, end


def grr(view: View) -> Rows:
    found = []
    for window in view.windows():
        pairs = compared(view, *closes(view, window))
        kept = {key: sum(min(before, after) for before, after in both) for key, both in pairs.items()}
        found.append((window, {key: (sum(b for b, _ in both), kept[key]) for key, both in pairs.items()}))
    return _retention_rows(view, found)


def nrr(view: View) -> Rows:
    return _retention_rows(view, [(window, _nrr(view, window)) for window in view.windows()])


def _nrr(view: View, window: Window) -> dict[Key, tuple[int, int]]:
    start_day, end_day = closes(view, window)
    if view.policy["nrr"] == "snapshot":
        pairs = compared(view, start_day, end_day)
        return {key: (sum(b for b, _ in both), sum(a for _, a in both)) for key, both in pairs.items()}
    start = view.money_at(start_day)
    loss = _losses_between(view, start_day, end_day)
    return {key: (start.get(key, 0), start.get(key, 0) - loss.get(key, (0, 0))[1]) for key in {*start, *loss}}


def _losses_between(view: View, start: date, end: date) -> dict[Key, tuple[int, int]]:
    """`losses` over the days after one close up to another; that is no period: `same_period` is not looked at."""
    return losses(view.with_every_movement, Window(Period(start + ONE, end), start, end))


def _retention_rows(view: View, found: list[tuple[Window, dict[Key, tuple[int, int]]]]) -> Rows:
    rows = []
    for window, sums in found:
        for key in view.groups(*[sums for _, sums in found]):
            start, end = sums.get(key, (0, 0))
            rate: Fraction | None = ratio(end, start)
            amounts = {"start_mrr": major(start), "end_mrr": major(end), "rate": rate}
            rows.append({"period": window.first, **view.labels(key), **amounts})
    return rows
