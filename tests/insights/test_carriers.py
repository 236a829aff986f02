from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from holdfast.insights.carriers import carriers, diverging, of_cohorts


def row(month: int, end: int, currency: str = "EUR", diverges: bool = True) -> dict[str, Any]:
    return {
        "cohort": date(2026, month, 1), "currency": currency, "accounts_start": 9, "accounts_end": 7,
        "mrr_start": Decimal(100), "mrr_end": Decimal(end), "diverges": diverges, "top_accounts": "",
    }  # fmt: skip


def test_what_diverges_is_ordered_by_currency_and_growth() -> None:
    found = diverging([row(1, 110), row(2, 900, "CHF"), row(3, 300), row(4, 50, diverges=False)], "EUR")
    assert [(one.cohort.month, one.currency, one.grown, one.left) for one in found] == [
        (3, "EUR", 200, 2), (1, "EUR", 10, 2), (2, "CHF", 800, 2),
    ]  # fmt: skip
    assert of_cohorts(found) == "cohort in ('2026-01', '2026-02', '2026-03')"


def test_carriers_are_of_the_cohort_and_its_currency_and_pay() -> None:
    [cohort] = diverging([row(1, 200)], "EUR")
    paid = [("b", "EUR", 40), ("a", "EUR", 40), ("c", "CHF", 90), ("d", "EUR", 0), ("e", "EUR", 120)]
    rows = [{"cohort": cohort.cohort, "account": a, "currency": code, "mrr": Decimal(m)} for a, code, m in paid]
    rows.append({"cohort": date(2025, 1, 1), "account": "other", "currency": "EUR", "mrr": Decimal(500)})
    assert [(one.account, one.share) for one in carriers(cohort, rows)] == [("e", 0.6), ("a", 0.2), ("b", 0.2)]
    assert [one.account for one in carriers(cohort, rows, most=1)] == ["e"]
