"""MRR, its movements, and what is made of the two."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from typing import Any

from .churn import counts_of
from .days import ONE, Period, add_months, period_of
from .money import half_away, major, micros, ratio
from .view import Key, View, Window

Rows = list[dict[str, Any]]


def mrr(view: View, name: str = "mrr", times: int = 1) -> Rows:
    rows = []
    per_window = [(window, view.money_at(window.end), view.count_at(window.end)) for window in view.windows()]
    groups = view.groups(*[money for _, money, _ in per_window], *[count for _, _, count in per_window])
    for window, money, count in per_window:
        for key in groups:
            amounts = {name: major(money.get(key, 0) * times), "accounts": count.get(key, 0)}
            rows.append({"period": window.first, **view.labels(key), **amounts})
    return rows


def arr(view: View) -> Rows:
    return mrr(view, "arr", 12)


CLASSES = ("new", "reactivation", "expansion", "contraction", "churn")
COUNTED = {
    "new_accounts": "new",
    "reactivated_accounts": "reactivation",
    "expanded_accounts": "expansion",
    "contracted_accounts": "contraction",
    "churned_accounts": "churn",
}


def movements_of(view: View, window: Window) -> dict[str, dict[Key, int]]:
    """Every column of `mrr-movements` in one period, in micros."""
    found = {"opening": dict(view.money_at(window.start)), "closing": dict(view.money_at(window.end))}
    found |= {name: view.moved(window, name) for name in CLASSES}
    found["upsell"] = view.moved(window, "expansion", lambda change: not change.new_product)
    found["cross_sell"] = view.moved(window, "expansion", lambda change: change.new_product)
    found |= {column: view.movers(window, movement) for column, movement in COUNTED.items()}
    keys = {key for column in found.values() for key in column}
    moved = {key: sum(found[name].get(key, 0) for name in CLASSES) for key in keys}
    found["fx"] = {key: found["closing"].get(key, 0) - found["opening"].get(key, 0) - moved[key] for key in keys}
    return found


MONEY = (
    "opening", "new", "reactivation", "expansion", "upsell", "cross_sell", "contraction", "churn", "fx", "closing",
)  # fmt: skip


def mrr_movements(view: View) -> Rows:
    rows = []
    per_window = [(window, movements_of(view, window)) for window in view.windows()]
    groups = view.groups(*[column for _, found in per_window for column in found.values()])
    for window, found in per_window:
        for key in groups:
            money = {name: major(found[name].get(key, 0)) for name in MONEY}
            counts = {name: found[name].get(key, 0) for name in COUNTED}
            rows.append({"period": window.first, **view.labels(key), **money, **counts})
    return rows


def per_group(view: View) -> Iterator[tuple[Window, Key, dict[str, int]]]:
    """The movements of each period and group, for metrics that are made of them."""
    per_window = [(window, movements_of(view, window)) for window in view.windows()]
    groups = view.groups(*[column for _, found in per_window for column in found.values()])
    for window, found in per_window:
        for key in groups:
            yield window, key, {name: column.get(key, 0) for name, column in found.items()}


def asp(view: View) -> Rows:
    return [
        {"period": window.first, **view.labels(key), "asp": major(ratio(found["new"], found["new_accounts"]))}
        for window, key, found in per_group(view)
    ]


def quick_ratio(view: View) -> Rows:
    rows = []
    for window, key, found in per_group(view):
        if key not in view.seen:
            continue
        gained = found["new"] + found["expansion"] + found["reactivation"]
        lost = -(found["contraction"] + found["churn"])
        rows.append({"period": window.first, **view.labels(key), "ratio": ratio(gained, lost)})
    return rows


def arpa_of(view: View, day: date) -> dict[Key, Fraction | None]:
    """Exact ARPA in micros, null where there are no accounts."""
    money, count = view.money_at(day), view.count_at(day)
    return {key: ratio(money.get(key, 0), count.get(key, 0)) for key in {*money, *count}}


def shown(money: Fraction | None) -> int | None:
    """An amount as it is shown, to whole micros: a row can be computed again from its own columns."""
    return None if money is None else half_away(money)


def arpa(view: View) -> Rows:
    per_window = [(window, arpa_of(view, window.end)) for window in view.windows()]
    groups = view.groups(*[found for _, found in per_window])
    return [
        {"period": window.first, **view.labels(key), "arpa": major(found.get(key))}
        for window, found in per_window
        for key in groups
    ]


# ltv


def months_before(last: date, count: int, today: date) -> list[Period]:
    """The last months that are over and lie wholly on or before a day."""
    found: list[Period] = []
    month = period_of(last, "month")
    while len(found) < count:
        if month.last <= last and month.last < today:
            found.append(month)
        month = period_of(add_months(month.first, -1), "month")
    return found


def ltv_churn(counts: View, window: Window) -> dict[Key, Fraction | float | None]:
    """Monthly churn rate by group, under the policy's rule."""
    rule = counts.policy["ltv_churn"]
    if rule == "period":
        found = counts_of(counts, window)
        length = months_in(window.period, counts.q.grain)
        return {key: monthly(ratio(gone, base), length) for key, (_, gone, base) in found.items()}
    last = window.period.last if rule == "pooled-6" else window.period.first - ONE
    churned: dict[Key, int] = defaultdict(int)
    base: dict[Key, int] = defaultdict(int)
    for month in months_before(last, 6, counts.q.today):
        for key, (_, gone, start) in counts_of(counts, counts.window(month)).items():
            churned[key] += gone
            base[key] += start
    return {key: ratio(churned[key], base[key]) for key in base}


