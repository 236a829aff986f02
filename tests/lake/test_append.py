"""A table that grows: rows once, in parts by month, with few files, and days that can be computed anew."""

from __future__ import annotations

import json
import random
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from deltalake import DeltaTable

from holdfast.facts import TABLES
from holdfast.facts.days import day_of
from holdfast.lake import Lake, compact
from holdfast.lake.days import days_of
from holdfast.lake.log import files_appended

SCHEMA = TABLES["events"].schema
FIRST = datetime(2024, 1, 30, 23, 30, tzinfo=UTC)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


def events(*ids: str, at: datetime = FIRST, zone: str = "UTC") -> pa.Table:
    moments = pa.array([at] * len(ids), pa.timestamp("us", tz="UTC"))
    columns = {field.name: pa.nulls(len(ids), field.type) for field in SCHEMA}
    columns |= {
        "message_id": pa.array(ids, pa.string()), "row_key": pa.array(ids, pa.string()), "occurred_at": moments,
        "occurred_day": days_of(moments, zone), "recorded_at": moments,
        "user_id": pa.array(["anna@example.com"] * len(ids)),
        "type": pa.array(["track"] * len(ids)), "source": pa.array(["web"] * len(ids)),
    }  # fmt: skip
    return pa.table(columns)


def ids(lake: Lake) -> list[str]:
    return sorted(lake.read("events")["message_id"].to_pylist())


def test_what_an_application_has_brought_is_not_brought_again(lake: Lake) -> None:
    assert lake.append("events", events("a", "b"), "inbox-1", 5)
    assert not lake.append("events", events("a", "b"), "inbox-1", 5)
    assert not Lake(lake.root).append("events", events("a"), "inbox-1", 3)
    assert lake.append("events", events("c"), "inbox-1", 6)
    assert lake.append("events", events("d"), "inbox-2", 1)
    assert lake.append("events", events("e"))
    assert ids(lake) == ["a", "b", "c", "d", "e"]
    assert lake.transaction("events", "inbox-1") == 6
    assert lake.read("events").schema == SCHEMA


def test_recorded_and_appended_rows_live_in_one_table(lake: Lake) -> None:
    own = events("a").drop_columns(["recorded_at", "superseded_at"])
    assert lake.record("events", own, FIRST).to_pylist() == ["new"]
    assert lake.record("events", own, FIRST).to_pylist() == ["duplicate"]
    assert lake.append("events", events("b"), "inbox", 1)
    changed = own.set_column(own.schema.get_field_index("event"), "event", pa.array(["Opened"]))
    assert lake.record("events", changed, FIRST + timedelta(days=1)).to_pylist() == ["replaced"]
    assert ids(lake) == ["a", "a", "b"]
    assert lake.standing("events", ["event"])["event"].to_pylist().count("Opened") == 1


def test_two_processes_append_in_turn(lake: Lake) -> None:
    other = Lake(lake.root)
    for number in range(3):
        lake.append("events", events(f"a{number}"), "a", number + 1)
        other.append("events", events(f"b{number}"), "b", number + 1)
    assert len(ids(lake)) == 6
    assert lake.version("events") == 6


def test_statistics_hold_days_alone(lake: Lake) -> None:
    lake.append("events", events("a"))
    logs = [
        json.loads(line)
        for path in (lake.path("events") / "_delta_log").glob("*.json")
        for line in path.read_text().splitlines()
    ]
    stats = [json.loads(line["add"]["stats"]) for line in logs if "add" in line]
    assert [set(one["minValues"]) for one in stats] == [{"occurred_day"}]


def test_small_files_are_joined_and_nothing_is_lost(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compact, "MOST_SMALL", 5)
    for number in range(12):
        lake.append(
            "events", events(f"m{number:02}", at=FIRST + timedelta(days=40 * (number % 2))), "inbox", number + 1
        )
    lake.tidy("events")
    table = DeltaTable(lake.path("events"))
    assert len(table.file_uris()) == 2
    assert table.transaction_version("inbox") == 12
    assert ids(lake) == [f"m{number:02}" for number in range(12)]
    appended = files_appended(lake.path("events"), 0, table.version())
    assert appended is not None
    assert len(appended) == 12, "joining brings nothing new"
    lake.append("events", events("later"), "inbox", 13)
    assert len(ids(lake)) == 13


def test_files_are_joined_beside_a_writer(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compact, "MOST_SMALL", 4)
    for number in range(30):
        lake.append("events", events(f"m{number:02}"), "inbox", number + 1)
        lake.tidy_aside("events")
    lake._tidiers["events"].wait()
    assert ids(lake) == [f"m{number:02}" for number in range(30)]
    assert len(lake.files("events")) < 12


def test_days_of_an_appended_table_are_computed_anew(lake: Lake) -> None:
    lake.prepare("UTC")
    lake.append("events", events("a", at=datetime(2024, 1, 31, 20, tzinfo=UTC)), "inbox", 3)
    only_a_day = events("b").set_column(
        SCHEMA.get_field_index("occurred_at"), "occurred_at", pa.nulls(1, SCHEMA.field("occurred_at").type)
    )
    lake.append("events", only_a_day.select(SCHEMA.names) if only_a_day.schema.names != SCHEMA.names else only_a_day)
    assert lake.rebuild_days("Asia/Tokyo") == ["events"]
    found = {row["message_id"]: row["occurred_day"] for row in lake.read("events").to_pylist()}
    assert found == {"a": date(2024, 2, 1), "b": date(2024, 1, 30)}
    assert lake.rebuild_days("Asia/Tokyo") == []
    assert lake.transaction("events", "inbox") == 3
    assert lake.append("events", events("c"), "inbox", 4)
    assert len(lake.files("events")) == 3, "one part a month still"


@pytest.mark.parametrize(
    "zone",
    [
        "UTC", "Africa/Cairo", "America/New_York", "Australia/Lord_Howe", "America/Sao_Paulo", "Pacific/Apia",
        "Asia/Kathmandu", "Africa/Monrovia", "Etc/GMT+12", "Etc/GMT-14",
    ],
)  # fmt: skip
def test_days_of_many_instants_are_those_of_each(zone: str) -> None:
    choice = random.Random(zone)
    moments = [
        datetime(1960, 1, 1, tzinfo=UTC) + timedelta(microseconds=choice.randrange(70 * 365 * 86_400_000_000))
        for _ in range(400)
    ]
    moments += [datetime(2011, 12, 29, 9, tzinfo=UTC) + timedelta(minutes=30 * step) for step in range(120)]
    found = days_of(pa.array([*moments, None], pa.timestamp("us", tz="UTC")), zone).to_pylist()
    assert found == [*(day_of(moment, ZoneInfo(zone)) for moment in moments), None]
