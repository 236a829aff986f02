"""Days, weeks and months in hard time zones are those of plain Python on `zoneinfo` (C5, C6)."""

from __future__ import annotations

from calendar import monthrange
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import pytest

import holdfast
from holdfast.lake import Lake
from holdfast.settings import Settings
from holdfast.sources import import_files

ZONES = (
    "Africa/Cairo",
    "America/New_York",
    "Australia/Lord_Howe",
    "America/Sao_Paulo",
    "Pacific/Apia",
    "Pacific/Kiritimati",
    "Etc/GMT+12",
)
CHANGES = (
    datetime(2024, 4, 25, 22, tzinfo=UTC),  # Cairo goes ahead at midnight: that day begins at one o'clock
    datetime(2024, 3, 10, 7, tzinfo=UTC),  # New York
    datetime(2024, 11, 3, 6, tzinfo=UTC),
    datetime(2024, 4, 6, 15, tzinfo=UTC),  # Lord Howe, by half an hour
    datetime(2024, 10, 5, 15, 30, tzinfo=UTC),
    datetime(2018, 11, 4, 3, tzinfo=UTC),  # Sao Paulo, at midnight
    datetime(2019, 2, 17, 2, tzinfo=UTC),
    datetime(2011, 12, 30, 10, tzinfo=UTC),  # Apia has no 30 December
    datetime(2024, 2, 29, 10, tzinfo=UTC),
    datetime(2024, 2, 29, 12, tzinfo=UTC),
    datetime(2023, 12, 31, 10, tzinfo=UTC),
    datetime(2021, 1, 3, 23, 59, 59, 999999, tzinfo=UTC),
)
Grain = Callable[[date], date]


def instants() -> list[datetime]:
    """Around every change, to the microsecond, and all over the years."""
    dice = Random(5)
    near = [
        moment + timedelta(hours=hours, microseconds=n) for moment in CHANGES for hours in (-1, 0, 1) for n in (-1, 0)
    ]
    first = datetime(2010, 1, 1, tzinfo=UTC)
    return near + [first + timedelta(seconds=dice.randrange(15 * 365 * 86_400)) for _ in range(200)]


def week(start: int) -> Grain:
    return lambda day: day - timedelta(days=(day.weekday() - start) % 7)


GRAINS: dict[str, Grain] = {
    "month": lambda day: day.replace(day=1),
    "quarter": lambda day: day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1),
    "year": lambda day: day.replace(month=1, day=1),
}


@pytest.mark.parametrize("zone", ZONES)
def test_days_and_periods_are_those_of_the_zone(zone: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOLDFAST_TIMEZONE", zone)
    moments = instants()
    lines = [f"s{n},a{n},{moment.isoformat()},1" for n, moment in enumerate(moments)]
    file = tmp_path / "subscriptions.csv"
    file.write_text("subscription_id,account_id,valid_from,unit_amount\n" + "\n".join(lines) + "\n")
    report = import_files(Lake(tmp_path / "lake"), Settings.load(tmp_path), "subscriptions", [file])
    assert report.accepted == len(moments), report.rejects[:3]
    days = [moment.astimezone(ZoneInfo(zone)).date() for moment in moments]
    with holdfast.open(tmp_path) as workspace:
        terms = (
            workspace.table("subscription_terms").select("subscription_id", "valid_from_day").to_pyarrow().to_pylist()
        )
        assert {row["subscription_id"]: row["valid_from_day"] for row in terms} == {
            f"s{n}": d for n, d in enumerate(days)
        }
        for grain, first_of in GRAINS.items():
            wanted = Counter(map(first_of, days))
            found = workspace.query("mrr-movements", start=min(days), end=max(days), grain=grain).arrow.to_pylist()
            assert {row["period"]: row["new_accounts"] for row in found if row["new_accounts"]} == wanted


@pytest.mark.parametrize(("week_start", "first"), [("monday", 0), ("sunday", 6)])
def test_weeks_over_the_turn_of_years(
    week_start: str, first: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """2009, 2015 and 2020 have a week 53; 2024 has a 29 February."""
    monkeypatch.setenv("HOLDFAST_WEEK_START", week_start)
    turns = [date(year, month, day) for year in (2009, 2015, 2020, 2024) for month, day in ((2, 28), (3, 1), (12, 27))]
    days = sorted({turn + timedelta(days=n) for turn in turns for n in range(9)})
    file = tmp_path / "subscriptions.csv"
    lines = [f"s{n},a{n},{day},1" for n, day in enumerate(days)]
    file.write_text("subscription_id,account_id,valid_from,unit_amount\n" + "\n".join(lines) + "\n")
    import_files(Lake(tmp_path / "lake"), Settings(), "subscriptions", [file])
    with holdfast.open(tmp_path) as workspace:
        found = workspace.query("mrr-movements", start=days[0], end=days[-1], grain="week").arrow.to_pylist()
    assert {row["period"]: row["new_accounts"] for row in found if row["new_accounts"]} == Counter(
        map(week(first), days)
    )
    periods = [row["period"] for row in found]
    assert periods == [periods[0] + timedelta(days=7 * n) for n in range(len(periods))]


def test_months_end_where_they_end(tmp_path: Path) -> None:
    """Monthly subscriptions cancelled on any day, anchored on the last days of months, are over when Python says so."""
    anchors = [date(2024, 1, day) for day in (28, 29, 30, 31)] + [
        date(2023, 1, 30),
        date(2024, 2, 29),
        date(2023, 12, 31),
    ]
    cases = [
        (anchor, anchor + timedelta(days=offset))
        for anchor in anchors
        for offset in (0, 27, 28, 29, 30, 31, 58, 59, 60, 61, 365)
    ]
    lines = [f"s{n},a{n},{anchor},{cancelled},1" for n, (anchor, cancelled) in enumerate(cases)]
    file = tmp_path / "subscriptions.csv"
    file.write_text("subscription_id,account_id,valid_from,cancelled_at,unit_amount\n" + "\n".join(lines) + "\n")
    import_files(Lake(tmp_path / "lake"), Settings(), "subscriptions", [file])
    wanted = Counter(over(anchor, cancelled) for anchor, cancelled in cases)
    with holdfast.open(tmp_path) as workspace:
        found = workspace.query("mrr-movements", start="2023-01-01", end="2025-06-30", grain="day").arrow.to_pylist()
    assert {row["period"]: row["churned_accounts"] for row in found if row["churned_accounts"]} == wanted


def over(anchor: date, cancelled: date) -> date:
    """The first start of a billing month after the cancellation."""
    months = 0
    while True:
        years, month = divmod(anchor.month - 1 + months, 12)
        year = anchor.year + years
        start = date(year, month + 1, min(anchor.day, monthrange(year, month + 1)[1]))
        if start > cancelled:
            return start
        months += 1
