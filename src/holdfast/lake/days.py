"""Days of many instants at once."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa

SLOT = 900
"""Seconds. Offsets from UTC change at a quarter of an hour, since all of them are whole minutes."""
WHOLE_SINCE = int(datetime(1973, 1, 1, tzinfo=UTC).timestamp())
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = 86_400


def days_of(instants: pa.Array | pa.ChunkedArray, zone_name: str) -> pa.Array:
    """The date of each instant in a time zone, as `day_of` gives it one by one.

    >>> late = pa.array([datetime(2024, 1, 1, 3, tzinfo=UTC), None], pa.timestamp("us", tz="UTC"))
    >>> days_of(late, "America/New_York").to_pylist()
    [datetime.date(2023, 12, 31), None]
    """
    values = instants.combine_chunks() if isinstance(instants, pa.ChunkedArray) else instants
    micros = values.cast(pa.int64()).fill_null(0).to_numpy()
    seconds = micros // 1_000_000
    zone = ZoneInfo(zone_name)
    slots, which = np.unique(seconds // SLOT, return_inverse=True)
    offsets = np.array([_offset(int(slot), zone) for slot in slots], np.int64)
    days = (seconds + offsets[which]) // _DAY if len(slots) else seconds
    for row in np.flatnonzero((seconds < WHOLE_SINCE) & (micros != 0)):
        days[row] = _day(int(micros[row]), zone)
    return pa.array(days.astype(np.int32), pa.int32(), mask=_nulls(values)).cast(pa.date32())


def _nulls(values: pa.Array) -> np.ndarray | None:
    return values.is_null().to_numpy(zero_copy_only=False) if values.null_count else None


@lru_cache(maxsize=1_000_000)
def _offset(slot: int, zone: ZoneInfo) -> int:
    moment = _EPOCH + timedelta(seconds=slot * SLOT)
    offset = moment.astimezone(zone).utcoffset()
    return 0 if offset is None else int(offset.total_seconds())


def _day(micros: int, zone: ZoneInfo) -> int:
    moment = (_EPOCH + timedelta(microseconds=micros)).astimezone(zone)
    return moment.date().toordinal() - date(1970, 1, 1).toordinal()
