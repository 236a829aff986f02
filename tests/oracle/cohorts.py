"""Cohorts: accounts by the period of their first positive MRR."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from math import sqrt
from statistics import median
from typing import Any

from .days import Period, add_months, every_day, next_period, period_of, periods
from .money import half_away, major, ratio
from .view import Key, View, Window

Rows = list[dict[str, Any]]
Z = 1.959963984540054


def first_day(view: View, account: str) -> date:
    first = view.company.first_day(account)
    assert first is not None
    return first


def starters(view: View, cohort: Period) -> list[str]:
    """The accounts whose first positive MRR lies in the cohort's period."""
    firsts = {account: view.company.first_day(account) for account in view.company.accounts}
    return [account for account, first in firsts.items() if first and cohort.first <= first <= cohort.last]


def base(view: View, cohort: Period) -> list[str]:
    """Who a cohort is: all who started, or (`month-end`) the customers among them at its close."""
    found = starters(view, cohort)
    if view.policy["cohort_month_0"] == "full":
        return found
    return [account for account in found if view.company.customer(account, cohort.last)]


@dataclass(frozen=True)
class Cell:
    cohort: Period
    age: int
    period: Period
    grain: str

    def day_of(self, first: date, rule: str) -> date:
        """The close at which an account that started on `first` is looked at."""
        if rule == "calendar":
            return self.period.last
        if self.grain in ("day", "week"):
            return first + timedelta(days=self.age * (7 if self.grain == "week" else 1))
        return add_months(first, self.age * {"month": 1, "quarter": 3, "year": 12}[self.grain])


def cells(view: View, grain: str) -> Iterator[Cell]:
    """Every cell that has begun: none lies after the range's last period or after today's."""
    q = view.q
    last = min(period_of(q.end, grain, q.week_start), period_of(q.today, grain, q.week_start))
    for cohort in periods(q.start, q.end, grain, q.week_start):
        age, period = 0, cohort
        while period <= last:
            yield Cell(cohort, age, period, grain)
            age, period = age + 1, next_period(period, grain, q.week_start)


def complete(view: View, cell: Cell) -> bool:
    """Whether the cell has fully passed for every account that the cohort may hold."""
    return (
        max(cell.day_of(day, view.policy["cohort_age"]) for day in (cell.cohort.first, cell.cohort.last)) < view.q.today
    )


def retention_cells(view: View, grain: str) -> Iterator[tuple[Cell, Key, int, int]]:
    """For each cell and group: accounts of the cohort, and those that are customers."""
    rule = view.policy["cohort_age"]
    for cell in cells(view, grain):
        accounts: dict[Key, int] = defaultdict(int)
        retained: dict[Key, int] = defaultdict(int)
        for account in base(view, cell.cohort):
            first = first_day(view, account)
            key = view.account_key(account, first)
            if key is not None:
                accounts[key] += 1
                everyone = cell.age == 0 and view.policy["cohort_month_0"] == "full"
                retained[key] += everyone or view.company.customer(account, cell.day_of(first, rule))
        for key in view.groups(accounts):
            yield cell, key, accounts[key], retained[key]


def cohort_retention(view: View) -> Rows:
    return [
        {
            "cohort": cell.cohort.first,
            "age": cell.age,
            **view.labels(key),
            "accounts": accounts,
            "retained": retained,
            "rate": ratio(retained, accounts),
            "complete": complete(view, cell),
        }
        for cell, key, accounts, retained in retention_cells(view, view.q.grain)
    ]


def at_age(view: View, age: int) -> Rows:
    """One age of the monthly triangle as a trend."""
    return [
        {
            "cohort": cell.cohort.first,
            **view.labels(key),
            "accounts": accounts,
            "retained": retained,
            "rate": ratio(retained, accounts),
            "complete": complete(view, cell),
        }
        for cell, key, accounts, retained in retention_cells(view, "month")
        if cell.age == age
    ]


def second_month_retention(view: View) -> Rows:
    return at_age(view, 1)


def annual_retention(view: View) -> Rows:
    return at_age(view, 12)


