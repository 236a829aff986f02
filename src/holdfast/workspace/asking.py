"""From what a person gave to one question: defaults, and errors that say what is allowed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Literal, cast
from zoneinfo import ZoneInfo

from holdfast.errors import InputError
from holdfast.facts.days import end_of_day, in_reach

if TYPE_CHECKING:
    from holdfast.metrics.registry import Metric, Option

Day = date | str | None


def grain_of(metric: Metric, grain: str | None) -> Any:
    """The grain asked for, or the metric's own."""
    chosen = (grain or metric.grain).strip().lower()
    if chosen not in metric.grains:
        raise InputError(f"{metric.name} cannot be asked by {chosen!r}; it takes {', '.join(metric.grains)}")
    return chosen


def range_of(metric: Metric, grain: Any, start: date | None, end: date | None, today: date) -> tuple[date, date]:
    """The first and last day of the range: as given, or by default the metric's number of periods up to today, or
    from today on where it looks ahead.
    """
    from holdfast.metrics.calendar import shift

    if metric.periods_ahead is None:
        last = end or today
        return start or shift(last, grain, -metric.periods_back), last
    first = start or (today if end is None else min(today, end))
    return first, end or shift(first, grain, metric.periods_ahead)


def week_start_of(day: str | None, decided: Literal["monday", "sunday"]) -> Literal["monday", "sunday"]:
    """The first day of a week for one question, or the one that was decided."""
    chosen = decided if day is None else day.strip().lower()
    if chosen not in ("monday", "sunday"):
        raise InputError(f"--week-start {day!r} is not allowed; a week starts on monday or sunday")
    return cast("Literal['monday', 'sunday']", chosen)


def check_splits(metric: Metric, by: tuple[str, ...]) -> None:
    if metric.splits is not None:
        for name in by:
            if name not in metric.splits:
                raise InputError(
                    f"{metric.name} cannot be split by {name!r}, only by {', '.join(metric.splits)}: spend is "
                    f"not known by account"
                )


def cohort_by_of(metric: Metric, name: str | None) -> str | None:
    if name is not None and not metric.any_cohort:
        raise InputError(
            f"{metric.name} has no cohorts that {name!r} could make; cohort-retention and cohort-revenue have"
        )
    return name


LONGEST_OPTION = 2_000


def options_of(metric: Metric, given: Mapping[str, int | str]) -> dict[str, int | str]:
    """Every option that the metric takes, as given or by default."""
    known = {option.name: option for option in metric.options}
    for name in given:
        if name not in known:
            allowed = ", ".join(known) or "none"
            raise InputError(f"{metric.name} takes no option {name!r}; it takes: {allowed}")
    return {name: _value_of(option, given.get(name, option.default)) for name, option in known.items()}


def _value_of(option: Option, value: Any) -> int | str:
    """The option's value. Raises `InputError` that says what is allowed."""
    if isinstance(option.default, int):
        if value == option.default or (isinstance(value, int) and 0 < value <= 600):
            return int(value)
        raise InputError(f"{option.name}={value!r} is not allowed; it takes a whole number from 1 to 600")
    text = str(value).strip()
    if option.choices and text.lower() not in option.choices:
        raise InputError(f"{option.name}={value!r} is not allowed; it takes {', '.join(option.choices)}")
    if len(text) > LONGEST_OPTION:
        raise InputError(f"{option.name} is {len(text):,} characters long; {LONGEST_OPTION:,} are allowed")
    return text.lower() if option.choices else text


def day_of_text(value: Day, option: str) -> date | None:
    if value is None:
        return None
    try:
        day = value if isinstance(value, date) and not isinstance(value, datetime) else date.fromisoformat(str(value))
    except ValueError:
        raise InputError(f"{option} {value!r} is not a date; write it as 2026-10-31") from None
    return in_reach(day, option)


def currency_of(code: str | None) -> str | None:
    if code is None:
        return None
    normal = code.strip().upper()
    if len(normal) != 3 or not normal.isalpha():
        raise InputError(f"--currency {code!r} is not a currency; use a three-letter ISO 4217 code such as EUR")
    return normal


def instant_of(as_of: Day | datetime, zone: ZoneInfo) -> datetime | None:
    """The instant that is meant: of a date, the end of that day in the company's time zone.

    >>> instant_of("2026-10-31", ZoneInfo("Europe/Berlin")).isoformat()
    '2026-10-31T22:59:59.999999+00:00'
    """
    if as_of is None:
        return None
    if isinstance(as_of, str):
        as_of = _moment(as_of)
    in_reach(as_of, "--as-of")
    if isinstance(as_of, datetime):
        aware = as_of if as_of.tzinfo else as_of.replace(tzinfo=zone)
        return aware.astimezone(UTC)
    return end_of_day(as_of, zone)


def _moment(text: str) -> date | datetime:
    try:
        return date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text)
    except ValueError:
        raise InputError(
            f"--as-of {text!r} is neither a date nor an instant; write 2026-10-31 or 2026-10-31T12:00:00+01:00"
        ) from None