def months_in(period: Period, grain: str) -> Fraction:
    if grain in ("day", "week"):
        return Fraction(12 * ((period.last - period.first).days + 1), 365)
    return Fraction({"month": 1, "quarter": 3, "year": 12}[grain])


def monthly(rate: Fraction | None, length: Fraction) -> Fraction | float | None:
    """A rate over `length` months re-based to one month by compounding."""
    if rate is None or length == 1:
        return rate
    return float(1 - (1 - min(float(rate), 1.0)) ** float(1 / length))


def ltv(view: View, counts: View) -> Rows:
    rows = []
    floor = counts.policy["ltv_floor"]
    per_window = [(window, arpa_of(view, window.end), ltv_churn(counts, window)) for window in view.windows()]
    for window, arpas, churns in per_window:
        for key in view.groups(*[found for _, found, _ in per_window]):
            churn = churns.get(key[: len(view.q.by)])
            if churn is not None and floor != "none":
                churn = max(churn, Fraction(floor))
            arpa = shown(arpas.get(key))
            known = arpa is not None and churn
            value = arpa * Fraction(str(view.q.margin)) / Fraction(churn) if known else None
            amounts = {"arpa": major(arpa), "churn_rate": churn, "ltv": major(value)}
            rows.append({"period": window.first, **view.labels(key), **amounts})
    return rows


# cac


def spent(view: View, window: Window) -> dict[Key, int]:
    """Acquisition spend of the period, by currency."""
    sums: dict[Key, int] = defaultdict(int)
    for spend in view.facts.spend:
        if spend.purpose == "acquisition" and window.holds(spend.day) and spend.day <= view.q.today:
            amount = micros(spend.amount)
            if view.q.currency is not None:
                day = spend.day if view.policy["fx"] == "service-start" else window.end
                amount = half_away(amount * view.rates.rate(spend.currency, view.q.currency, day))
            sums[(spend.currency,) if view.money_by_currency else ()] += amount
    return sums


def newcomers(view: View, window: Window) -> int:
    """New accounts of the period, in whichever currency: pure counts are not split."""
    events = view.events(window)
    return len({event.account for event in events if event.movement == "new"})


def cac_of(view: View) -> Iterator[tuple[Window, Key, Fraction | None]]:
    if any(name != "currency" for name in view.q.by) or view.q.where:
        raise NotImplementedError("spend belongs to no account: CAC cannot be split by accounts")
    per_window = [(window, spent(view, window), newcomers(view, window)) for window in view.windows()]
    groups = view.groups(*[found for _, found, _ in per_window])
    for window, money, new in per_window:
        for key in groups:
            yield window, key, ratio(money.get(key, 0), new)


def cac(view: View) -> Rows:
    return [{"period": window.first, **view.labels(key), "cac": major(cost)} for window, key, cost in cac_of(view)]


def cac_payback(view: View) -> Rows:
    rows = []
    margin = Fraction(str(view.q.margin))
    for window, key, cost in cac_of(view):
        spend, arpa = shown(cost), shown(arpa_of(view, window.end).get(key))
        months = ratio(spend, arpa * margin) if spend is not None and arpa is not None else None
        rows.append({"period": window.first, **view.labels(key), "months": months})
    return rows
