"""What the lake does with facts: each test is a table of batches and of what is known afterwards."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable, write_deltalake
from deltalake.fs import DeltaStorageHandler
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from holdfast.errors import LakeError
from holdfast.facts import TABLES
from holdfast.lake import IMPLIED, Lake
from holdfast.lake import lock as lock_module

JAN, FEB, MAR = (datetime(2024, month, 1, tzinfo=UTC) for month in (1, 2, 3))


def plans(**names: str | None) -> pa.Table:
    keys = list(names)
    return pa.table(
        {
            "plan_id": pa.array(keys, pa.string()),
            "name": pa.array(list(names.values()), pa.string()),
            "row_key": pa.array(keys, pa.string()),
            "source": pa.array(["file"] * len(keys), pa.string()),
        }
    )


def lives(lake: Lake, key: str) -> list[tuple[str | None, datetime, datetime | None]]:
    rows = lake.read("plans").to_pylist()
    mine = [(row["name"], row["recorded_at"], row["superseded_at"]) for row in rows if row["row_key"] == key]
    return sorted(mine, key=lambda row: (row[1], row[2] or datetime.max.replace(tzinfo=UTC)))


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


def test_an_empty_lake_reads_as_empty_tables(lake: Lake) -> None:
    assert lake.files("plans") == []
    assert lake.version("plans") is None
    assert lake.read("plans").schema == TABLES["plans"].schema
    assert not lake.root.exists()


def test_reading_hands_no_python_object_to_the_threads_of_arrow(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    lake.record("plans", plans(a="Gold"), JAN)
    monkeypatch.setattr(DeltaStorageHandler, "from_table", lambda *given: pytest.fail("a file system made of Python"))
    assert lake.read("plans", ["name"]).to_pydict() == {"name": ["Gold"]}


def test_new_then_the_same_then_other_content(lake: Lake) -> None:
    assert lake.record("plans", plans(a="Gold", b=None), JAN).to_pylist() == ["new", "new"]
    version = lake.version("plans")
    assert lake.record("plans", plans(a="Gold", b=None), FEB).to_pylist() == ["duplicate", "duplicate"]
    assert lake.version("plans") == version
    assert lake.record("plans", plans(b="Silver", c="Iron"), FEB).to_pylist() == ["replaced", "new"]
    assert lake.version("plans") == (version or 0) + 1, "one commit for the old row's end and the new row"
    assert lives(lake, "b") == [(None, JAN, FEB), ("Silver", FEB, None)]
    assert lake.standing("plans", ["name"]).to_pydict()["name"].count("Silver") == 1


def test_older_knowledge_goes_in_as_history(lake: Lake) -> None:
    lake.record("plans", plans(a="Gold"), MAR)
    assert lake.record("plans", plans(a="Bronze"), JAN).to_pylist() == ["replaced"]
    assert lake.record("plans", plans(a="Silver"), FEB).to_pylist() == ["replaced"]
    assert lives(lake, "a") == [("Bronze", JAN, FEB), ("Silver", FEB, MAR), ("Gold", MAR, None)]
    for known, name in ((JAN, "Bronze"), (FEB, "Silver"), (MAR, "Gold")):
        assert lake.record("plans", plans(a=name), known).to_pylist() == ["duplicate"]


def test_older_knowledge_of_the_same_content_is_a_duplicate(lake: Lake) -> None:
    lake.record("plans", plans(a="Gold"), FEB)
    assert lake.record("plans", plans(a="Gold"), JAN).to_pylist() == ["duplicate"]


def test_two_changes_at_the_same_moment(lake: Lake) -> None:
    lake.record("plans", plans(a="Gold"), JAN)
    assert lake.record("plans", plans(a="Silver"), JAN).to_pylist() == ["replaced"]
    assert lake.record("plans", plans(a="Iron"), JAN).to_pylist() == ["replaced"]
    assert [name for name, _, end in lives(lake, "a") if end is None] == ["Iron"]


def test_a_real_fact_replaces_an_implied_one_of_the_same_content(lake: Lake) -> None:
    implied = plans(a="Gold").set_column(3, "source", pa.array([IMPLIED]))
    lake.record("plans", implied, JAN)
    assert lake.record("plans", plans(a="Gold"), FEB).to_pylist() == ["replaced"]
    assert lake.record("plans", implied, MAR).to_pylist() == ["replaced"]


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from("xyz"), st.integers(1, 5), st.sampled_from("AB")), max_size=8))
def test_at_every_moment_at_most_one_version_is_known(
    tmp_path_factory: pytest.TempPathFactory, batches: list[tuple[str, int, str]]
) -> None:
    lake = Lake(tmp_path_factory.mktemp("lake") / "lake")
    for key, day, name in batches:
        lake.record("plans", plans(**{key: name}), JAN + timedelta(days=day))
    for key in "xyz":
        known = lives(lake, key)
        for day in range(7):
            moment = JAN + timedelta(days=day)
            alive = [name for name, begin, end in known if begin <= moment and (end is None or moment < end)]
            assert len(alive) <= 1
        assert [end for _, _, end in known].count(None) == (1 if known else 0)


def test_rows_need_one_key_each_and_a_moment_with_a_zone(lake: Lake) -> None:
    twice = pa.concat_tables([plans(a="x"), plans(a="y")])
    with pytest.raises(ValueError, match="twice"):
        lake.record("plans", twice, JAN)
    with pytest.raises(ValueError, match="time zone"):
        lake.record("plans", plans(a="x"), datetime(2024, 1, 1))  # noqa: DTZ001


def test_statistics_hold_nothing_personal(lake: Lake) -> None:
    users = pa.table(
        {
            "user_id": ["anna@example.com"],
            "email": ["anna@example.com"],
            "name": ["Anna"],
            "row_key": ["anna@example.com"],
            "source": ["file"],
        }
    )
    lake.record("users", users, JAN)
    lake.record("users", users.set_column(2, "name", pa.array(["Anna B"])), FEB)
    for entry in (lake.path("users") / "_delta_log").glob("*.json"):
        for line in entry.read_text().splitlines():
            stats = json.loads(line).get("add", {}).get("stats") or ""
            assert "Anna" not in stats
            assert "anna" not in stats
    lake.record("plans", plans(gold="Gold"), JAN)
    logs = "".join(path.read_text() for path in (lake.path("plans") / "_delta_log").glob("*.json"))
    assert "gold" in logs


def test_files_of_an_earlier_version_stay_for_its_readers(lake: Lake) -> None:
    lake.record("plans", plans(a="Gold"), JAN)
    files = lake.files("plans")
    lake.record("plans", plans(a="Silver"), FEB)
    assert lake.files("plans") != files
    assert pq.ParquetFile(files[0]).read().num_rows == 1


def test_a_rollup_is_replaced_whole_or_in_part(lake: Lake) -> None:
    def rows(policy: str, *values: int) -> pa.Table:
        return pa.table({"policy": [policy] * len(values), "value": pa.array(values, pa.int64())})

    lake.replace("sums", rows("a", 1, 2), partition_by=["policy"], transactions={"plans": 3})
    lake.replace("sums", rows("b", 9), where="policy = 'b'", transactions={"plans": 4})
    lake.replace("sums", rows("a", 5), where="policy = 'a'")
    assert sorted(lake.read("sums")["value"].to_pylist()) == [5, 9]
    assert lake.transaction("sums", "plans") == 4
    assert lake.transaction("sums", "else") is None


def test_missing_and_unwritable_folders_are_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    lake = Lake(tmp_path / "file" / "lake")
    with pytest.raises(LakeError, match="file/lake"):
        lake.record("plans", plans(a="x"), JAN)
    with pytest.raises(LakeError, match="file/lake"):
        lake.prepare("UTC")


def test_a_full_disk_loses_nothing(lake: Lake) -> None:
    """A limit on the size of files stands in for a full disk."""
    lake.record("plans", plans(a="x"), JAN)
    script = f"""
