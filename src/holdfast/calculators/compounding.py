"""Rates of one length of time as rates of another: they compound, they never add up."""

from __future__ import annotations

from fractions import Fraction

from holdfast.calculators.answer import Answer, Figure
from holdfast.calculators.numbers import plain, power, shown
from holdfast.calculators.registry import Input, calculator

MONTHS = {"month": 1, "quarter": 3, "year": 12}
PER = Input("per", "choice", "the period that the figures are of", default="month", choices=tuple(MONTHS))


def rebased(churn: Fraction, per: str, to: str) -> Fraction:
    """A churn rate of one period as that of another: 1 - (1 - churn)^(months of `to` / months of `per`).

    >>> float(rebased(Fraction(3, 100), "month", "year"))
    0.306157...
    """
    return 1 - power(1 - churn, Fraction(MONTHS[to], MONTHS[per]))


def other_periods(churn: Fraction, per: str) -> tuple[Figure, ...]:
    """The rate re-based to each other period."""
    return tuple(
        Figure(f"a {to}", rebased(churn, per, to), "rate", f"1 - (1 - {shown(churn, 'rate')})^{_exponent(per, to)}")
        for to in MONTHS
        if to != per
    )


def _exponent(per: str, to: str) -> str:
    exponent = Fraction(MONTHS[to], MONTHS[per])
    return str(exponent) if exponent.denominator == 1 else f"({exponent})"


@calculator(
    name="compound",
    title="A rate of another period",
    unit="rate",
    says="What a monthly rate is a year, or a yearly one a month.",
    formula="churn 1 - (1 - rate)^n, retention rate^n, growth (1 + rate)^n - 1; n = how many `per` make one `to`",
    counted="The rate as if it held in each period, on those who are left from the one before.",
    not_counted="Rates are never multiplied: those who left in January cannot leave in February.",
    inputs=(
        Input("rate", "rate", "the rate, such as 3%", required=True, least=-1, most=10**6),
        PER,
        Input("to", "choice", "the period that it is wanted for", default="year", choices=tuple(MONTHS)),
        Input("of", "choice", "what the rate is of", default="churn", choices=("churn", "retention", "growth")),
    ),
    example={"rate": "3%", "per": "month", "to": "year"},
)
def compound(*, rate: Fraction, per: str, to: str, of: str) -> Answer:
    """A churn, retention or growth rate re-based from one period to another.

    >>> compound(rate="3%", per="month", to="year")
    <30.62 %>
    """
    _check(rate, of)
    exponent, n, text = Fraction(MONTHS[to], MONTHS[per]), _exponent(per, to), shown(rate, "rate")
    if of == "churn":
        value, steps = rebased(rate, per, to), f"1 - (1 - {text})^{n}"
    elif of == "retention":
        value, steps = power(rate, exponent), f"{text}^{n}"
    else:
        value, steps = power(1 + rate, exponent) - 1, f"(1 + {text})^{n} - 1"
    wrong = f"Multiplying would give {shown(rate * exponent, 'rate')} a {to}, which is wrong: rates compound."
    return Answer(value, "rate", (f"{steps} = {shown(value, 'rate')} a {to}",), notes=() if exponent == 1 else (wrong,))


def _check(rate: Fraction, of: str) -> None:
    from holdfast.errors import InputError

    if of != "growth" and not 0 <= rate <= 1:
        raise InputError(
            f"rate={plain(rate * 100)}% is not possible: a {of} rate lies between 0 % and 100 %",
            hint="a growth rate can be below 0 or above 100 %: add --of growth",
        )
