"""Figures, bands and days as people read them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from holdfast.benchmarks.benchmark import Band, Benchmark, Unit, Values


def number(value: float, unit: Unit, decimals: int = 1) -> str:
    """A figure with its unit, without zeros that say nothing.

    >>> number(0.061, "rate"), number(1.1, "rate"), number(4.0, "ratio"), number(5, "times")
    ('6.1 %', '110 %', '4', '5 times')
    """
    shown = f"{round(value * 100 if unit == 'rate' else value, 6):,.{decimals}f}"
    if "." in shown:
        shown = shown.rstrip("0").rstrip(".")
    return shown + {"rate": " %", "ratio": "", "months": " months", "times": " times"}[unit]


def published(benchmark: Benchmark) -> str:
    """The published figure in words, with the digits that it was published with.

    >>> from holdfast.benchmarks import load
    >>> [published(found) for found in load() if found.id in ("bessemer-annual-customer-churn", "hamid-quick-ratio")]
    ['5 – 7 %', '4 and over']
    """
    values, unit = benchmark.values, benchmark.unit
    if values.low is not None or values.high is not None:
        return _range(values, unit)
    given = [one for one in (values.p25, values.median, values.p75, values.value) if one is not None]
    return _joined(given, unit, " / ")


def _range(values: Values, unit: Unit) -> str:
    if values.low is None:
        return f"under {number(values.high or 0.0, unit, 2)}"
    if values.high is None:
        return f"{number(values.low, unit, 2)} and over"
    return _joined([values.low, values.high], unit, " – ")


def _joined(values: Sequence[float], unit: Unit, mark: str) -> str:
    """Several numbers with their unit once, after the last."""
    *first, last = (number(value, unit, 2) for value in values)
    return mark.join([*(one.split(" ")[0] for one in first), last])


def label(benchmark: Benchmark) -> str:
    """What the figure is, with the quartiles named in their order.

    >>> from holdfast.benchmarks import load
    >>> next(label(found) for found in load() if found.id == "kbcm-grr")
    'lower quartile / median / upper quartile'
    """
    names = {"p25": "lower quartile", "median": "median", "p75": "upper quartile"}
    named = [name for key, name in names.items() if getattr(benchmark.values, key) is not None]
    return " / ".join(named) if len(named) > 1 else benchmark.label


def band(limits: Band, unit: str = "") -> str:
    """A band in words.

    >>> band(Band(high=25), "USD"), band(Band(low=500), "USD"), band(Band(low=12_000, high=25_000), "USD")
    ('under 25 USD', '500 USD and over', '12,000 to 25,000 USD')
    """
    named = f" {unit}" if unit else ""
    if limits.low is None:
        return f"under {limits.high:,.0f}{named}"
    if limits.high is None:
        return f"{limits.low:,.0f}{named} and over"
    return f"{limits.low:,.0f} to {limits.high:,.0f}{named}"


def span(start: date, end: date) -> str:
    """The days that a figure is about: a year, a month, or the months up to one.

    >>> span(date(2025, 1, 1), date(2025, 12, 31)), span(date(2025, 10, 1), date(2025, 10, 31))
    ('2025', 'October 2025')
    >>> span(date(2024, 11, 1), date(2025, 10, 31))
    'the 12 months to October 2025'
    """
    months = (end.year - start.year) * 12 + end.month - start.month + 1
    if months == 12 and start.month == 1:
        return str(start.year)
    return f"{end:%B %Y}" if months == 1 else f"the {months} months to {end:%B %Y}"


def listed(names: Sequence[str], last: str = "and") -> str:
    """Names as a sentence has them.

    >>> listed(["EUR"]), listed(["EUR", "GBP", "USD"])
    ('EUR', 'EUR, GBP and USD')
    """
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {last} {names[-1]}"


def publisher(benchmark: Benchmark) -> str:
    """Who published it, in short, with the year: ChartMogul 2023."""
    name = benchmark.source.publisher.split(",")[0].split(" (")[0]
    return f"{name} {benchmark.source.year}" if benchmark.source.year else name


def source(benchmark: Benchmark) -> str:
    """Who published it, where and when."""
    told = benchmark.source
    year = ", undated" if told.year is None else f", {told.year}"
    shown = "" if year[2:] in told.title or year[2:] in told.publisher else year
    missing = "" if benchmark.primary else " (primary source not found)"
    return f"{told.publisher}: {told.title}{shown}{missing}"
