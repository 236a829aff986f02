"""The usage roll-up: what is added run by run is what a rebuild gives, whatever came in when."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from holdfast.lake import Lake
from holdfast.rollups import parts, usage
from holdfast.rollups.usage import PATH, UsageRollups, small_runs, usage_daily
from holdfast.workspace import Workspace
from tests.usage import event, recorded

if TYPE_CHECKING:
    import pytest

START = datetime(2024, 1, 1, tzinfo=UTC)


def some_events(number: int, seed: int) -> list[dict[str, Any]]:
    draw = random.Random(seed)
    return [
        event(
            seed * 1_000 + one,
            draw.choice(["open", "save", "send"]),
            START + timedelta(hours=draw.randrange(24 * 90)),
            user_id=draw.choice(["u1", "u2", None]),
            anonymous_id=draw.choice(["x1", "x2", None]),
            account_id=draw.choice(["a1", None]),
            type=draw.choice(["track", "track", "page"]),
        )
        for one in range(number)
    ]


def rows_of(workspace: Workspace) -> list[tuple[Any, ...]]:
    """The roll-up added up over its runs."""
    table = workspace.engine.parquet(workspace.usage._kept(), usage.TABLES["usage_daily"].schema)
    summed = table.group_by(*usage.KEYS).agg(events=table.events.sum().cast("int64")).order_by(*usage.KEYS)
    return [tuple(row.values()) for row in workspace.engine.to_arrow(summed).to_pylist()]


def rebuilt(folder: Path) -> list[tuple[Any, ...]]:
    with Workspace(folder, keep_rollups=False) as workspace:
        computed = list(workspace.usage._added_up(workspace.table("events"), workspace.lake.files("events")))
        table = pa.Table.from_batches(computed, usage.TABLES["usage_daily"].schema)
        return [tuple(row[name] for name in (*usage.KEYS, "events")) for row in table.to_pylist()]


def runs(folder: Path) -> int:
    return len({file.rpartition("run=")[2].partition("/")[0] for file in Lake(folder / "lake").files(PATH)})


def test_run_by_run_as_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(usage, "MOST_RUNS", 4)
    for seed in range(7):
        recorded(tmp_path, known_at=START + timedelta(days=seed), events=some_events(40, seed))
        with Workspace(tmp_path) as workspace:
            workspace.usage.refresh()
            workspace.usage.refresh()
    assert 1 < runs(tmp_path) <= 5
    with Workspace(tmp_path) as workspace:
        assert rows_of(workspace) == rebuilt(tmp_path)


def test_events_that_are_withdrawn(tmp_path: Path) -> None:
    events = some_events(30, 1)
    recorded(tmp_path, events=events)
    with Workspace(tmp_path) as workspace:
        workspace.usage.refresh()
        lake = workspace.lake
        key = lake.read("events", ["row_key"])["row_key"][:5]
        lake.withdraw("events", key, datetime(2024, 6, 1, tzinfo=UTC))
        assert rows_of(workspace) == rebuilt(tmp_path)


def test_two_processes_add_a_run_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recorded(tmp_path, events=some_events(30, 1))
    with Workspace(tmp_path) as first, Workspace(tmp_path) as second:
        first.usage.refresh()
        recorded(tmp_path, known_at=START, events=some_events(30, 2))
        adding_up = UsageRollups._added_up

        def and_meanwhile(self: UsageRollups, events: Any, files: list[str]) -> Any:
            rows = list(adding_up(self, events, files))
            if self is first.usage:
                second.usage.refresh()
            return iter(rows)

        monkeypatch.setattr(UsageRollups, "_added_up", and_meanwhile)
        first.usage.refresh()
        assert rows_of(first) == rebuilt(tmp_path)


def test_events_that_come_while_it_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are in it once: in the rebuild or in the next run, not in both."""
    recorded(tmp_path, events=some_events(30, 1))
    version = Lake.version

    def and_then_more(self: Lake, name: str) -> int | None:
        found = version(self, name)
        if name == "events":
            monkeypatch.setattr(Lake, "version", version)
            recorded(tmp_path, known_at=START, events=some_events(30, 2))
        return found

    with Workspace(tmp_path) as workspace:
        monkeypatch.setattr(Lake, "version", and_then_more)
        workspace.usage.refresh()
        recorded(tmp_path, known_at=START, events=some_events(30, 3))
        assert rows_of(workspace) == rebuilt(tmp_path)
        assert sum(row[-1] for row in rows_of(workspace)) > 45


def test_a_small_addition_to_many_events_is_made_in_one_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "ROWS_AT_ONCE", 60)
    recorded(tmp_path, events=some_events(200, 1))
    with Workspace(tmp_path) as workspace:
        workspace.usage.refresh()
        asked: list[Any] = []
        monkeypatch.setattr(usage, "usage_daily", lambda events: asked.append(1) or usage_daily(events))
        recorded(tmp_path, known_at=START, events=some_events(30, 2))
        workspace.usage.refresh()
    assert len(asked) == 1


def test_more_people_than_fit_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    events = [{**one, "user_id": f"u{number % 50:03}"} for number, one in enumerate(some_events(400, 3))]
    recorded(tmp_path, events=events)
    expected = rebuilt(tmp_path)
    monkeypatch.setattr(parts, "ROWS_AT_ONCE", 60)
    with Workspace(tmp_path) as workspace:
        assert len(list(parts.in_parts(workspace.table("events"), workspace.lake.files("events")))) > 3
        assert rows_of(workspace) == expected


def test_nothing_yet(tmp_path: Path) -> None:
    Lake(tmp_path / "lake").prepare("UTC")
    with Workspace(tmp_path) as workspace:
        assert rows_of(workspace) == []
        rows = workspace.query("active-users", start="2024-01-01", end="2024-02-29").to_dicts()
        assert [row["active"] for row in rows] == [0, 0]


def test_which_runs_are_joined() -> None:
    assert small_runs({1: 10**6, 2: 5, 3: 1, 4: 11}) == [3, 2, 4]
