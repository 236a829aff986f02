"""The weekly roll-up of usage says of each day what the daily one says, whatever came in when."""

from __future__ import annotations

import random
import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from holdfast.facts import TABLES
from holdfast.facts.rollups import EVENTS_A_PAGE, WEEKDAYS
from holdfast.lake import Lake
from holdfast.rollups import parts, usage
from holdfast.rollups.usage_weekly import NUMBERS_PATH, PATH, Kept
from holdfast.workspace import Workspace
from tests.usage import event, recorded

START = datetime(2024, 1, 1, tzinfo=UTC)
NAMES = [f"event {number}" for number in range(EVENTS_A_PAGE * 2 + 5)]
Happened = set[tuple[Any, ...]]


def some_events(number: int, seed: int) -> list[dict[str, Any]]:
    draw = random.Random(seed)
    return [
        event(
            seed * 1_000 + one,
            draw.choice(NAMES),
            START + timedelta(hours=draw.randrange(24 * 30)),
            user_id=draw.choice(["u1", "u2", None]),
            anonymous_id=draw.choice(["x1", "x2", None]),
            account_id=draw.choice(["a1", None]),
        )
        for one in range(number)
    ]


def happened(workspace: Workspace) -> Happened:
    """Who did what on which day, as the weekly roll-up says."""
    return unpacked(workspace, workspace.usage._weekly_of(workspace.usage._kept()))


def unpacked(workspace: Workspace, kept: Kept) -> Happened:
    rows = workspace.engine.to_arrow(workspace.engine.parquet(kept.files, TABLES["usage_weekly"].schema))
    names = {number: name for name, number in kept.numbers.items()}
    return {
        (
            row["user_id"], row["anonymous_id"], row["account_id"],
            names[row["page"] * EVENTS_A_PAGE + bit], row["week"] + timedelta(days=place),
        )
        for row in rows.to_pylist()
        for place, day in enumerate(WEEKDAYS)
        for bit in range(EVENTS_A_PAGE)
        if row[day] >> bit & 1
    }  # fmt: skip


def expected(workspace: Workspace) -> Happened:
    """The same, as the daily roll-up says."""
    table = workspace.engine.parquet(workspace.usage._kept(), usage.TABLES["usage_daily"].schema)
    rows = workspace.engine.to_arrow(table.select(*usage.KEYS)).to_pylist()
    return {tuple(row[name] for name in usage.KEYS) for row in rows}


def the_parts(folder: Path) -> set[str]:
    return {file.rpartition("part=")[2].partition("/")[0] for file in Lake(folder / "lake").files(PATH)}


def test_each_run_has_its_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(usage, "MOST_RUNS", 4)
    seen: set[str] = set()
    for seed in range(7):
        recorded(tmp_path, known_at=START + timedelta(days=seed), events=some_events(60, seed))
        with Workspace(tmp_path) as workspace:
            workspace.usage.refresh()
            assert happened(workspace) == expected(workspace)
            assert the_parts(tmp_path) & seen or seed == 0 or len(the_parts(tmp_path)) < seed
            seen |= the_parts(tmp_path)
    assert 1 < len(the_parts(tmp_path)) <= 5


def test_a_day_is_where_it_belongs(tmp_path: Path) -> None:
    """Sunday is the last day of its week, and Monday the first."""
    days = [datetime(2024, 1, 7, tzinfo=UTC), datetime(2024, 1, 8, tzinfo=UTC)]
    rows = [event(number, "open", day, user_id="u") for number, day in enumerate(days)]
    recorded(tmp_path, events=rows)
    with Workspace(tmp_path) as workspace:
        kept = workspace.usage._weekly_of(workspace.usage._kept())
        found = workspace.engine.to_arrow(workspace.engine.parquet(kept.files, TABLES["usage_weekly"].schema))
        by_week = {row["week"]: [row[day] for day in WEEKDAYS] for row in found.to_pylist()}
    assert by_week == {date(2024, 1, 1): [0, 0, 0, 0, 0, 0, 1], date(2024, 1, 8): [1, 0, 0, 0, 0, 0, 0]}


def test_numbers_are_kept_when_names_are_added(tmp_path: Path) -> None:
    recorded(tmp_path, events=[event(1, "send", START, user_id="u")])
    with Workspace(tmp_path) as workspace:
        first = workspace.usage._weekly_of(workspace.usage._kept()).numbers
    recorded(tmp_path, events=[event(2, "open", START, user_id="u")])
    with Workspace(tmp_path) as workspace:
        assert workspace.usage._weekly_of(workspace.usage._kept()).numbers == {**first, "open": 1}
        assert happened(workspace) == expected(workspace)


@pytest.mark.parametrize("lost", [PATH, NUMBERS_PATH])
def test_what_is_lost_is_made_anew(tmp_path: Path, lost: str) -> None:
    recorded(tmp_path, events=some_events(60, 1))
    with Workspace(tmp_path) as workspace:
        workspace.usage.refresh()
    shutil.rmtree(tmp_path / "lake" / lost)
    recorded(tmp_path, known_at=START, events=[event(1, "an earlier name", START, user_id="u1")])
    with Workspace(tmp_path) as workspace:
        assert happened(workspace) == expected(workspace)


def test_events_that_are_withdrawn(tmp_path: Path) -> None:
    recorded(tmp_path, events=some_events(60, 1))
    with Workspace(tmp_path) as workspace:
        workspace.usage.refresh()
        keys = workspace.lake.read("events", ["row_key"])["row_key"][:20]
        workspace.lake.withdraw("events", keys, datetime(2024, 6, 1, tzinfo=UTC))
        assert happened(workspace) == expected(workspace)


def test_when_all_events_are_withdrawn_nothing_is_left(tmp_path: Path) -> None:
    recorded(tmp_path, events=some_events(20, 1))
    with Workspace(tmp_path) as workspace:
        workspace.usage.refresh()
        keys = workspace.lake.read("events", ["row_key"])["row_key"]
        workspace.lake.withdraw("events", keys, datetime(2024, 6, 1, tzinfo=UTC))
        assert happened(workspace) == set()


@pytest.mark.parametrize("day", [datetime(1969, 12, 21, 12, tzinfo=UTC), datetime(1960, 2, 29, tzinfo=UTC)])
def test_days_before_1970_are_days(tmp_path: Path, day: datetime) -> None:
    recorded(tmp_path, events=[event(1, "open", day, user_id="u")])
    with Workspace(tmp_path) as workspace:
        assert happened(workspace) == expected(workspace)


def test_a_folder_that_cannot_be_written_is_answered_from_memory(tmp_path: Path) -> None:
    recorded(tmp_path, events=some_events(60, 1))
    with Workspace(tmp_path) as workspace:
        daily = workspace.usage._kept()
        once = workspace.usage.weekly_rollup.once(daily)
        assert unpacked(workspace, once) == expected(workspace)
        assert not the_parts(tmp_path)


def test_it_is_made_part_by_part_of_many_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "ROWS_AT_ONCE", 50)
    recorded(tmp_path, events=some_events(300, 1))
    with Workspace(tmp_path) as workspace:
        assert happened(workspace) == expected(workspace)


def test_no_events_are_no_use(tmp_path: Path) -> None:
    recorded(tmp_path, accounts=[{"account_id": "a1"}])
    with Workspace(tmp_path) as workspace:
        assert workspace.query("active-users", start="2024-01-01", end="2024-01-31").arrow["active"].to_pylist() == [0]