def start_money(view: View, cohort: Period) -> dict[Key, int]:
    """MRR at age 0: at the close of each account's own first day, or (`month-end`) at the cohort's close."""
    full = view.policy["cohort_month_0"] == "full"
    return cohort_money(view, cohort, lambda first: first if full else cohort.last)


def cohort_money(view: View, cohort: Period, day_of: Callable[[date], date]) -> dict[Key, int]:
    sums: dict[Key, int] = defaultdict(int)
    for account in base(view, cohort):
        first = first_day(view, account)
        for pot, amount in view.pots(account, day_of(first)).items():
            key = view.account_key(account, first, pot)
            if key is not None:
                sums[key] += amount
    return sums


def paid_groups(view: View) -> set[Key]:
    """Every group and currency in which a cohort's account paid on any day, be it between two closes."""
    return {
        key
        for cohort in {cell.cohort for cell in cells(view, view.q.grain)}
        for account in base(view, cohort)
        for day in view.company.change_days(account)
        if day <= view.q.today
        for pot, amount in view.pots(account, day).items()
        if amount and (key := view.account_key(account, first_day(view, account), pot)) is not None
    }


def cohort_revenue(view: View) -> Rows:
    rows = []
    paid = paid_groups(view)
    found = []
    for cell in cells(view, view.q.grain):
        start = start_money(view, cell.cohort)
        money = start
        if cell.age > 0 or view.policy["cohort_month_0"] == "month-end":
            money = cohort_money(view, cell.cohort, lambda first, c=cell: c.day_of(first, view.policy["cohort_age"]))
        found.append((cell, start, money))
    for cell, start, money in found:
        for key in view.groups(paid, *[money for _, _, money in found], *[start for _, start, _ in found]):
            amounts = {"start_mrr": major(start.get(key, 0)), "mrr": major(money.get(key, 0))}
            rate = ratio(money.get(key, 0), start.get(key, 0))
            rows.append(
                {
                    "cohort": cell.cohort.first,
                    "age": cell.age,
                    **view.labels(key),
                    **amounts,
                    "rate": rate,
                    "complete": complete(view, cell),
                }
            )
    return rows


# churn by tenure


def first_churn(view: View, account: str) -> date | None:
    return next((event.day for event in view.company.events(account) if event.movement == "churn"), None)


def wilson(churned: int, at_risk: int) -> tuple[float, float]:
    """The 95 % interval of a share."""
    p, n = churned / at_risk, at_risk
    centre = (p + Z * Z / (2 * n)) / (1 + Z * Z / n)
    half = Z * sqrt(p * (1 - p) / n + Z * Z / (4 * n * n)) / (1 + Z * Z / n)
    return centre - half, centre + half


def churn_by_tenure(view: View) -> Rows:
    at_risk: dict[tuple[int, Key], int] = defaultdict(int)
    churned: dict[tuple[int, Key], int] = defaultdict(int)
    windows = view.windows()
    observed = windows[-1].end
    for account in view.company.accounts:
        start = view.company.first_day(account)
        if start is None or not windows[0].first <= start <= windows[-1].period.last:
            continue
        key = view.account_key(account, start)
        churn = first_churn(view, account)
        month = 1
        while key is not None and add_months(start, month) <= observed:
            entered, over = add_months(start, month - 1), add_months(start, month)
            if churn is None or churn > entered:
                at_risk[month, key] += 1
                churned[month, key] += churn is not None and churn <= over
            month += 1
    rows = []
    for (month, key), risk in sorted(at_risk.items(), key=lambda entry: (entry[0][0], str(entry[0][1]))):
        gone = churned[month, key]
        low, high = wilson(gone, risk)
        counts = {"at_risk": risk, "churned": gone, "hazard": ratio(gone, risk), "low": low, "high": high}
        rows.append({"age": month, **view.labels(key), **counts})
    return rows


# revenue by cohort


def cohort_of(view: View, account: str) -> date | None:
    """The calendar month of the account's first positive MRR, whatever the grain of the periods."""
    return view.company.cohort_month(account)


