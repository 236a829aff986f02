"""Cohorts that grow while they lose accounts, and the accounts that carry them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

CARRIERS = 3


@dataclass(frozen=True)
class Carrier:
    """One of the accounts with the most MRR of a cohort, and its part of what the cohort pays."""

    account: str
    mrr: Decimal
    share: float


@dataclass(frozen=True)
class Carried:
    """A cohort whose MRR grew over a range while accounts left."""

    cohort: date
    currency: str | None
    accounts_start: int
    accounts_end: int
    mrr_start: Decimal
    mrr_end: Decimal
    carriers: tuple[Carrier, ...] = ()

    @property
    def left(self) -> int:
        return self.accounts_start - self.accounts_end

    @property
    def grown(self) -> Decimal:
        return self.mrr_end - self.mrr_start


def diverging(rows: Iterable[Mapping[str, Any]], currency: str) -> list[Carried]:
    """The cohorts that diverge, from rows of `cohort-divergence`: those in `currency` first, then by what they grew.

    >>> row = {"cohort": date(2026, 1, 1), "accounts_start": 9, "accounts_end": 7, "mrr_start": Decimal(50),
    ...        "mrr_end": Decimal(80), "diverges": True}
    >>> [one.left for one in diverging([row, {**row, "diverges": False}], "EUR")]
    [2]
    """
    names = ("cohort", "accounts_start", "accounts_end", "mrr_start", "mrr_end")
    found = [Carried(currency=row.get("currency"), **{n: row[n] for n in names}) for row in rows if row["diverges"]]
    return sorted(found, key=lambda one: (one.currency not in (None, currency), str(one.currency), -one.grown))


def carriers(cohort: Carried, rows: Iterable[Mapping[str, Any]], most: int = CARRIERS) -> tuple[Carrier, ...]:
    """The accounts with the most MRR of a cohort, from rows of `mrr` by cohort and account at the end of the range.

    >>> cohort = Carried(date(2026, 1, 1), None, 9, 7, Decimal(50), Decimal(80))
    >>> rows = [{"cohort": date(2026, 1, 1), "account": f"acc_{mrr}", "mrr": Decimal(mrr)} for mrr in (20, 60)]
    >>> [(one.account, one.share) for one in carriers(cohort, rows)]
    [('acc_60', 0.75), ('acc_20', 0.25)]
    """
    own = [row for row in rows if row["cohort"] == cohort.cohort and row.get("currency") == cohort.currency]
    ordered = sorted((row for row in own if row["mrr"]), key=lambda row: (-row["mrr"], row["account"]))
    return tuple(_carrier(row, cohort.mrr_end) for row in ordered[:most])


def _carrier(row: Mapping[str, Any], total: Decimal) -> Carrier:
    return Carrier(row["account"], row["mrr"], float(row["mrr"] / total) if total else 0.0)


def of_cohorts(cohorts: Sequence[Carried]) -> str:
    """The condition that keeps the accounts of these cohorts.

    >>> of_cohorts([Carried(date(2026, 1, 1), None, 9, 7, Decimal(50), Decimal(80))])
    "cohort in ('2026-01')"
    """
    months = sorted({f"'{one.cohort:%Y-%m}'" for one in cohorts})
    return f"cohort in ({', '.join(months)})"
