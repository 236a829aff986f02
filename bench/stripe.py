"""How fast a whole Stripe account is applied to the lake: `python -m bench stripe`.

The objects lie in a file, page by page as Stripe would answer, so that no server and no network is measured. Beside
them: what merely reading and parsing the same pages costs in the same process.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from bench.memory import peak_kilobytes
from bench.report import machine
from tests.fakes.stripe_server import (
    Object,
    at,
    coupon,
    customer,
    discount,
    invoice,
    item,
    line,
    price,
    product,
    render,
    subscription,
)

VERSION = "clover"
PAGE = 100
KINDS = ("product", "price", "coupon", "customer", "subscription", "invoice")
EXPANDED = {
    "price": {"tiers", "currency_options"},
    "coupon": {"applies_to", "currency_options"},
    "subscription": {"discounts", "items.data.discounts"},
    "invoice": {"lines.data.discounts", "payments"},
}
TODAY = "2026-06-01"
PRICES = [price(f"price_{number}", 1000 * (number + 1), product=f"prod_{number % 4}") for number in range(12)]
TENTH = discount("di_tenth", coupon("TENTH", "forever", percent_off=10), "2026-04-01")


@dataclass(frozen=True)
class Cost:
    """What one run took, without reading and parsing; waiting for the disk is in the seconds alone."""

    objects: int
    spans: int
    seconds: float
    cpu_seconds: float
    peak_mb: float
    parse_cpu_seconds: float

    def row(self) -> str:
        cells = [f"{self.objects:,}", f"{self.spans:,}", f"{self.seconds:.1f} s", f"{self.cpu_seconds:.1f} s"]
        cells += [
            f"{self.peak_mb:,.0f} MB",
            f"{self.parse_cpu_seconds:.1f} s",
            f"{self.cpu_seconds / self.parse_cpu_seconds:.1f}",
        ]
        return f"| {' | '.join(cells)} |"


def _months(number: int) -> list[tuple[str, str]]:
    """The two billing periods of a subscription, to the minute."""
    when = [f"2026-{month:02}-{1 + number % 28:02}T{number % 24:02}:{number % 60:02}" for month in (4, 5, 6)]
    return [(when[0], when[1]), (when[1], when[2])]


def things(kind: str, subscriptions: int) -> Iterator[Object]:
    """The objects of one kind, of an account with so many subscriptions."""
    if kind == "product":
        yield from (product(f"prod_{number}", f"Product {number}", ("sso", "export")) for number in range(4))
    elif kind == "price":
        yield from PRICES
    elif kind == "coupon":
        yield TENTH["source"]["coupon"]
    elif kind in MAKERS:
        for number in range(subscriptions):
            yield from MAKERS[kind](number)


def _customer(number: int) -> Iterator[Object]:
    metadata = {"plan": f"p{number % 7}", "region": f"r{number % 5}"}
    yield customer(f"cus_{number:014}", _months(number)[0][0], name=f"Company {number}", metadata=metadata)


def _subscription(number: int) -> Iterator[Object]:
    yield _made(number)[0]


def _made(number: int) -> tuple[Object, Object]:
    """Most run on; one in twelve has changed its quantity, one in ten ended, one in nine has a discount."""
    first, last = _months(number)
    quantity = 3 if number % 12 == 0 else 1 + number % 5
    one = item(f"si_{number:014}", PRICES[number % 12], quantity, first[0], last)
    ended = (
        {"status": "canceled", "ended_at": at("2026-05-30"), "canceled_at": at("2026-05-20")}
        if number % 10 == 0
        else {}
    )
    more: dict[str, Any] = {**ended, "discounts": [TENTH] if number % 9 == 0 else []}
    return subscription(f"sub_{number:014}", f"cus_{number:014}", [one], first[0], **more), one


def _invoices(number: int) -> Iterator[Object]:
    made, one = _made(number)
    for place, month in enumerate(_months(number)):
        quantity = 1 if number % 12 == 0 and not place else one["quantity"]
        amount = one["price"]["unit_amount"] * quantity
        taken = [(TENTH, amount // 10)] if number % 9 == 0 else []
        lines = [line(f"il_{number:014}{place}", made, one, month, amount, quantity=quantity, discounts=taken)]
        yield invoice(f"in_{number:014}{place}", made, month[0], lines)


MAKERS: dict[str, Callable[[int], Iterator[Object]]] = {
    "customer": _customer, "subscription": _subscription, "invoice": _invoices,
}  # fmt: skip


def pages(subscriptions: int) -> Path:
    """The folder with the pages of an account of that size, made where the cache has none."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "holdfast-bench"
    model = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:10]
    folder = cache / f"stripe-{subscriptions}-{model}"
    if not folder.exists():
        for older in cache.glob(f"stripe-{subscriptions}-*"):
            shutil.rmtree(older)
        draft = cache / f".stripe-{os.getpid()}"
        draft.mkdir(parents=True)
        write_pages(draft, subscriptions)
        draft.rename(folder)
    return folder


