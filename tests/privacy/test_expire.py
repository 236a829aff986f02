"""Raw events expire, and what was done each day stays."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import holdfast
from holdfast.collector.events.status import arrivals
from holdfast.lake import Lake
from holdfast.privacy import erase, expire
from holdfast.settings import Settings
from tests.privacy.planted import Sender, track

if TYPE_CHECKING:
    import pytest

NOW = datetime(2026, 6, 20, 12, tzinfo=UTC)
SPAN = {"start": "2026-05-01", "end": "2026-06-30", "grain": "month"}


def company(data: Path) -> Path:
    data.mkdir()
    (data / "holdfast.toml").write_text("keep_events_days = 14\n", encoding="utf-8")
    sender = Sender(data)
    times = [datetime(2026, 6, 9, 12, tzinfo=UTC) - timedelta(days=day) for day in range(40)]
    sender.send(
        *[
            track(f"{user}-{day}", user, timestamp=at.isoformat())
            for day, at in enumerate(times)
            for user in ("ann", "bob")[: 1 + day % 2]
        ]
    )
    return data


def use(data: Path) -> list[list[dict[str, Any]]]:
    with holdfast.open(data) as workspace:
        return [workspace.query("active-users", **SPAN).arrow.to_pylist()]


def days(data: Path) -> set[date]:
    return set(Lake(data / "lake").standing("events", ["occurred_day"])["occurred_day"].to_pylist())


def test_events_expire_and_use_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = company(tmp_path / "data")
    settings = Settings.load(data)
    before = use(data)
    assert before[0][0]["active"] == 2
    expired = expire(data, settings, NOW)
    assert expired is not None
    assert (expired.before, min(days(data))) == (date(2026, 6, 6), date(2026, 6, 6))
    assert expired.events == 54
    assert use(data) == before
    files = sorted((data / "lake" / "events").rglob("*.parquet"))
    assert len(files) == len(Lake(data / "lake").files("events"))
    [source] = arrivals(data, count=True).sources
    assert source.holds
    assert (source.loaded, source.erased) == (6, 54)
    again = expire(data, settings, NOW)
    assert again is not None
    assert again.events == 0

    late = datetime(2026, 6, 9, tzinfo=UTC) - timedelta(days=5)
    sender = Sender(data)
    sender.send(track("late", "cid", timestamp=late.isoformat()))
    assert use(data)[0][1]["active"] == 3
    expire(data, settings, NOW)
    kept = use(data)
    assert kept[0][1]["active"] == 3

    sender.send(track("new", "ann"))
    with monkeypatch.context() as patch:  # as if the log no longer said what was added since
        patch.setattr("holdfast.rollups.usage.files_appended", lambda table, since, until: None)
        after = use(data)
    assert [row["active"] for row in after[0]] == [row["active"] for row in kept[0]]
    with holdfast.open(data) as workspace:
        notes = workspace.query("active-users", **SPAN).evidence["notes"]
    assert any("Single events before 2026-06-06 have expired" in note for note in notes)
    erase(data, users=["cid"])
    assert [row["active"] for row in use(data)[0]] == [row["active"] for row in kept[0]]


def test_events_are_kept_for_good_unless_that_is_set(tmp_path: Path) -> None:
    assert expire(tmp_path, Settings()) is None
    assert list(tmp_path.iterdir()) == []
