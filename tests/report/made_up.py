"""A workspace with invented results: accounts of a small company, followed month by month in plain Python."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa

from holdfast.facts.days import add_months
from holdfast.metrics import catalog
from holdfast.metrics.policy import policy
from holdfast.metrics.query import MetricQuery
from holdfast.settings import Settings

FIRST = date(2024, 3, 1)


@dataclass
class Account:
    """MRR at the close of each month since `start`, 0 after it left."""

    name: str
    start: date
    currency: str
    mrr: dict[date, int] = field(default_factory=dict)

    def at(self, month: date) -> int:
        return self.mrr.get(month, 0)


@dataclass(frozen=True)
class MadeUpResult:
    metric: Any
    query: MetricQuery
    arrow: pa.Table


@dataclass
class MadeUpWorkspace:
    """Answers the questions of a report about a made-up company."""

    today: date = date(2026, 11, 12)
    currencies: tuple[str, ...] = ("USD",)
    accounts: list[Account] = field(default_factory=list)
    company: str = "Northwind Analytics"
    new_a_month: int = 16
    asked: list[str] = field(default_factory=list)
    asked_as_of: set[Any] = field(default_factory=set)
    folder: Path = Path("no such folder")

    def __post_init__(self) -> None:
        if not self.accounts and self.new_a_month:
            self.accounts = _grow(self.today, self.currencies, self.new_a_month)

    @property
    def settings(self) -> Settings:
        return Settings(company=self.company, currency=self.currencies[0])

    def is_empty(self) -> bool:
        return not self.accounts

    def query(self, metric: str, *, start: date, end: date, **more: Any) -> MadeUpResult:
        self.asked.append(metric)
        self.asked_as_of.add(more.get("as_of"))
        found = catalog.find(metric)
        chosen = policy(more.get("policy") or "holdfast")
        query = MetricQuery(metric, start, end, "month", self.today, policy=chosen, currency=more.get("currency"))
        if more.get("by"):
            rows = self._by_account(_months(start, end))
        else:
            rows = getattr(self, "_" + metric.replace("-", "_"))(_months(start, end))
        if query.currency and rows and "currency" in rows[0]:
            rows = [
                {k: v for k, v in row.items() if k != "currency"} for row in rows if row["currency"] == query.currency
            ]
        return MadeUpResult(found, query, pa.Table.from_pylist(rows) if rows else _no_rows(found))

    @property
    def engine(self) -> Any:
        return SimpleNamespace(to_arrow=lambda table: table)

    def table(self, name: str, *, as_of: Any = None) -> Any:
        """Every account has an identifier only: it is called by that."""
        assert name == "accounts"
        return _NoNames()

    def _by_account(self, months: list[date]) -> list[dict[str, Any]]:
        everyone = self.accounts
        rows = []
        for account in everyone:
            self.accounts = [account]
            rows += [self._moved(month, account.currency) | {"account": account.name} for month in months]
        self.accounts = everyone
        return rows

    def _mrr_movements(self, months: list[date]) -> list[dict[str, Any]]:
        return [self._moved(month, code) for month in months for code in self.currencies]

    def _moved(self, month: date, code: str) -> dict[str, Any]:
        before = add_months(month, -1)
        own = [a for a in self.accounts if a.currency == code]
        row: dict[str, Any] = dict.fromkeys(("new", "reactivation", "expansion", "contraction", "churn", "fx"), 0)
        people = dict.fromkeys(("new", "reactivated", "expanded", "contracted", "churned"), 0)
        for account in own:
            was, now = account.at(before), account.at(month)
            kind, who = _kind(was, now, account.start == month)
            if kind:
                row[kind] += now - was
                people[who] += 1
        opening, closing = (sum(a.at(m) for a in own) for m in (before, month))
        row |= {"upsell": row["expansion"] * 2 // 3, "cross_sell": row["expansion"] - row["expansion"] * 2 // 3}
        counts = {f"{who}_accounts": number for who, number in people.items()}
        return {"period": month, "currency": code, "opening": opening, **row, "closing": closing, **counts}

    def _customer_churn(self, months: list[date]) -> list[dict[str, Any]]:
        return [
            {
                "period": m,
                "start_accounts": len(self._live(add_months(m, -1))),
                "churned_accounts": gone,
                "rate": _ratio(gone, n),
            }
            for m in months
            for n in [len(self._live(add_months(m, -1)))]
            for gone in [sum(not a.at(m) for a in self._live(add_months(m, -1)))]
        ]

    def _customer_retention(self, months: list[date]) -> list[dict[str, Any]]:
        rows = []
        for month in months:
            before, now = self._live(add_months(month, -1)), self._live(month)
            new = sum(not a.at(add_months(month, -1)) for a in now)
            row = {"period": month, "start_accounts": len(before), "acquired_accounts": new, "end_accounts": len(now)}
            rows.append(row | {"rate": _ratio(len(now) - new, len(before))})
        return rows

    def _revenue_churn(self, months: list[date]) -> list[dict[str, Any]]:
        rows = []
        for month, code in ((m, c) for m in months for c in self.currencies):
            start, lost, gained = self._compared(code, add_months(month, -1), month)
            row = {"period": month, "currency": code, "start_mrr": start, "lost": lost, "gained": gained}
            rows.append(row | {"gross_rate": _ratio(lost, start), "net_rate": _ratio(lost - gained, start)})
        return rows

    def _nrr(self, months: list[date]) -> list[dict[str, Any]]:
        return self._kept(months, with_growth=True)

    def _grr(self, months: list[date]) -> list[dict[str, Any]]:
        return self._kept(months, with_growth=False)

    def _kept(self, months: list[date], *, with_growth: bool) -> list[dict[str, Any]]:
        rows = []
        for month, code in ((m, c) for m in months for c in self.currencies):
            start, lost, gained = self._compared(code, add_months(month, -12), month)
            end = start - lost + (gained if with_growth else 0)
            rows.append(
                {"period": month, "currency": code, "start_mrr": start, "end_mrr": end, "rate": _ratio(end, start)}
            )
        return rows

    def _cohort_retention(self, months: list[date]) -> list[dict[str, Any]]:
        rows = []
        for cohort in months:
            own = [a for a in self.accounts if a.start == cohort]
            for age, month in enumerate(m for m in months if m >= cohort):
                kept = sum(a.at(month) > 0 for a in own)
                row = {
                    "cohort": cohort,
                    "age": age,
                    "accounts": len(own),
                    "retained": kept,
                    "rate": _ratio(kept, len(own)),
                }
                rows.append(row | {"complete": add_months(month, 1) <= self.today})
        return rows

    def _cohort_divergence(self, months: list[date]) -> list[dict[str, Any]]:
        rows = []
        for cohort, code in ((c, m) for c in _months(FIRST, months[-1]) for m in self.currencies):
            own = [a for a in self.accounts if a.start == cohort and a.currency == code]
            first, last = max(cohort, months[0]), months[-1]
            ends = [(sum(a.at(m) > 0 for a in own), sum(a.at(m) for a in own)) for m in (first, last)]
            top = ", ".join(a.name for a in sorted(own, key=lambda a: -a.at(last))[:3])
            row = {"cohort": cohort, "currency": code, "accounts_start": ends[0][0], "accounts_end": ends[1][0]}
            row |= {"mrr_start": ends[0][1], "mrr_end": ends[1][1], "top_accounts": top}
            rows.append(row | {"diverges": ends[1][1] > ends[0][1] and ends[1][0] < ends[0][0]})
        return rows

    def _churn_by_tenure(self, months: list[date]) -> list[dict[str, Any]]:
        rows = []
        for age in range(1, len(months)):
            own = [a for a in self.accounts if a.start >= months[0] and a.start <= add_months(months[-1], -age)]
            risk = [a for a in own if a.at(add_months(a.start, age - 1))]
            gone = sum(not a.at(add_months(a.start, age)) for a in risk)
            if risk:
                low, high = _wilson(gone, len(risk))
                rows.append(
                    {
                        "age": age,
                        "at_risk": len(risk),
                        "churned": gone,
                        "hazard": gone / len(risk),
                        "low": low,
                        "high": high,
                    }
                )
        highest = max((row["hazard"] for row in rows), default=0)
        return [row | {"peak": row["hazard"] == highest} for row in rows]

    def _live(self, month: date) -> list[Account]:
        return [a for a in self.accounts if a.at(month)]

    def _compared(self, code: str, then: date, now: date) -> tuple[int, int, int]:
        pairs = [(a.at(then), a.at(now)) for a in self.accounts if a.currency == code and a.at(then)]
        return sum(a for a, _ in pairs), sum(max(0, a - b) for a, b in pairs), sum(max(0, b - a) for a, b in pairs)


class _NoNames:
    account_id = SimpleNamespace(isin=lambda ids: ids)

    def filter(self, ids: list[str]) -> _NoNames:
        return self

    def select(self, *names: str) -> pa.Table:
        return pa.table({name: pa.array([], pa.string()) for name in names})


def _kind(was: int, now: int, is_first: bool) -> tuple[str, str]:
    if was == now:
        return "", ""
    if not was:
        return ("new", "new") if is_first else ("reactivation", "reactivated")
    if not now:
        return "churn", "churned"
    return ("expansion", "expanded") if now > was else ("contraction", "contracted")


def _grow(today: date, currencies: tuple[str, ...], new_a_month: int) -> list[Account]:
    draw = random.Random(7)
    accounts = []
    for start in _months(FIRST, today):
        for n in range(new_a_month + draw.randrange(-4, 9)):
            code = currencies[0] if len(currencies) == 1 or draw.random() < 0.7 else draw.choice(currencies[1:])
            accounts.append(_live_on(Account(f"Company {start:%y%m}-{n}", start, code), draw, today))
    return accounts


def _live_on(account: Account, draw: random.Random, today: date) -> Account:
    price = draw.choice((49, 49, 99, 99, 249, 490))
    bad = account.start in (date(2026, 2, 1), date(2026, 6, 1))
    for age, month in enumerate(_months(account.start, today)):
        leaving = {1: 0.05, 2: 0.06, 3: 0.12}.get(age, 0.022) * (2 if bad else 1)
        if age and price and draw.random() < leaving * (0.5 if price > 200 else 1):
            price = 0
        elif not price and draw.random() < 0.03:
            price = 99
        elif age and price and draw.random() < 0.05:
            price += draw.choice((50, 100, -20))
        account.mrr[month] = max(price, 0)
    return account


def _months(start: date, end: date) -> list[date]:
    start, found = start.replace(day=1), []
    while start <= end:
        found.append(start)
        start = add_months(start, 1)
    return found


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _wilson(gone: int, n: int, z: float = 1.96) -> tuple[float, float]:
    p = gone / n
    centre, half = p + z * z / (2 * n), z * (p * (1 - p) / n + z * z / (4 * n * n)) ** 0.5
    return (centre - half) / (1 + z * z / n), (centre + half) / (1 + z * z / n)


def _no_rows(metric: Any) -> pa.Table:
    return pa.table({column.name: pa.array([], pa.null()) for column in metric.columns})