def write_pages(folder: Path, subscriptions: int) -> None:
    """One file for each kind of object, one page on each line."""
    for kind in KINDS:
        with (folder / f"{kind}.jsonl").open("w", encoding="utf-8") as file:
            every = things(kind, subscriptions)
            while page := list(islice(every, PAGE)):
                shown = [render(json.loads(json.dumps(one)), VERSION, EXPANDED.get(kind, set())) for one in page]
                file.write(json.dumps(shown) + "\n")


class Pages:
    """Answers as `StripeApi` does, from the files, and notes what reading and parsing took."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.parse_seconds = self.parse_cpu_seconds = 0.0
        self.requests, self.waited_seconds = 0, 0.0

    def pages(self, path: str, after: str | None = None, **parameters: Any) -> Iterator[Any]:
        from holdfast.sources.stripe.client import Page

        for objects in self.parsed(path):
            yield Page(objects, objects[-1]["id"])

    def parsed(self, path: str) -> Iterator[list[Object]]:
        source = self.folder / f"{path.removeprefix('/v1/').removesuffix('s')}.jsonl"
        if not source.exists():
            return
        with source.open(encoding="utf-8") as file:
            while True:
                begun, cpu = time.perf_counter(), time.process_time()
                text = file.readline()
                objects = json.loads(text) if text else []
                self.parse_seconds += time.perf_counter() - begun
                self.parse_cpu_seconds += time.process_time() - cpu
                if not objects:
                    return
                yield objects

    def one(self, path: str, **parameters: Any) -> Object:
        return {}

    def completed(self, thing: Object, name: str, path: str, **parameters: Any) -> Object:
        return thing

    def with_all_items(self, subscription: Object) -> Object:
        return subscription


def child(source: Path, data: Path) -> Cost:
    """Apply everything in the files to a new lake, in this process. Importing the libraries is not counted."""
    import duckdb
    import pyarrow.compute  # noqa: F401

    from holdfast.lake import Lake
    from holdfast.settings import Settings
    from holdfast.sources.stripe.mirror import Mirror
    from holdfast.sources.stripe.phases import PHASES
    from holdfast.sources.stripe.sync import Run, seldom_collecting

    duckdb.sql("SELECT 1 WHERE 1 = $one", params={"one": 1}).fetchall()  # duckdb imports pandas when it first runs
    lake, settings, answers = Lake(data / "lake"), Settings(), Pages(source)
    lake.prepare(settings.timezone)
    with seldom_collecting(), closing(Mirror(data)) as mirror:
        begun, cpu = time.perf_counter(), time.process_time()
        run = Run(lake, settings, mirror, answers, False, None, lambda what, count: None, lambda: at(TODAY))
        report = run.run()
        seconds, cpu = time.perf_counter() - begun, time.process_time() - cpu
    peak = peak_kilobytes() / 1024
    assert not report.total.rejected, report.rejects[:3]
    alone = Pages(source)
    for phase in PHASES:
        for _ in alone.parsed(phase.path):
            pass
    rows = lake.read("subscription_terms", ["row_key"]).num_rows
    seconds, cpu = seconds - answers.parse_seconds, cpu - answers.parse_cpu_seconds
    return Cost(report.total.read, rows, seconds, cpu, peak, alone.parse_cpu_seconds)


def measured(source: Path) -> Cost:
    """One run in a process of its own."""
    with tempfile.TemporaryDirectory() as data:
        arguments = [sys.executable, "-m", "bench.stripe", "child", str(source), data]
        done = subprocess.run(arguments, check=True, stdout=subprocess.PIPE, text=True)
    return Cost(**json.loads(done.stdout.splitlines()[-1]))


def table(costs: list[Cost]) -> str:
    head = "| objects | spans | applied in | processor | peak | read and parsed alone, processor | ratio |"
    return "\n".join([head, "|--:|--:|--:|--:|--:|--:|--:|", *(cost.row() for cost in costs)])


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench stripe", description=__doc__)
    parser.add_argument("--subscriptions", type=int, default=100_000)
    parser.add_argument("--times", type=int, default=3, help="how often it is measured")
    chosen = parser.parse_args(arguments)
    print(f"making an account of {chosen.subscriptions:,} subscriptions, unless the cache has it ...", file=sys.stderr)
    source = pages(chosen.subscriptions)
    costs = [measured(source) for _ in range(chosen.times)]
    print(table(sorted(costs, key=lambda cost: cost.seconds)))
    print(f"\n{machine()}; load average {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["child"]:
        print(json.dumps(asdict(child(Path(sys.argv[2]), Path(sys.argv[3])))))
    else:
        main()
