"""Traffic for benchmarks: as many events as asked for, in order, by users who have signed up."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from holdfast.simulate.traffic import write_traffic

EVENTS, USERS, WEEKS = 150_000, 2_000, 30
START = date(2025, 1, 6)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return write_traffic(tmp_path_factory.mktemp("traffic"), events=EVENTS, users=USERS, weeks=WEEKS, start=START)


@pytest.fixture(scope="module")
def events(files: list[Path]) -> pa.Table:
    return pa.concat_tables(pq.read_table(file) for file in files)


def test_as_many_as_asked_for(files: list[Path], events: pa.Table) -> None:
    assert len(files) == WEEKS
    assert events.num_rows == pytest.approx(EVENTS, rel=0.02)
    assert pc.count_distinct(events["user_id"]).as_py() == USERS
    assert pc.count_distinct(events["message_id"]).as_py() == events.num_rows
    assert pc.count_distinct(events["account_id"]).as_py() == USERS // 8
    assert events["user_id"].null_count == events["account_id"].null_count == 0


def test_each_file_holds_its_week_in_order(files: list[Path]) -> None:
    for file in files:
        first = date.fromisoformat(file.stem.removeprefix("events-"))
        days = pq.read_table(file, columns=["timestamp"])["timestamp"]
        assert days.equals(days.take(pc.sort_indices(days)))
        assert first <= days[0].as_py().date()
        assert (days[-1].as_py().date() - first).days < 7


def test_nobody_does_anything_before_the_sign_up(events: pa.Table) -> None:
    first = events.group_by("user_id").aggregate([("timestamp", "min")])
    signed = events.filter(pc.equal(events["event"].cast("string"), "Signed Up")).select(["user_id", "timestamp"])
    joined = first.join(signed, "user_id")
    assert signed.num_rows == USERS
    assert joined["timestamp_min"].equals(joined["timestamp"])


def test_fewer_come_back_week_by_week(events: pa.Table) -> None:
    """Of those who are there from the first week, and have twenty weeks before them."""
    days = pc.subtract(
        events["timestamp"].cast("date32").cast("int32"), pa.scalar(START.toordinal() - 719_163, "int32")
    )
    weeks = pc.divide(days, 7)
    signed = pc.and_(pc.equal(events["event"].cast("string"), "Signed Up"), pc.equal(weeks, 0))
    first = events.filter(signed)["user_id"]
    mine = pa.table({"user": events["user_id"], "week": weeks}).filter(pc.is_in(events["user_id"], value_set=first))
    active = {
        week: pc.count_distinct(mine.filter(pc.equal(mine["week"], week))["user"]).as_py() / len(first)
        for week in (0, 1, 4, 20)
    }
    assert active[0] > active[1] > active[4] > active[20] > 0.03
    assert active[1] < 0.7


def test_the_same_arguments_write_the_same_files(files: list[Path], tmp_path: Path) -> None:
    again = write_traffic(tmp_path, events=EVENTS, users=USERS, weeks=WEEKS, start=START)
    assert [pq.read_table(file) for file in again[:3]] == [pq.read_table(file) for file in files[:3]]
    other = write_traffic(tmp_path / "other", events=EVENTS, users=USERS, weeks=WEEKS, start=START, seed=2)
    assert pq.read_table(other[0]) != pq.read_table(files[0])
