"""Rows of history tables put in time."""

from __future__ import annotations

import pytest

from holdfast.sources.warehouse.cells import Record, seconds
from holdfast.sources.warehouse.history import latest, past_of


def record(line: int, **cells: str) -> Record:
    names = {
        "start": "_fivetran_start",
        "end": "_fivetran_end",
        "active": "_fivetran_active",
        "synced": "_fivetran_synced",
    }
    return Record({names.get(name, name): text for name, text in cells.items()}, "t", "f", line)


def lines(records: list[Record]) -> list[int]:
    return [version.record.line for version in past_of(records).versions]


def test_history_mode_is_put_in_time() -> None:
    rows = [
        record(1, start="2024-03-01", end="9999-12-31 23:59:59.999", active="TRUE"),
        record(2, start="2024-01-01", end="2024-01-31 23:59:59.999", active="FALSE"),
        record(3, start="2024-02-01", end="2024-02-29 23:59:59.999", active="FALSE"),
    ]
    assert lines(rows) == [2, 3, 1]
    assert past_of(rows).deleted_at is None


def test_no_active_row_means_deleted() -> None:
    rows = [
        record(1, start="2024-01-01", end="2024-02-01", active="false"),
        record(2, start="2024-02-01", end="2024-03-05 10:00:00", active="false"),
    ]
    assert past_of(rows).deleted_at == seconds("2024-03-05 10:00:00")


def test_a_soft_delete_ends_when_it_was_seen() -> None:
    row = record(1, synced="2024-03-05", _fivetran_deleted="true")
    assert past_of([row]).deleted_at == seconds("2024-03-05")


def test_rows_by_update_and_rows_read_twice() -> None:
    rows = [
        record(1, updated_at="2024-02-01", synced="2024-02-02"),
        record(2, updated_at="2024-01-01", synced="2024-02-02"),
        record(3, updated_at="2024-02-01", synced="2024-02-09"),
    ]
    assert lines(rows) == [2, 3]
    assert latest(rows).line == 3


def test_a_plain_table_shows_when_it_was_seen() -> None:
    only = past_of([record(1, synced="2024-02-02")]).present
    assert (only.at, only.is_start) == (seconds("2024-02-02"), False)


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("2024-01-01 00:00:00 UTC", "2024-01-01T00:00:00Z"),
        ("2024-01-01 02:00:00+02:00", "2024-01-01 00:00:00"),
        ("2024-01-01 00:00:00.123456", "2024-01-01"),
    ],
)
def test_instants(text: str, same: str) -> None:
    assert seconds(text) == seconds(same) == 1704067200


def test_an_end_beyond_every_calendar_is_none() -> None:
    assert seconds("9999-12-31T23:59:59.999Z") is None