def cohorts_seen(view: View) -> dict[Key, set[date]]:
    """The cohorts that ever paid anything, in each group and currency."""
    known: dict[Key, set[date]] = defaultdict(set)
    for account in view.company.accounts:
        cohort = cohort_of(view, account)
        for day in view.company.change_days(account):
            for live in view.company.live(account, day):
                key = view.item_key(account, *live.kind)
                if live.mrr > 0 and key is not None and cohort is not None:
                    known[key].add(cohort)
    return known


def money_by_cohort(view: View, day: date) -> dict[tuple[Key, date], int]:
    """MRR at a close, divided by item and by the account's cohort."""
    sums: dict[tuple[Key, date], int] = defaultdict(int)
    for account in view.company.accounts:
        cohort = cohort_of(view, account)
        for live in view.company.live(account, day):
            key = view.item_key(account, *live.kind)
            if key is not None and cohort is not None:
                sums[key, cohort] += view.value(live, day)
    return sums


def revenue_by_cohort(view: View) -> Rows:
    rows = []
    known = cohorts_seen(view)
    for window in view.windows():
        sums = money_by_cohort(view, window.end)
        for key in view.groups():
            total = sum(amount for (group, _), amount in sums.items() if group == key)
            for cohort in sorted(cohort for cohort in known[key] if cohort <= window.period.last):
                amount = sums.get((key, cohort), 0)
                own = {"period": window.first, "cohort": cohort, **view.labels(key)}
                rows.append({**own, "mrr": major(amount), "share": ratio(amount, total)})
    return rows


# existing base


def base_sums(view: View, quarter: Period, *, carried: bool = False) -> tuple[dict[Key, int], dict[Key, int]]:
    """Sum of the quarter's month-end MRR of the customers at its start, and of all.

    `carried`: months that are not over count with today's MRR.
    """
    existing: dict[Key, int] = defaultdict(int)
    total: dict[Key, int] = defaultdict(int)
    window = view.window(quarter)
    months = [period_of(add_months(quarter.first, n), "month") for n in range(3)]
    for month in months:
        if month.first > view.q.today and not carried:
            continue
        close = min(month.last, view.q.today)
        for account in view.company.accounts:
            for live in view.company.live(account, close):
                key = view.item_key(account, *live.kind)
                if key is not None and live.mrr > 0:
                    total[key] += view.value(live, close)
                    existing[key] += view.value(live, close) if view.company.customer(account, window.start) else 0
    return existing, total


def existing_base_share(view: View) -> Rows:
    found = []
    for window in view.windows("quarter"):
        quarter = window.period
        before = period_of(add_months(quarter.first, -12), "quarter")
        holds_today = quarter.first <= view.q.today <= quarter.last
        carried = base_sums(view, quarter, carried=True)[0] if holds_today else None
        found.append((window, base_sums(view, quarter), base_sums(view, before), carried))
    rows = []
    for window, (existing, total), (existing_before, total_before), carried in found:
        for key in view.groups(*[totals for _, (_, totals), _, _ in found]):
            share_before = ratio(existing_before.get(key, 0), total_before.get(key, 0))
            expected = Fraction(carried.get(key, 0)) / share_before if carried is not None and share_before else None
            rows.append(
                {
                    "period": window.first,
                    **view.labels(key),
                    "existing_mrr": major(existing.get(key, 0)),
                    "total_mrr": major(total.get(key, 0)),
                    "share": ratio(existing.get(key, 0), total.get(key, 0)),
                    "share_year_ago": share_before,
                    "expected": major(expected),
                }
            )
    return rows


# divergence and quality


Members = dict[Key, list[tuple[int, str]]]


def members_at(view: View, accounts: list[str], day_of: Callable[[str], date], whole: Window) -> Members:
    """The customers among the accounts at a close, with their money, in each row that they are counted in."""
    found: Members = defaultdict(list)
    for account in accounts:
        day = day_of(account)
        if view.company.customer(account, day):
            pots = view.pots(account, day)
            for pot in view.counted_pots(account, day):
                key = view.account_key(account, view.home_in(account, whole), pot)
                if key is not None:
                    found[key].append((pots[pot], account))
    return found


