"""What is known of a company that decides which published figures are about companies like it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from holdfast.benchmarks.benchmark import CustomerType

if TYPE_CHECKING:
    from holdfast.benchmarks.asking import Asking

YEARS_BACK = 30
MONTHS_BACK = 24
"""How far back a currency still counts as one that the company's figures are in."""


@dataclass(frozen=True)
class Company:
    """The facts, each null where it is not known. Money is MRR per month in `currency`."""

    month: date
    """First day of the month that the figures are about."""
    currencies: tuple[str, ...] = ()
    """What its revenue is in: several where nothing converts them."""
    accounts: int = 0
    mrr: float | None = None
    customer_type: CustomerType | None = None
    founded: int | None = None
    first_customer: date | None = None
    """First day of the month in which the first customer paid."""

    @property
    def currency(self) -> str | None:
        return self.currencies[0] if len(self.currencies) == 1 else None

    @property
    def arpa(self) -> float | None:
        return None if self.mrr is None or not self.accounts else self.mrr / self.accounts

    @property
    def arr(self) -> float | None:
        return None if self.mrr is None else self.mrr * 12

    @property
    def known_years(self) -> float | None:
        """Years since the first known payment: the company is at least that old.

        >>> Company(date(2025, 10, 1), first_customer=date(2023, 4, 1)).known_years
        2.5
        """
        if self.first_customer is None:
            return None
        months = (self.month.year - self.first_customer.year) * 12 + self.month.month - self.first_customer.month
        return months / 12


def known(asking: Asking) -> Company:
    """The company of a workspace, in the month that is asked about."""
    from holdfast.facts.days import add_months

    settings, month = asking.workspace.settings, asking.month
    moves = asking.rows("mrr-movements", add_months(month, -MONTHS_BACK), month, "month")
    asked = asking.currency
    seen = {row.get("currency") or asked for row in moves if row["opening"] or row["closing"]}
    currencies = (asked,) if asked and moves and "currency" not in moves[0] else tuple(sorted(filter(None, seen)))
    now = [row for row in moves if row["period"] == month and (row.get("currency") or asked) in currencies]
    counts = asking.rows("customer-retention", month, month, "month")
    return Company(
        month=month,
        currencies=currencies,
        accounts=sum(row["end_accounts"] for row in counts if row["period"] == month),
        mrr=float(now[0]["closing"]) if len(currencies) == 1 and now else None,
        customer_type=getattr(settings, "customer_type", None),
        founded=getattr(settings, "founded", None),
        first_customer=_first_customer(asking),
    )


def _first_customer(asking: Asking) -> date | None:
    """The month of the first known payment: the year first, then the month in it."""
    start = date(asking.month.year - YEARS_BACK, 1, 1)
    years = asking.rows("customer-retention", start, asking.month, "year")
    first = next((row["period"] for row in years if row["end_accounts"] or row["acquired_accounts"]), None)
    if first is None:
        return None
    months = asking.rows("customer-retention", first, date(first.year, 12, 31), "month")
    found = (row["period"] for row in months if row["end_accounts"] or row["acquired_accounts"])
    return next(found, None)
