"""Events from files: by text and by type alike, each once, and every other column a property."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from holdfast.errors import UnusableFile
from holdfast.lake import Lake
from holdfast.settings import Settings
from holdfast.sources import ImportReport, event_writer, import_files

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "data" / "lake")


def bring(lake: Lake, *files: Path, zone: str = "UTC", **more: Any) -> ImportReport:
    return import_files(lake, Settings(timezone=zone), "events", list(files), **more)


def counts(report: ImportReport) -> tuple[int, ...]:
    assert report.received == report.accepted + report.rejected + report.duplicate + report.conflict
    return report.received, report.accepted, report.rejected, report.duplicate, report.conflict


def rows(lake: Lake) -> list[dict[str, Any]]:
    own = {"row_key", "recorded_at", "superseded_at", "source"}
    found = [{name: one for name, one in row.items() if name not in own} for row in lake.standing("events").to_pylist()]
    return sorted(found, key=lambda row: row["message_id"])


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


CSV = '''message_id,timestamp,event,user_id,anonymous_id,account_id,plan,seats,note
a,2024-01-31T23:30:00Z,Opened,u1,,acct,pro,5,"x ""y"""
b,2024-02-01,Closed,undefined,x1,,,05,
c,1706745600,Opened,,x2,,free,1e999,true
'''


def test_a_csv_file(lake: Lake, tmp_path: Path) -> None:
    report = bring(lake, written(tmp_path / "e.csv", CSV), zone="Europe/Berlin")
    assert counts(report) == (3, 3, 0, 0, 0)
    first, second, third = rows(lake)
    assert (first["type"], first["event"], first["user_id"], first["account_id"]) == ("track", "Opened", "u1", "acct")
    assert (first["occurred_at"], first["occurred_day"]) == (
        datetime(2024, 1, 31, 23, 30, tzinfo=UTC),
        date(2024, 2, 1),
    )
    assert json.loads(first["properties"]) == {"plan": "pro", "seats": 5, "note": 'x "y"'}
    assert (second["occurred_at"], second["occurred_day"]) == (None, date(2024, 2, 1))
    assert (second["user_id"], second["anonymous_id"]) == (None, "x1")
    assert json.loads(second["properties"]) == {"seats": "05"}
    assert third["occurred_at"] == datetime(2024, 2, 1, tzinfo=UTC)
    assert third["properties"] == '{"plan": "free", "seats": 1e999, "note": true}'
    assert {one["received_at"] for one in rows(lake)} == {None}


def test_the_same_again_changes_nothing(lake: Lake, tmp_path: Path) -> None:
    file = written(tmp_path / "e.csv", CSV)
    bring(lake, file)
    version = lake.version("events")
    assert counts(bring(lake, file)) == (3, 0, 0, 3, 0)
    assert lake.version("events") == version
    other = written(tmp_path / "f.csv", CSV.replace("pro", "max") + "d,2024-02-02,Opened,u1,,,,,\n")
    report = bring(lake, other)
    assert counts(report) == (4, 1, 0, 2, 1)
    assert [(one.line, one.reason) for one in report.conflicts] == [
        (2, "an event of the same id is stored, with other content")
    ]


def test_rows_without_an_id_get_one_that_stays(lake: Lake, tmp_path: Path) -> None:
    line = "2024-01-01T00:00:00Z,Opened,u1\n"
    file = written(tmp_path / "e.csv", "timestamp,event,user_id\n" + line + line)
    assert counts(bring(lake, file)) == (2, 2, 0, 0, 0)
    assert counts(bring(lake, file)) == (2, 0, 0, 2, 0)
    assert all(one["message_id"].startswith("file-") for one in rows(lake))


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (",Opened,u1,,track,", "timestamp is missing"), ("2199-01-01,Opened,u1,,track,", "lies in the future"),
        ("2024-13-01,Opened,u1,,track,", "not a day of the calendar"), ("2024-01-01,,u1,,track,", "event is missing"),
        ("2024-01-01,Opened,,,track,", "are all missing"), ("2024-01-01,Opened,u1,,buy,", "is none of track"),
        ("2024-01-01,Opened,u1,,track,[1]", "not a JSON object"),
        ('2024-01-01,Opened,u1,,track,{"a": NaN}', "not a JSON"),
    ],
)  # fmt: skip
def test_rows_that_cannot_be_events(lake: Lake, tmp_path: Path, line: str, reason: str) -> None:
    cells = line.replace('{"a": NaN}', '"{""a"": NaN}"')
    text = f"timestamp,event,user_id,anonymous_id,type,properties\n2024-01-01,Opened,u1,,TRACK,\n{cells}\n"
    report = bring(lake, written(tmp_path / "e.csv", text))
    assert counts(report) == (2, 1, 1, 0, 0)
    assert report.rejects[0].line == 3
    assert reason in report.rejects[0].reason


def test_json_lines_keep_numbers_and_structures(lake: Lake, tmp_path: Path) -> None:
    line = {
        "message_id": "a",
        "timestamp": "2024-01-01T00:00:00Z",
        "event": "x",
        "user_id": 9007199254740993,
        "tags": ["a", "b"],
    }
    bring(lake, written(tmp_path / "e.jsonl", json.dumps(line) + "\n"))
    (row,) = rows(lake)
    assert row["user_id"] == "9007199254740993"
    assert json.loads(row["properties"]) == {"tags": ["a", "b"]}


def parquet(path: Path, **columns: Any) -> Path:
    pq.write_table(pa.table(columns), path, row_group_size=3)
    return path


def instants(count: int) -> pa.Array:
    first = datetime(2024, 1, 31, 22, tzinfo=UTC)
    return pa.array([first + timedelta(minutes=37 * one) for one in range(count)], pa.timestamp("ms", tz="UTC"))


def typed_columns(**more: Any) -> Mapping[str, Any]:
    return {
        "message_id": ["a", "b|c", "d\\e", "f"], "timestamp": instants(4), "event": ["x", "y", "x", "x"],
        "user_id": pa.array([1, 2**53 + 1, None, 4], pa.int64()),
        "anonymous_id": pa.array(["x1", "undefined", "x3", None]).dictionary_encode(),
        "score": [0.5, float("nan"), None, 2.0], "plan": ["pro", None, 'a"b', "'"], **more,
    }  # fmt: skip


def test_typed_parquet_is_the_same_as_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = parquet(tmp_path / "e.parquet", **typed_columns())
    found = []
    for name in ("typed", "text"):
        lake = Lake(tmp_path / name / "lake")
        assert counts(bring(lake, file, zone="Europe/Berlin")) == (4, 4, 0, 0, 0)
        assert counts(bring(lake, file, zone="Europe/Berlin")) == (4, 0, 0, 4, 0)
        told = rows(lake)
        keys = sorted(lake.standing("events")["row_key"].to_pylist())
        for row in told:
            row["properties"] = {k: v for k, v in json.loads(row["properties"]).items() if v not in (None, "nan")}
        found.append((told, keys))
        monkeypatch.setattr("holdfast.sources.importer.typed", lambda *_: False)
    assert found[0] == found[1]
    assert [row["user_id"] for row in found[0][0]] == ["1", "9007199254740993", None, "4"]


def test_typed_parquet_is_judged_row_by_row(lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("holdfast.sources.parquet_events.TOGETHER", 3)
    first = instants(9)[0].as_py()
    file = parquet(
        tmp_path / "e.parquet",
        message_id=["a", "a", "b", "a", "c", None, None, "d", "e"],
        timestamp=pa.array([first] * 7 + [None, datetime(2999, 1, 1, tzinfo=UTC)], pa.timestamp("us", tz="UTC")),
        event=["x"] * 9, user_id=["u", "u", "u", "other", "", "u", "u", "u", "u"],
    )  # fmt: skip
    report = bring(lake, file)
    assert counts(report) == (9, 4, 3, 1, 1)
    assert [(one.line, one.reason.split(",")[0]) for one in report.rejects] == [
        (5, "user_id"), (8, "timestamp is missing"), (9, "timestamp lies in the future"),
    ]  # fmt: skip
    assert [one.line for one in report.conflicts] == [4]
    assert counts(bring(lake, file)) == (9, 0, 3, 5, 1)
    changed = parquet(
        tmp_path / "f.parquet", message_id=["b", "z"], timestamp=instants(2), event=["x", "x"], user_id=["u", "u"]
    )
    assert counts(bring(lake, changed)) == (2, 1, 0, 0, 1) or rows(lake)[0]["occurred_at"] == first


@pytest.mark.parametrize("seconds", [0.0, 0.15], ids=["as it comes", "a slow disk"])
def test_files_of_one_import_are_held_against_each_other(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    """Each file repeats what those before it held, of whatever size they are, written by now or not."""
    append = event_writer.append_events

    def in_its_time(*given: Any) -> None:
        time.sleep(seconds)
        append(*given)

    monkeypatch.setattr(event_writer, "append_events", in_its_time)
    sizes, known, files = (1, 6, 2, 9, 1), 0, []
    for place, size in enumerate(sizes):
        ids = [f"m{one}" for one in range(known + size)]
        known += size
        day = pa.array([datetime(2024, 1, 31, tzinfo=UTC)] * known, pa.timestamp("ms", tz="UTC"))
        columns = {"message_id": ids, "timestamp": day, "event": ["x"] * known, "user_id": ["u"] * known}
        files.append(parquet(tmp_path / f"{place}.parquet", **columns))
    received = sum(sum(sizes[: place + 1]) for place in range(len(sizes)))
    assert counts(bring(lake, *files)) == (received, known, 0, received - known, 0)
    assert sorted(row["message_id"] for row in rows(lake)) == sorted(f"m{one}" for one in range(known))
    assert counts(bring(lake, *reversed(files))) == (received, 0, 0, received, 0)


def test_a_file_without_times_is_refused(lake: Lake, tmp_path: Path) -> None:
    with pytest.raises(UnusableFile, match="timestamp"):
        bring(lake, written(tmp_path / "e.csv", "event,user_id\nx,u\n"))


@pytest.mark.skipif(not (DATA / "ecom_clickstream").is_dir(), reason="the clickstream is not here")
def test_a_real_clickstream(lake: Lake, tmp_path: Path) -> None:
    text = gzip.decompress((DATA / "ecom_clickstream" / "ecom.csv.gz").read_bytes()).decode()
    file = written(tmp_path / "ecom.csv", "".join(text.splitlines(keepends=True)[:4001]))
    assert counts(bring(lake, file)) == (4000, 4000, 0, 0, 0)
    assert counts(bring(lake, file)) == (4000, 0, 0, 4000, 0)


SUBSCRIBED = "account_id,subscription_id,plan,valid_from,unit_price,currency\n"
USE = "feature,usage_date,subscription_id,account_id\n"


def test_a_subscription_leads_to_its_account(lake: Lake, tmp_path: Path) -> None:
    two = SUBSCRIBED + "acme,s1,Team,2024-01-01,10,EUR\nbeta,s2,Team,2024-01-01,10,EUR\n"
    import_files(lake, Settings(), "subscriptions", [written(tmp_path / "subscriptions.csv", two)])
    rows = USE + "open,2024-02-01,s1,\nopen,2024-02-01,s2,gamma\nopen,2024-02-01,s9,\nopen,2024-02-01,,\n"
    report = bring(lake, written(tmp_path / "use.csv", rows))
    assert counts(report) == (4, 2, 2, 0, 0)
    reasons = [aside.reason for aside in report.rejects]
    assert "subscription 's9', which is not known" in reasons[0]
    assert reasons[1] == "user_id, anonymous_id, account_id are all missing"
    stored = lake.read("events", ["account_id", "properties"]).sort_by("account_id").to_pylist()
    assert stored == [
        {"account_id": "acme", "properties": '{"subscription_id": "s1"}'},
        {"account_id": "gamma", "properties": '{"subscription_id": "s2"}'},
    ]


@pytest.mark.skipif(not (DATA / "ravenstack").is_dir(), reason="the company is not here")
def test_the_features_that_a_company_used(lake: Lake, tmp_path: Path) -> None:
    """The file names subscriptions alone; each belongs to one account."""
    folder = DATA / "ravenstack"
    import_files(lake, Settings(), "subscriptions", [folder / "ravenstack_subscriptions.csv"])
    text = (folder / "ravenstack_feature_usage.csv").read_text()
    report = bring(lake, written(tmp_path / "use.csv", "".join(text.splitlines(keepends=True)[:2001])))
    assert report.rejected == 0
    owners = {row["subscription_id"]: row["account_id"] for row in lake.read("subscription_terms").to_pylist()}
    for row in lake.read("events", ["account_id", "properties"]).to_pylist():
        assert row["account_id"] == owners[json.loads(row["properties"])["subscription_id"]]


@pytest.mark.skipif(not (DATA / "ravenstack").is_dir(), reason="the company is not here")
def test_tickets_and_gauges_of_a_company(lake: Lake, tmp_path: Path) -> None:
    folder = DATA / "ravenstack"
    tickets = import_files(lake, Settings(), "tickets", [folder / "ravenstack_support_tickets.csv"])
    assert counts(tickets) == (2000, 2000, 0, 0, 0)
    usage = written(
        tmp_path / "use.csv",
        "".join((folder / "ravenstack_feature_usage.csv").read_text().splitlines(keepends=True)[:2001]),
    )
    gauges = import_files(
        lake, Settings(), "usage-gauges", [usage],
        mapping={
            "account_id": "subscription_id", "limit_name": "feature_name", "measured_at": "usage_date",
            "used": "usage_count",
        },
    )  # fmt: skip
    assert gauges.rejected == 0
    assert gauges.accepted + gauges.duplicate + gauges.conflict == 2000
