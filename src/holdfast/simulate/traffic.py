"""Traffic without a company behind it: as many events as a benchmark needs, as Parquet files to import.

Users sign up over the whole time. The share of them that is active *w* weeks later is their own liking times
`LEVEL + (1 - LEVEL) * (1 + w) ** -DECAY`. One file holds the events of one week, in the order of time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from holdfast.simulate import months
from holdfast.simulate.draws import Floats, Ints, stream

EVENT_NAMES = (
    *("Card Moved", "Signed In", "Comment Added", "Calendar Opened", "Search Used", "Board Created", "Template Used"),
    *("Guest Invited", "Time Logged", "Integration Synced", "Dashboard Opened", "Rule Run", "API Called"),
)  # fmt: skip
SIGN_UP = "Signed Up"
USERS_AN_ACCOUNT = 8
LEVEL, DECAY = 0.08, 0.7
LIKING = (0.2, 1.0)
DAY_WEIGHTS = (1.0, 1.05, 1.05, 1.0, 0.9, 0.35, 0.3)
MICROS_A_DAY = 86_400_000_000
FIRST_DAYS_SHARE = 0.1
"""Users who are there on the first day already."""
TRAFFIC_BLOCK = 2**32 - 2
"""Number of the streams of traffic; the second part of their name is the week."""


@dataclass(frozen=True)
class Crowd:
    """The users, in the order of their sign-up: its day, and how much each likes the product."""

    joined: Ints
    liking: Floats

    def active_share(self, week_start: int) -> Floats:
        """The probability that each user who has signed up is active in the week."""
        here = int(np.searchsorted(self.joined, week_start + 7))
        age = np.maximum(week_start - self.joined[:here], 0) // 7
        curve = LEVEL + (1 - LEVEL) * (1.0 + np.arange(int(age.max(initial=0)) + 1)) ** -DECAY
        return np.asarray(curve[age] * self.liking[:here])


def write_traffic(
    folder: Path,
    *,
    events: int = 100_000_000,
    users: int = 1_000_000,
    weeks: int = 104,
    start: date = date(2024, 1, 1),
    seed: int = 1,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> list[Path]:
    """Write about `events` events of `users` users over so many weeks into `folder`, a file for each week.

    Columns: `message_id`, `timestamp`, `event`, `user_id`, `account_id`. The same arguments write the same files.

    >>> import tempfile
    >>> files = write_traffic(Path(tempfile.mkdtemp()), events=2_000, users=100, weeks=3)
    >>> files[0].name, pq.read_table(files[0]).column_names
    ('events-2024-01-01.parquet', ['message_id', 'timestamp', 'event', 'user_id', 'account_id'])
    """
    folder.mkdir(parents=True, exist_ok=True)
    first = months.number(start)
    crowd = _crowd(seed, users, first, weeks)
    starts = range(first, first + 7 * weeks, 7)
    active = sum(float(crowd.active_share(day).sum()) for day in starts)
    mean = max(events - users, 0) / max(active, 1.0)
    paths, written = [], 0
    for week, day in enumerate(starts):
        table = _week(crowd, seed, week, day, mean, written)
        paths.append(folder / f"events-{months.as_date(day)}.parquet")
        pq.write_table(table, paths[-1], compression="zstd", use_dictionary=["event"], row_group_size=1_000_000)
        written += table.num_rows
        progress(written, events)
    return paths


def _crowd(seed: int, users: int, first: int, weeks: int) -> Crowd:
    """Some are there from the first day on; the others come evenly until the last week."""
    random = stream(seed, TRAFFIC_BLOCK, "crowd")
    joined = (random.random(users) * 7 * weeks).astype(np.int64)
    joined[random.random(users) < FIRST_DAYS_SHARE] = 0
    low, high = LIKING
    return Crowd(first + np.sort(joined), low + (high - low) * random.random(users))


def _week(crowd: Crowd, seed: int, week: int, day: int, mean: float, written: int) -> pa.Table:
    """The events of a week: sign-ups, and what the active users do, `mean` each on average."""
    random = stream(seed, TRAFFIC_BLOCK, f"week {week}")
    share = crowd.active_share(day)
    new = np.flatnonzero(crowd.joined[: len(share)] >= day)
    count = (2 * mean * random.random(len(share)) + random.random(len(share))).astype(np.int32)
    count[random.random(len(share)) >= share] = 0
    does = np.repeat(np.arange(len(share), dtype=np.int32), count)
    when = _times(random, crowd, does, day)
    name = 1 + _names(random, len(does))
    signed = crowd.joined[new] * MICROS_A_DAY + (random.random(len(new)) * MICROS_A_DAY / 3).astype(np.int64)
    user, when = np.concatenate([new.astype(np.int32), does]), np.concatenate([signed, when])
    name = np.concatenate([np.zeros(len(new), dtype=np.int8), name])
    order = np.argsort(when)
    user = user[order]
    number = np.arange(written, written + len(order))
    return pa.table(
        {
            "message_id": _ids(b"m", number),
            "timestamp": pa.array(when[order]).cast(pa.timestamp("us", tz="UTC")),
            "event": pa.DictionaryArray.from_arrays(pa.array(name[order]), [SIGN_UP, *EVENT_NAMES]),
            "user_id": _ids(b"u", user),
            "account_id": _ids(b"a", user // USERS_AN_ACCOUNT),
        }
    )


def _times(random: np.random.Generator, crowd: Crowd, user: npt.NDArray[np.int32], day: int) -> Ints:
    """Working days more than weekends, the middle of the day more than its ends; never before the sign-up."""
    weights = np.cumsum(np.roll(DAY_WEIGHTS, -((day + 3) % 7)))
    on = day + np.searchsorted(weights / weights[-1], random.random(len(user), dtype=np.float32))
    on = np.minimum(np.maximum(on, crowd.joined[user]), day + 6)
    hour = (random.random(len(user), dtype=np.float32) + random.random(len(user), dtype=np.float32)) / 2
    return np.asarray(on * MICROS_A_DAY + MICROS_A_DAY // 3 + (hour * (MICROS_A_DAY * 2 // 3 - 1)).astype(np.int64))


def _names(random: np.random.Generator, size: int) -> npt.NDArray[np.int8]:
    """Common events first: each is about three quarters as frequent as the one before."""
    shares = np.cumsum(0.76 ** np.arange(len(EVENT_NAMES)))
    lookup = np.searchsorted(shares / shares[-1], (np.arange(65_536) + 0.5) / 65_536).astype(np.int8)
    return np.asarray(lookup[random.integers(0, 65_536, size, dtype=np.uint16)])


_DIGITS = np.frombuffer("".join(f"{number:04x}" for number in range(65_536)).encode(), dtype="S4")


def _ids(prefix: bytes, numbers: npt.NDArray[np.int32] | Ints) -> pa.Array:
    """A letter and eight hexadecimal digits for each number.

    >>> _ids(b"u", np.array([255])).to_pylist()
    ['u000000ff']
    """
    text = np.empty((len(numbers), 9), dtype=np.uint8)
    text[:, 0] = prefix[0]
    for column, part in ((1, numbers >> 16), (5, numbers & 0xFFFF)):
        text[:, column : column + 4] = _DIGITS[part].view(np.uint8).reshape(-1, 4)
    offsets = np.arange(len(numbers) + 1, dtype=np.int32) * 9
    return pa.Array.from_buffers(pa.string(), len(numbers), [None, pa.py_buffer(offsets), pa.py_buffer(text)])
