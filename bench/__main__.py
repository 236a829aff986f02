"""`python -m bench`: make the companies, measure, compare cell by cell, print, and write docs/benchmarks.md.

`python -m bench NAME` measures something else, as the module `bench.NAME` says: how fast a Stripe account is applied
(`stripe`), how many events are taken in (`intake`) and when they show in a metric (`visible`), how fast usage is asked
for (`usage`), how fast webhooks are acknowledged (`webhooks`), and how fast pages are (`web`).
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
from importlib import import_module
from pathlib import Path

from bench.company import company
from bench.compare import assert_same_cells
from bench.report import Cost, Line, Size, scaling, sizes_table, table, write_page

METRICS = ("mrr-movements", "cohort-retention", "nrr")
SIZES = (50_000, 500_000)


def run(task: str, folder: Path, metric: str = "", out: Path | None = None) -> Cost:
    """One task in a process of its own."""
    arguments = [sys.executable, "-m", "bench.child", task, str(folder), metric, str(out or "")]
    done = subprocess.run(arguments, check=True, stdout=subprocess.PIPE, text=True)
    return Cost(**json.loads(done.stdout.splitlines()[-1]))


def median_of(costs: list[Cost]) -> Cost:
    """The median time and the highest peak."""
    return Cost(statistics.median(cost.seconds for cost in costs), max(cost.peak_mb for cost in costs))


def measure(metric: str, accounts: int, folder: Path, times: int) -> Line:
    """A metric both ways, in turn, each answer compared."""
    costs: dict[str, list[Cost]] = {"holdfast": [], "sql": []}
    with tempfile.TemporaryDirectory() as scratch:
        outs = {task: Path(scratch) / f"{task}.parquet" for task in costs}
        for _ in range(times):
            for task, found in costs.items():
                found.append(run(task, folder, metric, outs[task]))
            cells = assert_same_cells(outs["holdfast"], outs["sql"])
    return Line(metric, accounts, cells, median_of(costs["holdfast"]), median_of(costs["sql"]))


def prepare(accounts: int) -> tuple[Path, Size]:
    """The company, with roll-ups made anew."""
    note(f"making a company of {accounts:,} accounts, unless the cache has it ...")
    folder, truth = company(accounts)
    shutil.rmtree(folder / "lake" / "rollups", ignore_errors=True)
    return folder, Size(accounts, truth.rows["subscription_terms"], run("refresh", folder))


def note(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--accounts", type=int, nargs="+", default=SIZES, help="sizes of the companies")
    parser.add_argument("--metrics", nargs="+", default=METRICS, choices=METRICS)
    parser.add_argument("--times", type=int, default=3, help="how often each is measured; the median counts")
    parser.add_argument("--no-page", action="store_true", help="leave docs/benchmarks.md as it is")
    chosen = parser.parse_args()
    lines, sizes = [], []
    for accounts in chosen.accounts:
        folder, size = prepare(accounts)
        sizes.append(size)
        for metric in chosen.metrics:
            note(f"measuring {metric} on {accounts:,} accounts ...")
            lines.append(measure(metric, accounts, folder, chosen.times))
    print("\n\n".join(part for part in (table(lines), scaling(lines), sizes_table(sizes)) if part))
    if not chosen.no_page:
        write_page(lines, sizes)


OTHERS = ("stripe", "intake", "usage", "visible", "webhooks", "web")
"""Benchmarks with a module of their own, and its `main`."""

if __name__ == "__main__":
    if sys.argv[1:2] and sys.argv[1] in OTHERS:
        import_module(f"bench.{sys.argv[1]}").main(sys.argv[2:])
    else:
        main()