import resource, signal, pyarrow as pa
from datetime import datetime, UTC
from pathlib import Path
from holdfast.lake import Lake
from holdfast.errors import LakeError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
keys = [str(i) * 20 for i in range(20000)]
rows = pa.table({{"plan_id": keys, "row_key": keys, "source": ["file"] * len(keys)}})
try:
    Lake(Path({str(lake.root)!r})).record("plans", rows, datetime(2024, 2, 1, tzinfo=UTC))
except LakeError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, env=_environment()
    )
    assert str(lake.path("plans")) in done.stdout
    assert lake.standing("plans").num_rows == 1
    assert lake.record("plans", plans(b="y"), FEB).to_pylist() == ["new"]


def _environment() -> dict[str, str]:
    source = str(Path(__file__).parents[2] / "src")
    return os.environ | {"PYTHONPATH": source}


def _record_many(root: Path, first: int, barrier: object) -> None:
    barrier.wait()  # type: ignore[attr-defined]
    for batch in range(3):
        names = {f"p{number}": str(number) for number in range(first + batch * 50, first + batch * 50 + 100)}
        Lake(root).record("plans", plans(**names), JAN)


def test_several_processes_store_every_row_once(lake: Lake) -> None:
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(3)
    workers = [context.Process(target=_record_many, args=(lake.root, 0, barrier)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(120)
    keys = lake.read("plans")["row_key"].to_pylist()
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    assert sorted(keys) == sorted({f"p{number}" for number in range(200)})


def test_a_writer_that_waits_says_for_whom(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(lock_module, "PATIENCE_SECONDS", 0.05)
    monkeypatch.setattr(lock_module, "LIMIT_SECONDS", 0.05)
    other = Lake(lake.root)
    with lake.writing(), pytest.raises(LakeError, match=f"process {os.getpid()}"), other.writing():
        pass
    assert f"process {os.getpid()}" in caplog.text


KILLED = """
import sys
from datetime import datetime, UTC
from pathlib import Path
import pyarrow as pa
from holdfast.lake import Lake
lake = Lake(Path(sys.argv[1]))
print("ready", flush=True)
for number in range(10_000):
    keys = [f"{number}-{i}" for i in range(500)] + ["shared"]
    names = [None] * 500 + [str(number)]
    rows = pa.table({"plan_id": keys, "name": pa.array(names, pa.string()), "row_key": keys, "source": ["file"] * 501})
    lake.record("plans", rows, datetime(2024, 1, 1, 0, number // 60, number % 60, tzinfo=UTC))
"""


@pytest.mark.parametrize("attempt", range(2))
def test_a_killed_writer_leaves_no_half_state(lake: Lake, attempt: int) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(lake.root)], stdout=subprocess.PIPE, text=True, env=_environment()
    )
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(random.uniform(0.3, 1.5))
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    rows = lake.read("plans")
    keys = [key for key in rows["row_key"].to_pylist() if key != "shared"]
    assert len(keys) == len(set(keys))
    assert len(keys) % 500 == 0, "a batch is there whole or not at all"
    standing = [row for row in lake.standing("plans").to_pylist() if row["row_key"] == "shared"]
    assert len(standing) == (1 if keys else 0)
    assert set(lake.record("plans", plans(after="x"), FEB).to_pylist()) == {"new"}


def test_the_time_zone_is_kept_and_the_days_can_be_rebuilt(lake: Lake) -> None:
    lake.check_zone("Europe/Berlin")
    assert lake.zone is None
    lake.prepare("UTC")
    with pytest.raises(LakeError, match=r"UTC.*\n?.*Asia/Tokyo") as caught:
        lake.check_zone("Asia/Tokyo")
    assert "rebuild-days" in str(caught.value)
    late = datetime(2024, 1, 31, 20, tzinfo=UTC)
    term = {
        "subscription_id": "s",
        "item_id": "s",
        "account_id": "a",
        "valid_from_at": late,
        "valid_from_day": date(2024, 1, 31),
        "valid_to_at": None,
        "valid_to_day": date(2025, 1, 1),
        "cancelled_at": None,
        "cancelled_day": None,
        "status": "active",
        "currency": "USD",
        "billing_interval": "month",
        "interval_count": 1,
        "metered": False,
        "row_key": "s",
        "source": "file",
    }
    cancelled = term | {
        "row_key": "t",
        "valid_to_day": None,
        "cancelled_day": date(2024, 2, 10),
        "access_ends_day": date(2024, 2, 29),
    }
    schema = pa.schema([TABLES["subscription_terms"].column(name).arrow for name in cancelled])
    lake.record("subscription_terms", pa.Table.from_pylist([term, cancelled], schema), JAN)
    assert lake.rebuild_days("Asia/Tokyo") == ["subscription_terms"]
    rows = {row["row_key"]: row for row in lake.read("subscription_terms").to_pylist()}
    assert rows["s"]["valid_from_day"] == date(2024, 2, 1)
    assert rows["s"]["valid_to_day"] == date(2025, 1, 1), "a plain date stays"
    assert rows["t"]["access_ends_day"] == date(2024, 3, 1)
    lake.check_zone("Asia/Tokyo")
    assert lake.rebuild_days("Asia/Tokyo") == []


def test_a_rebuild_that_was_cut_short_asks_to_be_finished(lake: Lake) -> None:
    lake.prepare("UTC")
    (lake.root / "lake.json").write_text('{"timezone": "UTC", "rebuilding_to": "Asia/Tokyo"}')
    with pytest.raises(LakeError, match="half-way"):
        lake.check_zone("UTC")
    lake.rebuild_days("UTC")
    lake.check_zone("UTC")


def test_the_clock_may_be_set_back(lake: Lake) -> None:
    future = datetime.now(UTC) + timedelta(days=1)
    lake.record("plans", plans(a="Gold"), future)
    assert lake.next_instant("plans") == future + timedelta(microseconds=1)


def test_a_fact_that_never_was_is_withdrawn(lake: Lake) -> None:
    lake.record("plans", plans(a="one", b="two"), JAN)
    assert lake.withdraw("plans", pa.array(["a", "unknown"]), FEB) == 1
    assert lives(lake, "a") == [("one", JAN, FEB)]
    assert lake.standing("plans")["row_key"].to_pylist() == ["b"]
    assert lake.withdraw("plans", pa.array(["a"]), FEB) == 0
    assert lake.record("plans", plans(a="one"), MAR).to_pylist() == ["new"]
    assert lives(lake, "a") == [("one", JAN, FEB), ("one", MAR, None)]


def test_a_table_takes_columns_that_were_declared_since(lake: Lake) -> None:
    lake.record("plans", plans(a="one"), JAN)
    path = lake.path("plans")
    rows = DeltaTable(path).to_pyarrow_table().drop_columns(["product"])
    shutil.rmtree(path)
    write_deltalake(path, rows)
    lake.record("plans", plans(a="other", b="two"), FEB)
    assert sorted(lake.standing("plans")["name"].to_pylist()) == ["other", "two"]
    assert lake.read("plans")["product"].null_count == 3
