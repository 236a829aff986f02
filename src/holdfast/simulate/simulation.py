"""Makes a company and writes it into a data folder, block after block."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from pathlib import Path

import numpy as np
import pyarrow as pa

from holdfast.errors import InputError
from holdfast.facts import FACT_TABLES
from holdfast.lake import Lake
from holdfast.settings import FILE_NAME as SETTINGS_FILE
from holdfast.settings import Settings
from holdfast.simulate import months, rows
from holdfast.simulate.accounts import Window, make_accounts
from holdfast.simulate.billing import make_invoices, make_payments
from holdfast.simulate.company import exchange_rates, spend
from holdfast.simulate.draws import BLOCK, Draws
from holdfast.simulate.lives import live
from holdfast.simulate.model import COMPANY, Model
from holdfast.simulate.names import company_names
from holdfast.simulate.people import make_farewells, make_users
from holdfast.simulate.subscriptions import spans
from holdfast.simulate.truth import Counter, Truth

BILLING_TABLES = frozenset({"invoices", "payments"})
ROWS_PER_COMMIT = 600_000
FEWEST_ACCOUNTS, MOST_ACCOUNTS = 1, 9_999_999
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
    rows_per_commit: int = ROWS_PER_COMMIT,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Truth:
    """Make a company with a known truth in the data folder `folder`, and return that truth.

    The history covers `months` calendar months, the last of which ends on the day `end` (default: today). Tables
    named in `without` are not written; `progress` is told how many accounts are done.

    >>> import tempfile
    >>> truth = simulate(Path(tempfile.mkdtemp()), accounts=200, end=date(2026, 3, 20))
    >>> truth.month_ends[-2:]
    ['2026-02-28', '2026-03-20']
    """
    model, window = model or Model(), window_of(months, end or datetime.now(UTC).date())
    _check(accounts, seed, without)
    lake = empty_lake(folder)
    counter = Counter(model, window)
    writer = _Writer(lake, window, frozenset(without), rows_per_commit)
    writer.add(company_tables(model, window, accounts, seed))
    for first in range(0, accounts, BLOCK):
        size = min(BLOCK, accounts - first)
        writer.add(block_tables(model, window, Draws(seed, first // BLOCK, size), first, counter))
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


def _check(accounts: int, seed: int, without: Collection[str]) -> None:
    if not FEWEST_ACCOUNTS <= accounts <= MOST_ACCOUNTS:
        raise InputError(f"cannot simulate {accounts} accounts; it takes {FEWEST_ACCOUNTS} to {MOST_ACCOUNTS:,}")
    if seed < 0:
        raise InputError(f"the seed is a whole number from 0 on, not {seed}")
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
        settings.write_text(f'company = "{COMPANY}"\n', encoding="utf-8")
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


def block_tables(
    model: Model, window: Window, draws: Draws, first: int, counter: Counter
) -> Iterator[tuple[str, pa.Table]]:
    """The facts of one block of accounts, which `counter` counts."""
    accounts = make_accounts(model, window, draws, first)
    names = company_names(draws, accounts.codes["industry"])
    yield "accounts", rows.account_rows(accounts, names)
    yield "account_attributes", rows.attribute_rows(model, accounts)
    users = make_users(model, accounts, draws)
    yield "users", rows.user_rows(accounts, users, names)
    yield "memberships", rows.membership_rows(accounts, users)
    yield "trials", rows.trial_rows(accounts)

    lives = live(model, window, accounts, draws)
    terms = spans(window, accounts, lives)
    counter.add(accounts, lives, terms)
    farewells = make_farewells(model, lives.leavings, draws)
    reasons = rows.leaving_reasons(model, lives.leavings, farewells)
    yield (
        "subscription_terms",
        rows.term_rows(accounts, terms, rows.span_reasons(accounts, terms, lives.leavings, reasons)),
    )
    yield "cancellations", rows.cancellation_rows(model, accounts, lives.leavings, farewells)

    invoices = make_invoices(model, window, accounts, lives, draws)
    yield "invoices", rows.invoice_rows(accounts, invoices)
    yield (
        "payments",
        rows.payment_rows(accounts, invoices, make_payments(model, window, accounts, lives, invoices, draws)),
    )


@dataclass
class _Writer:
    """Collects rows and writes a table when there are enough for a commit."""

    lake: Lake
    window: Window
    without: frozenset[str]
    rows_per_commit: int
    waiting: dict[str, list[pa.Table]] = field(default_factory=dict)
    written: dict[str, int] = field(default_factory=dict)

    def add(self, tables: Iterator[tuple[str, pa.Table]]) -> None:
        for name, table in tables:
            if name not in self.without and table.num_rows:
                self.waiting.setdefault(name, []).append(table)
                if sum(part.num_rows for part in self.waiting[name]) >= self.rows_per_commit:
                    self._write(name)

    def flush(self) -> None:
        for name in list(self.waiting):
            self._write(name)

    def _write(self, name: str) -> None:
        table = pa.concat_tables(self.waiting.pop(name))
        self.lake.record(name, table, self.known_at)
        self.written[name] = self.written.get(name, 0) + table.num_rows

    @property
    def known_at(self) -> datetime:
        """The simulated company is known from its first day on, so that it can be shown as of any day."""
        return datetime.combine(months.as_date(self.window.start), time.min, tzinfo=UTC)
