"""The oracle holds its own identities over random companies, and its parts do what their docstrings say."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from holdfast.metrics.policy import PRESETS, policy
from tests.oracle import METRICS, NoRate, Question, Rate, answer, assert_same, differences
from tests.oracle.churn import closes
from tests.oracle.company import refund_per_month
from tests.oracle.days import add_months, interval_holding, periods
from tests.oracle.facts import Facts, Refund, Row
from tests.oracle.money import Rates, half_away
from tests.oracle.revenue import monthly
from tests.oracle.view import View
from tests.strategies import TODAY, random_company

START, END = date(2024, 1, 1), date(2024, 12, 31)
COMPANY = random_company(1, 25)


def test_months_are_clamped() -> None:
    assert add_months(date(2024, 1, 31), 1) == date(2024, 2, 29)
    assert add_months(date(2024, 3, 31), -13) == date(2023, 2, 28)


def test_intervals_are_counted_from_the_anchor() -> None:
    assert interval_holding(date(2024, 1, 31), "month", 1, date(2024, 3, 30)) == (date(2024, 2, 29), date(2024, 3, 31))
    assert interval_holding(date(2024, 4, 15), "month", 1, date(2024, 6, 15))[1] == date(2024, 7, 15)


def test_periods_are_whole() -> None:
    weeks = periods(date(2024, 12, 31), date(2025, 1, 6), "week")
    assert [week.first for week in weeks] == [date(2024, 12, 30), date(2025, 1, 6)]


@pytest.mark.parametrize(("value", "rounded"), [("1/2", 1), ("-1/2", -1), ("3/2", 2), ("149/100", 1), ("-151/100", -2)])
def test_a_half_goes_away_from_zero(value: str, rounded: int) -> None:
    assert half_away(Fraction(value)) == rounded


def test_rates_are_at_most_7_days_old() -> None:
    rates = Rates([Rate(date(2024, 1, 1), "EUR", "USD", Decimal("1.25"))])
    assert rates.rate("USD", "EUR", date(2024, 1, 8)) == Fraction(4, 5)
    with pytest.raises(NoRate):
        rates.rate("EUR", "USD", date(2024, 1, 9))


def test_a_refund_is_spread_over_its_service() -> None:
    def refund(first: date, end: date) -> int:
        return refund_per_month(Refund("p", "a", "s", first, Decimal(30), "USD", first, end))

    assert refund(date(2024, 1, 31), date(2024, 4, 30)) == 10_000_000
    assert refund(date(2024, 1, 1), date(2024, 1, 31)) == half_away(30_000_000 * Fraction(365, 360))


def test_rates_are_re_based_by_compounding() -> None:
    yearly = 1 - 0.97**12
    assert yearly == pytest.approx(0.306, abs=5e-4)
    assert monthly(Fraction(yearly), Fraction(12)) == pytest.approx(0.03)


def test_closes_of_nrr() -> None:
    def of(grain: str, day: date, today: date) -> tuple[date, date]:
        view = View(Facts(()), policy(), Question("nrr", day, day, today, grain), money=True)  # type: ignore[arg-type]
        return closes(view, view.windows()[0])

    assert of("month", date(2025, 2, 3), date(2025, 5, 1)) == (date(2024, 2, 29), date(2025, 2, 28))
    assert of("month", date(2025, 2, 3), date(2025, 2, 28)) == (date(2024, 2, 29), date(2025, 2, 28))
    assert of("quarter", date(2025, 2, 3), date(2025, 2, 28)) == (date(2024, 2, 28), date(2025, 2, 28))
    assert of("day", date(2024, 2, 28), date(2025, 2, 28)) == (date(2023, 2, 28), date(2024, 2, 28))


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("grain", ["month", "quarter", "week"])
def test_movements_add_up(preset: str, grain: str) -> None:
    for by in ((), ("plan",), ("country",)):
        rows = answer(COMPANY, Question("mrr-movements", START, END, TODAY, grain, by), policy(preset))
        assert rows
        closing: dict[tuple[object, ...], Decimal] = {}
        for row in rows:
            moved = sum(row[name] for name in ("new", "reactivation", "expansion", "contraction", "churn", "fx"))
            assert row["opening"] + moved == row["closing"]
            assert row["upsell"] + row["cross_sell"] == row["expansion"]
            assert row["fx"] == 0
            group = (row["currency"], *(row[name] for name in by))
            assert closing.get(group, row["opening"]) == row["opening"]
            closing[group] = row["closing"]


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("metric", METRICS)
def test_every_metric_answers(metric: str, preset: str) -> None:
    small = random_company(2, 6)
    rows = answer(small, Question(metric, date(2024, 6, 1), END, TODAY), policy(preset))
    assert_same(rows, rows)


def test_converted_movements_differ_by_fx_only() -> None:
    question = Question("mrr-movements", START, END, TODAY, currency="USD")
    for rule in ("service-start", "period-end"):
        rows = answer(COMPANY, question, policy("holdfast", {"fx": rule}))
        assert [row["closing"] for row in rows][:-1] == [row["opening"] for row in rows][1:]
        assert any(row["fx"] for row in rows)


def test_differences_are_named() -> None:
    row = {"period": START, "currency": "USD", "mrr": Decimal("1.5"), "accounts": 1, "rate": Fraction(1, 3)}
    assert not differences([row | {"period": "2024-01-01", "mrr": 1.5, "rate": 1 / 3, "other": 1}], [row])
    assert differences([row | {"mrr": 1.500001}], [row]) == [
        "[period=2024-01-01, currency=USD] mrr: Decimal('1.500001'), expected Decimal('1.500000')"
    ]
    assert differences([row | {"rate": 1 / 3 + 1e-11}], [row])
    assert differences([row | {"accounts": 2}], [row])
    assert differences([row | {"rate": None}], [row])
    assert differences([], [row]) and differences([row], []) and differences([row, row], [row])
    empty = {"period": END, "currency": "USD", "mrr": 0, "accounts": 0, "rate": None}
    assert differences([row], [row, empty]) and not differences([row], [row, empty], empty="ignore")


def test_a_refund_lowers_the_items_in_order() -> None:
    rows = tuple(Row("s", "a", START, Decimal(price), item_id=item) for item, price in (("i2", 10), ("i1", 4)))
    refund = Refund("p", "a", "s", START, Decimal(6), "USD", START, date(2024, 2, 1))
    company = View(Facts(rows, refunds=(refund,)), _switches("recurly"), Question("mrr", START, END, TODAY), money=True)
    assert [live.mrr for live in company.company.live("a", START)] == [0, 8_000_000]


def _switches(preset: str) -> dict[str, str]:
    return dict(policy(preset).switches)
