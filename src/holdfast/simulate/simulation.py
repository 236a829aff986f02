"""Makes a company and writes it into a data folder, block after block."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from holdfast.errors import InputError
from holdfast.facts import FACT_TABLES
from holdfast.lake import Lake
from holdfast.settings import FILE_NAME as SETTINGS_FILE
from holdfast.settings import Settings
from holdfast.simulate import months, rows
from holdfast.simulate.accounts import Window
from holdfast.simulate.block import Block
from holdfast.simulate.company import exchange_rates, spend
from holdfast.simulate.draws import BLOCK, Draws
from holdfast.simulate.model import Model
from holdfast.simulate.settings_file import settings_text
from holdfast.simulate.truth import Counter, Truth
from holdfast.simulate.writer import Writer

if TYPE_CHECKING:
    import pyarrow as pa

ROWS_PER_COMMIT = 600_000
FEWEST_ACCOUNTS, MOST_ACCOUNTS = 1, 9_999_999
LEVELS = {"none": 0.0, "some": 7.0, "full": 60.0}
"""Events that a person makes in a month."""
SOME = LEVELS["some"]
MOST_EVENTS = 2_000
FEWEST_MONTHS, MOST_MONTHS = 2, 240


def simulate(
    folder: Path,
    *,
    accounts: int = 2_000,
    seed: int = 1,
    months: int = 36,
    end: date | None = None,
    model: Model | None = None,
    without: Collection[str] = (),
    events_per_user_month: float = SOME,
    rows_per_commit: int = ROWS_PER_COMMIT,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Truth:
    """Make a company with a known truth in the data folder `folder`, and return that truth.

    The history covers `months` calendar months, the last of which ends on the day `end` (default: today). Tables
    named in `without` are not written; `progress` is told how many accounts are done. A person makes about
    `events_per_user_month` events (0: none at all); how many there are changes nothing else.

    >>> import tempfile
    >>> truth = simulate(Path(tempfile.mkdtemp()), accounts=200, end=date(2026, 3, 20))
    >>> truth.month_ends[-2:]
    ['2026-02-28', '2026-03-20']
    """
    model, window = model or Model(), window_of(months, end or datetime.now(UTC).date())
    _check(accounts, seed, without, events_per_user_month)
    skipped = frozenset({*without, *(["events"] if events_per_user_month == 0 else [])})
    lake = empty_lake(folder)
    counter, zone = Counter(model, window), Settings.load(folder).timezone
    writer = Writer(lake, window, skipped, rows_per_commit)
    writer.add(company_tables(model, window, accounts, seed))
    for first in range(0, accounts, BLOCK):
        size = min(BLOCK, accounts - first)
        block = Block(model, window, Draws(seed, first // BLOCK, size), first, zone)
        writer.add(block.tables(counter, events_per_user_month, skipped))
        progress(first + size, accounts)
    writer.flush()
    truth = counter.truth(seed, writer.written)
    truth.write(folder)
    return truth


def window_of(count: int, end: date) -> Window:
    """`count` calendar months that end on the day `end`."""
    if not FEWEST_MONTHS <= count <= MOST_MONTHS:
        raise InputError(f"cannot simulate {count} months; it takes {FEWEST_MONTHS} to {MOST_MONTHS}")
    if not 1990 <= end.year <= 2150:
        raise InputError(f"cannot simulate up to {end}; the end lies between the years 1990 and 2150")
    last = months.number(end)
    first_month = int(months.month_of(np.array(last))) - count + 1
    return Window(int(months.first_day(np.array(first_month))), last, count)


def _check(accounts: int, seed: int, without: Collection[str], events_per_user_month: float) -> None:
    if not FEWEST_ACCOUNTS <= accounts <= MOST_ACCOUNTS:
        raise InputError(f"cannot simulate {accounts} accounts; it takes {FEWEST_ACCOUNTS} to {MOST_ACCOUNTS:,}")
    if seed < 0:
        raise InputError(f"the seed is a whole number from 0 on, not {seed}")
    if not 0 <= events_per_user_month <= MOST_EVENTS:
        raise InputError(f"events per user and month lie between 0 and {MOST_EVENTS:,}, not {events_per_user_month:g}")
    unknown = set(without) - {table.name for table in FACT_TABLES}
    if unknown:
        raise InputError(f"no such tables: {', '.join(sorted(unknown))}")


def empty_lake(folder: Path) -> Lake:
    """The lake of a data folder, made where it is missing. Raises `InputError` where it holds facts already."""
    folder = Path(folder)
    lake = Lake(folder / "lake")
    if any(lake.version(table.name) is not None for table in FACT_TABLES):
        raise InputError(
            f"{folder} holds facts already, and a simulated company is not mixed with them",
            hint="name another folder with --data DIR, or delete this one if nobody needs it",
        )
    folder.mkdir(parents=True, exist_ok=True)
    settings = folder / SETTINGS_FILE
    if not settings.exists():
        settings.write_text(settings_text(), encoding="utf-8")
    lake.prepare(Settings.load(folder).timezone)
    return lake


def company_tables(model: Model, window: Window, accounts: int, seed: int) -> Iterator[tuple[str, pa.Table]]:
    """The facts that belong to no account."""
    yield "plans", rows.plan_rows()
    yield "plan_features", rows.feature_rows()
    yield "plan_limits", rows.limit_rows()
    for rates in exchange_rates(model, window, seed):
        yield "fx_rates", rows.rate_rows(rates)
    for part in spend(model, window, accounts, seed):
        yield "spend", rows.spend_rows(part)