def opening_day(view: View, account: str, cohort: Period, whole: Window) -> date:
    """Where an account is looked at first: the range's start, or age 0 of a cohort that began inside the range."""
    if cohort.first < whole.first:
        return whole.start
    return first_day(view, account) if view.policy["cohort_month_0"] == "full" else min(cohort.last, whole.end)


def top_accounts(view: View, members: list[tuple[int, str]]) -> str:
    paying = sorted((-amount, account) for amount, account in members if amount > 0)
    return ", ".join(view.company.names.get(account) or account for _, account in paying[:3])


def cohort_divergence(view: View) -> Rows:
    windows = view.windows()
    whole = Window(Period(windows[0].first, windows[-1].period.last), windows[0].start, windows[-1].end)
    firsts = [first for account in view.company.accounts if (first := view.company.first_day(account))]
    rows = []
    for cohort in sorted({period_of(first, "month") for first in firsts if first <= whole.period.last}):
        accounts = starters(view, cohort)
        began = members_at(view, accounts, lambda account, c=cohort: opening_day(view, account, c, whole), whole)
        ended = members_at(view, accounts, lambda _: whole.end, whole)
        for key in sorted({*began, *ended}, key=str):
            mrr_start, mrr_end = (sum(amount for amount, _ in side[key]) for side in (began, ended))
            rows.append(
                {
                    "cohort": cohort.first,
                    **view.labels(key),
                    "accounts_start": len(began[key]),
                    "accounts_end": len(ended[key]),
                    "mrr_start": major(mrr_start),
                    "mrr_end": major(mrr_end),
                    "diverges": mrr_end > mrr_start and len(ended[key]) < len(began[key]),
                    "top_accounts": top_accounts(view, ended[key]),
                }
            )
    return rows


def tenure_end(view: View, account: str, end: date) -> date:
    """The end of the range, or of the account's customer span where that came first."""
    if view.company.customer(account, end):
        return end
    return max(e.day for e in view.company.events(account) if e.movement == "churn" and e.day <= end)


def paid_until(view: View, account: str, end: date) -> dict[str | None, int]:
    """Sum over the days up to a close of MRR, by pot; another currency is converted at the rate of that close."""
    own: dict[str, int] = defaultdict(int)
    for day in every_day(first_day(view, account), end):
        for live in view.company.live(account, day):
            own[live.currency] += live.mrr
    sums: dict[str | None, int] = defaultdict(int)
    for currency, amount in own.items():
        if "currency" in view.q.where and view.q.where["currency"] != currency:
            continue
        wanted = view.q.currency or currency
        rate = 1 if wanted == currency else view.rates.rate(currency, wanted, end)
        sums[view.pot(currency)] += half_away(amount * rate)
    return sums


def churn_quality(view: View) -> Rows:
    windows = view.windows()
    start, end = windows[0].start, windows[-1].end
    members: dict[tuple[Key, str], list[tuple[int, Fraction, Fraction]]] = defaultdict(list)
    for account in view.customers(start):
        before, after = view.pots(account, start), view.pots(account, end)
        months = Fraction((tenure_end(view, account, end) - first_day(view, account)).days * 12, 365)
        paid = paid_until(view, account, end)
        for pot in view.counted_pots(account, start):
            key = view.account_key(account, start, pot)
            if key is None:
                continue
            group = "contracted" if after.get(pot, 0) < before[pot] else "stayed"
            if not view.company.customer(account, end):
                group = "churned"
            members[key, group].append((before[pot], months, Fraction(paid[pot] * 12, 365)))
    rows = []
    for key in view.groups([key for key, _ in members]):
        for group in ("churned", "contracted", "stayed"):
            found = members[key, group]
            n = len(found)
            rows.append(
                {
                    "group": group,
                    **view.labels(key),
                    "accounts": n,
                    "mean_mrr": major(ratio(sum(mrr for mrr, _, _ in found), n)),
                    "median_mrr": major(median([Fraction(mrr) for mrr, _, _ in found])) if n else None,
                    "mean_tenure_months": ratio(sum(months for _, months, _ in found), n),
                    "mean_ltv": major(ratio(sum(ltv for _, _, ltv in found), n)),
                }
            )
    return rows
