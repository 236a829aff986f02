"""`python -m bench usage`: usage metrics over many events, beside plain SQL and beside the array query of PostHog.

The same cells on all sides. Each task runs in a process of its own; the peers read the very files that the events
lie in. What is measured goes into docs/benchmarks.md with `--page`.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from bench.compare import assert_same_cells
from bench.memory import peak_kilobytes
from bench.report import Cost

SQL = Path(__file__).parent / "sql"
CACHE = Path.home() / ".cache" / "holdfast-bench"
LATE = """
    COPY (
        SELECT 'late-' || message_id AS message_id, occurred_at AS timestamp, event, user_id, account_id
        FROM read_parquet($events) WHERE occurred_day >= $first AND occurred_day < $end
    ) TO $file (FORMAT parquet)
"""
SINCE = date(2024, 1, 1)
WEEKS = 104


@dataclass(frozen=True)
class Ask:
    """One question: the metric, its grain, and who makes a cohort."""

    metric: str
    grain: str
    entry: str = "first"

    @property
    def name(self) -> str:
        entry = f" {self.entry}" if self.metric == "usage-retention" else ""
        return f"{self.metric} by {self.grain}{entry}"

    @property
    def options(self) -> dict[str, str]:
        if self.metric == "usage-retention":
            return {"entry": self.entry}
        return {"of": "users"} if self.metric == "feature-adoption" else {}


ASKS = {
    one.name.replace(" ", "-"): one
    for one in (
        *(Ask("usage-retention", grain, entry) for grain in ("week", "month") for entry in ("first", "recurring")),
        *(Ask(metric, "month") for metric in ("lifecycle", "active-users", "feature-adoption")),
    )
}


def until(weeks: int) -> date:
    return SINCE + timedelta(days=7 * weeks - 1)


# one task, in a process of its own


def ask_holdfast(folder: Path, ask: Ask, weeks: int) -> pa.Table:
    import holdfast

    with holdfast.open(folder) as workspace:
        answer = workspace.query(ask.metric, start=SINCE, end=until(weeks), grain=ask.grain, **ask.options).arrow
    shared = {"feature-adoption": ["period", "feature", "eligible", "adopters", "rate"]}
    return answer.select(shared[ask.metric]) if ask.metric in shared else answer


def ask_sql(folder: Path, ask: Ask, weeks: int) -> pa.Table:
    import duckdb

    text = (SQL / f"{ask.metric.replace('-', '_')}.sql").read_text(encoding="utf-8")
    known = {"grain": ask.grain, "entry": ask.entry, "since": SINCE, "until": until(weeks), "events": events(folder)}
    named = {name: value for name, value in known.items() if f"${name}" in text}
    with duckdb.connect() as connection:
        return connection.execute(text, named).to_arrow_table()


def ask_clickhouse(folder: Path, ask: Ask, weeks: int) -> pa.Table:
    import chdb

    from holdfast.engines.clickhouse import one_of

    text = (SQL / "usage_retention.clickhouse.sql").read_text(encoding="utf-8")
    period = {"week": "toMonday(occurred_day)", "month": "toStartOfMonth(occurred_day)"}[ask.grain]
    starts = "[periods[1]]" if ask.entry == "first" else "periods"
    files = one_of(events(folder))
    query = text.format(
        period=period, starts=starts, since=SINCE, until=until(weeks), events=f"file('{files}', 'Parquet')"
    )
    found = chdb.query(query, "ArrowTable")
    return with_cells(found, ask)


def with_cells(found: pa.Table, ask: Ask) -> pa.Table:
    """The counts of cohorts and periods as the cells of the triangle, as the other two give them."""
    retained = {
        (cohort, period): count
        for cohort, period, count in zip(
            *(found[name].to_pylist() for name in ("cohort", "period", "retained")), strict=True
        )
    }
    cohorts = sorted({cohort for cohort, _ in retained})
    rows = []
    for place, cohort in enumerate(cohorts):
        people = retained[cohort, cohort]
        for age, period in enumerate(cohorts[place:]):
            back = retained.get((cohort, period), 0)
            cell = {"cohort": cohort, "age": age, "people": people, "retained": back, "rate": back / people}
            rows.append({**cell, "complete": True})
    return pa.Table.from_pylist(rows)


def scan(folder: Path, ask: Ask, weeks: int) -> None:
    """Nothing but reading the columns of the roll-up that the question needs."""
    import duckdb

    from holdfast.facts.rollups import WEEKDAYS
    from holdfast.lake import Lake

    files = Lake(folder / "lake").files("rollups/usage_weekly")
    columns = ", ".join(f"max({name})" for name in ("user_id", "week", "page", *WEEKDAYS))
    with duckdb.connect() as connection:
        connection.execute(f"SELECT {columns} FROM read_parquet($1)", [files]).fetchall()


def load(folder: Path, ask: Ask, weeks: int) -> None:
    """Import the files of events."""
    from holdfast.lake import Lake
    from holdfast.settings import Settings
    from holdfast.sources import import_files

    report = import_files(
        Lake(folder / "lake"), Settings.load(folder), "events", sorted((folder / "in").glob("*.parquet"))
    )
    print(report.received, report.accepted, file=sys.stderr)


def refresh(folder: Path, ask: Ask, weeks: int) -> None:
    """Bring the roll-up up to date, as the collector does."""
    import holdfast

    with holdfast.open(folder) as workspace:
        workspace.usage.refresh()


TASKS: dict[str, Callable[[Path, Ask, int], Any]] = {
    "holdfast": ask_holdfast, "sql": ask_sql, "array query": ask_clickhouse, "scan": scan, "load": load,
    "refresh": refresh,
}  # fmt: skip


OURS = ("duckdb", "pandas", "holdfast.engines.duckdb", "holdfast.metrics.catalog", "holdfast.workspace")
IMPORTED = {**dict.fromkeys(TASKS, OURS), "sql": ("duckdb",), "scan": ("duckdb",), "array query": ("chdb",)}
"""What each task imports before its clock starts."""


def child(task: str, folder: str, ask: str, weeks: str, out: str) -> None:
    for module in IMPORTED[task]:
        import_module(module)
    start = time.perf_counter()
    result = TASKS[task](Path(folder), ASKS[ask], int(weeks))
    seconds = time.perf_counter() - start
    if isinstance(result, pa.Table) and out:
        pq.write_table(result, out)
    print(json.dumps({"seconds": seconds, "peak_mb": peak_kilobytes() / 1024}))


def events(folder: Path) -> list[str]:
    from holdfast.lake import Lake

    return Lake(folder / "lake").files("events")


# all of them


def run(task: str, folder: Path, ask: str, weeks: int, out: Path | None = None) -> Cost:
    arguments = [sys.executable, "-m", "bench.usage", "child", task, str(folder), ask, str(weeks), str(out or "")]
    done = subprocess.run(arguments, check=True, stdout=subprocess.PIPE, text=True)
    return Cost(**json.loads(done.stdout.splitlines()[-1]))


def median_of(costs: list[Cost]) -> Cost:
    return Cost(statistics.median(cost.seconds for cost in costs), max(cost.peak_mb for cost in costs))


def measured(folder: Path, ask: str, weeks: int, times: int) -> dict[str, Cost]:
    """A question asked in each way, in turn; every answer has the same cells."""
    peers = ["sql", *(["array query"] if ASKS[ask].metric == "usage-retention" else [])]
    costs: dict[str, list[Cost]] = {name: [] for name in ("holdfast", "scan", *peers)}
    with tempfile.TemporaryDirectory() as scratch:
        outs = {task: Path(scratch) / f"{task}.parquet" for task in costs}
        for _ in range(times):
            for task, found in costs.items():
                found.append(run(task, folder, ask, weeks, outs[task]))
            for peer in peers:
                assert_same_cells(outs["holdfast"], outs[peer])
    return {name: median_of(found) for name, found in costs.items()}


def prepared(number: int, users: int, weeks: int) -> tuple[Path, dict[str, Cost]]:
    """The data folder with so many events; made once, and kept in the cache."""
    folder = CACHE / f"usage-{number}-{users}-{weeks}"
    done = folder / "costs.json"
    if not done.exists():
        from holdfast.simulate.traffic import write_traffic

        shutil.rmtree(folder, ignore_errors=True)
        note(f"writing {number:,} events of {users:,} users ...")
        write_traffic(folder / "in", events=number, users=users, weeks=weeks)
        any_ask = next(iter(ASKS))
        costs = {task: run(task, folder, any_ask, weeks) for task in ("load", "refresh")}
        shutil.rmtree(folder / "in")
        done.write_text(json.dumps({name: vars(cost) for name, cost in costs.items()}), encoding="utf-8")
    return folder, {name: Cost(**cost) for name, cost in json.loads(done.read_text(encoding="utf-8")).items()}


def late(folder: Path, weeks: int) -> dict[str, Cost]:
    """What a week costs that arrives when all else is there: its events a second time, with ids of their own."""
    import duckdb

    first = SINCE + timedelta(days=7 * (weeks // 2))
    with tempfile.TemporaryDirectory(dir=CACHE) as scratch:
        copy = Path(scratch) / "data"
        shutil.copytree(folder, copy, copy_function=os.link)
        (copy / "in").mkdir()
        with duckdb.connect() as connection:
            connection.execute(
                LATE,
                {
                    "events": events(folder),
                    "first": first,
                    "end": first + timedelta(days=7),
                    "file": str(copy / "in" / "late.parquet"),
                },
            )
        any_ask = next(iter(ASKS))
        return {task: run(task, copy, any_ask, weeks) for task in ("load", "refresh")}


def note(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def table(lines: dict[str, dict[str, Cost]]) -> str:
    names = ("question", "Holdfast", "plain SQL", "ratio", "array query", "ratio", "scan", "Holdfast / scan", "peak")
    rows = [f"| {' | '.join(names)} |", "|---|--:|--:|--:|--:|--:|--:|--:|--:|"]
    for name, costs in lines.items():
        ours = costs["holdfast"].seconds
        cells = [f"`{name}`", f"{ours:.2f} s"]
        for peer in ("sql", "array query"):
            cells += (
                [f"{costs[peer].seconds:.1f} s", f"{costs[peer].seconds / ours:.1f}"] if peer in costs else ["–", "–"]
            )
        cells += [
            f"{costs['scan'].seconds:.2f} s",
            f"{ours / costs['scan'].seconds:.1f}",
            f"{costs['holdfast'].peak_mb:,.0f} MB",
        ]
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench usage", description=__doc__)
    parser.add_argument("--events", type=int, default=100_000_000)
    parser.add_argument("--users", type=int, default=1_000_000)
    parser.add_argument("--weeks", type=int, default=WEEKS)
    parser.add_argument("--asks", nargs="+", default=list(ASKS), choices=list(ASKS), metavar="ASK")
    parser.add_argument("--times", type=int, default=1, help="how often each is measured; the median counts")
    chosen = parser.parse_args(arguments)
    folder, costs = prepared(chosen.events, chosen.users, chosen.weeks)
    lines = {}
    for ask in chosen.asks:
        note(f"measuring {ASKS[ask].name} ...")
        lines[ASKS[ask].name] = measured(folder, ask, chosen.weeks, chosen.times)
    print(table(lines))
    print()
    for name, cost in costs.items():
        print(f"{name} of {chosen.events:,} events: {cost.seconds:,.0f} s, peak {cost.peak_mb:,.0f} MB")
    note("measuring events that are late ...")
    for name, cost in late(folder, chosen.weeks).items():
        share = cost.seconds / costs[name].seconds
        print(f"{name} of a week that is late: {cost.seconds:,.1f} s, {share:.1%} of all, peak {cost.peak_mb:,.0f} MB")


if __name__ == "__main__":
    child(*sys.argv[2:]) if sys.argv[1:2] == ["child"] else main()
