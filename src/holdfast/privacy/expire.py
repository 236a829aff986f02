"""Raw events that have reached the end of their retention period leave the lake; what was done each day stays."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from holdfast.lake import Lake
from holdfast.lake.expiry import EVENTS, EXPIRED, expired_before
from holdfast.lake.rewrite import joining_alone, rewrite
from holdfast.privacy.counts import recount
from holdfast.privacy.journal import privacy_alone
from holdfast.privacy.settling import refresh_usage
from holdfast.settings import Settings


@dataclass(frozen=True)
class Expiry:
    """What expired: events of days before `before`."""

    before: date
    events: int
    files_rewritten: int
    files_deleted: int


def first_kept(settings: Settings, now: datetime) -> date | None:
    """The first day of which events are kept; None where they are kept for good.

    >>> first_kept(Settings(keep_events_days=30), datetime(2024, 3, 31, 12, tzinfo=UTC))
    datetime.date(2024, 3, 1)
    """
    if settings.keep_events_days is None:
        return None
    return now.astimezone(settings.zone).date() - timedelta(days=settings.keep_events_days)


def expire(data: Path, settings: Settings, now: datetime | None = None) -> Expiry | None:
    """Remove the events that are older than the settings let them become. None where they are kept for good.

    The usage roll-up is brought up to date before, and takes over the days that it can no longer be made from.
    """
    first = first_kept(settings, now or datetime.now(UTC))
    lake = Lake(data / "lake")
    if first is None or lake.version(EVENTS) is None:
        return None
    with privacy_alone(data), joining_alone(lake.root), lake.writing():
        refresh_usage(lake)
        found = _removed(lake, first)
        if found.events:
            recount(data, lake)
    return found


def _removed(lake: Lake, first: date) -> Expiry:
    gone = 0

    def old(rows: pa.Table) -> pa.ChunkedArray:
        return pc.less(rows["occurred_day"], pa.scalar(first, pa.date32()))

    def kept(rows: pa.Table) -> pa.Table:
        nonlocal gone
        mask = old(rows)
        gone += pc.sum(mask).as_py() or 0
        return rows.filter(pc.invert(mask))

    noted = max(first, expired_before(lake) or first).toordinal()
    done = rewrite(lake.path(EVENTS), lambda rows: bool(pc.any(old(rows)).as_py()), kept, positions={EXPIRED: noted})
    return Expiry(first, gone, done.files, done.deleted)
