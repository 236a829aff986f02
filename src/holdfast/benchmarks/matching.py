"""Whether a published figure is about companies like this one, and where an own figure lies beside it.

Pure: what is not known is said to be unknown, never taken for a match.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from holdfast.benchmarks import words
from holdfast.benchmarks.benchmark import Band, Benchmark, Segment, Values
from holdfast.benchmarks.company import Company

Position = Literal["below", "within", "above"]
BUSINESS = {"smb", "mid-market", "enterprise"}
PLACES = 3
"""Decimals of a rate that count when an own figure is the same as a published one: a tenth of a percent."""


def differs(benchmark: Benchmark, company: Company, *, money: bool) -> str:
    """Why the company's own figure may not stand beside the published one; empty where it may.

    `money` is whether the own figure is made of amounts, and so of one currency.
    """
    if benchmark.why_not:
        return benchmark.why_not
    reasons = list(_segment(benchmark.segment, company))
    if not reasons and money and company.currency is None and company.currencies:
        reasons = [_several(company, benchmark.segment.currency)]
    return "; ".join(reasons)


def _segment(segment: Segment, company: Company) -> Iterator[str]:
    if segment.customers and company.customer_type not in segment.customers:
        yield _customers(segment, company)
    if segment.trial is not None:
        yield f"it is about trials {'with a card' if segment.trial == 'card' else 'without a card'}"
    if segment.company_age is not None:
        yield from _age(segment.company_age, company)
    yield from _bands(segment, company)


def _customers(segment: Segment, company: Company) -> str:
    named = "business" if set(segment.customers) == BUSINESS else words.listed(segment.customers, "or")
    if company.customer_type is None:
        return f"it is for {named} customers, and who yours are is not known (customer_type in holdfast.toml)"
    return f"it is for {named} customers, and yours are {company.customer_type}"


def _age(wanted: Band, company: Company) -> Iterator[str]:
    """By the year of foundation; without it, the data only say that a company is at least so old."""
    said = f"it is for companies of {words.band(wanted, 'years')}"
    if company.founded is not None:
        age = company.month.year - company.founded
        if age not in wanted:
            yield f"{said}, and yours is {age} years old"
        return
    at_least = company.known_years
    if at_least is None or (at_least not in wanted or wanted.high is not None):
        if at_least is not None and wanted.high is not None and at_least >= wanted.high:
            yield f"{said}, and your first customer paid {at_least:.0f} years ago"
        else:
            yield f"{said}, and the age of yours is not known (founded in holdfast.toml)"


def _bands(segment: Segment, company: Company) -> Iterator[str]:
    """The bands in money: one line for all of them where the currency is not theirs."""
    arpa = company.arpa
    facts = (
        (segment.arpa, "ARPA", arpa),
        (segment.acv, "yearly revenue per account", None if arpa is None else arpa * 12),
        (segment.arr, "ARR", company.arr),
    )
    asked = [(limits, name, value) for limits, name, value in facts if limits is not None]
    if asked and company.currency != segment.currency and company.currencies:
        yield _several(company, segment.currency)
        return
    for limits, name, value in asked:
        if value is None:
            yield f"your {name} is not known, as there is no customer in this month"
        elif value not in limits:
            wanted = words.band(limits, segment.currency)
            yield f"your {name} is {value:,.0f} {segment.currency}, and it is for {wanted}"


def _several(company: Company, wanted: str) -> str:
    own = words.listed(company.currencies)
    return f"your revenue is in {own}: needs --currency {wanted}"


def position(values: Values, own: float) -> Position:
    """Where an own figure lies: below, within or above the published range, quartiles or value.

    >>> position(Values(low=0.05, high=0.07), 0.21), position(Values(p25=0.82, median=0.91, p75=0.95), 0.9)
    ('above', 'within')
    >>> position(Values(median=0.022), 0.0219), position(Values(low=4.0), 2.5)
    ('within', 'below')
    """
    low, high = _ends(values)
    if low is not None and round(own, PLACES) < round(low, PLACES):
        return "below"
    return "above" if high is not None and round(own, PLACES) > round(high, PLACES) else "within"


def _ends(values: Values) -> tuple[float | None, float | None]:
    """The least and the greatest figure that is still within."""
    if values.value is not None:
        return values.value, values.value
    marks = _quartiles(values)
    return (marks[0][1], marks[-1][1]) if marks else (values.low, values.high)


def placed(benchmark: Benchmark, own: float) -> str:
    """The same in a sentence.

    >>> from holdfast.benchmarks import load
    >>> kbcm = next(found for found in load() if found.id == "kbcm-grr")
    >>> placed(kbcm, 0.85)
    'between the lower quartile of 82 % and the median of 91 %'
    """
    marks = _quartiles(benchmark.values)
    where = position(benchmark.values, own)
    told = f"the published {words.published(benchmark)}"
    if len(marks) > 1:
        named = [f"the {name} of {words.number(mark, benchmark.unit)}" for name, mark in marks]
        lower, upper = _around(marks, own)
        if where == "within":
            return f"between {named[lower]} and {named[upper]}"
        return f"{where} {named[lower if where == 'below' else upper]}"
    single = bool(marks) or benchmark.values.value is not None
    return f"{where if where != 'within' or not single else 'the same as'} {told}"


def between(benchmark: Benchmark, own: float) -> str:
    """The same in few words: below, within, above, or between two quartiles.

    >>> from holdfast.benchmarks import load
    >>> kbcm = next(found for found in load() if found.id == "kbcm-grr")
    >>> between(kbcm, 0.85), between(kbcm, 0.99)
    ('lower quartile to median', 'above upper quartile')
    """
    marks, where = _quartiles(benchmark.values), position(benchmark.values, own)
    if len(marks) > 1:
        lower, upper = _around(marks, own)
        if where == "within":
            return f"{marks[lower][0]} to {marks[upper][0]}"
        return f"{where} {marks[lower if where == 'below' else upper][0]}"
    return "the same" if where == "within" and (marks or benchmark.values.value is not None) else where


def _quartiles(values: Values) -> list[tuple[str, float]]:
    """Those that are given, by name, in their order."""
    named = (("lower quartile", values.p25), ("median", values.median), ("upper quartile", values.p75))
    return [(name, given) for name, given in named if given is not None]


def _around(marks: list[tuple[str, float]], own: float) -> tuple[int, int]:
    """The places of the two quartiles that a figure lies between, or of the pair nearest to it."""
    upper = next((place for place, (_, mark) in enumerate(marks) if place and own <= mark), len(marks) - 1)
    return upper - 1, upper
