"""How fast pages are: `python -m bench web`.

A company of 50,000 accounts and 10 million events is served by the real server in a process of its own. Each page is
asked for computed anew (the server has just started), again from what it remembers, and then by many people at once.
Beside them, in the same run: a page of the same server that asks nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

import holdfast
from bench.report import machine

PAGES = ("/", "/revenue", "/retention", "/accounts", "/usage", "/features", "/trials", "/payments", "/explain/mrr")
NOTHING = "/me"
NOBODY: Mapping[str, str] = {}
BROWSER = {"Accept": "text/html"}
PEOPLE, SECONDS, PAUSE_SECONDS = 50, 20.0, 1.0


@dataclass(frozen=True)
class Times:
    """Seconds that the server took for one page, and how large it is."""

    path: str
    first: float
    """Until a browser is answered where the page is not there yet: with the page, or with how far it is."""
    anew: float
    again: float
    kilobytes: float


def company(accounts: int, events: int) -> Path:
    """The data folder, made where the cache has none."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "holdfast-bench"
    folder = cache / f"web-{accounts}-{events}"
    if not folder.exists():
        draft = cache / f".web-{os.getpid()}"
        arguments = [
            "--accounts",
            str(accounts),
            "--one-currency",
            "--events-per-user-month",
            f"{_rate(accounts, events)}",
        ]
        command = [sys.executable, "-m", "holdfast", "--data", str(draft), "simulate", *arguments]
        subprocess.run(command, check=True)
        draft.rename(folder)
        with holdfast.open(folder) as workspace:
            workspace.refresh()
    return folder


def _rate(accounts: int, events: int) -> float:
    """Events that a person makes in a month, so that there are about as many in three years as asked for."""
    people_months = accounts * 55
    return max(0.5, round(events / people_months, 2))


class Served:
    """The server in a process of its own, and a session of its owner."""

    def __init__(self, data: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.web_server", str(data)], stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        self.address, self.token = self._process.stdout.readline().split()

    def client(self) -> httpx.AsyncClient:
        limits = httpx.Limits(max_connections=PEOPLE)
        return httpx.AsyncClient(
            base_url=self.address, cookies={"holdfast": self.token}, timeout=120, limits=limits, trust_env=False
        )

    def peak_mb(self) -> float:
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) / 1024

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(60)


async def timed(client: httpx.AsyncClient, path: str, headers: Mapping[str, str] = NOBODY) -> tuple[float, int]:
    begun = time.perf_counter()
    answer = await client.get(path, headers=headers)
    answer.raise_for_status()
    return time.perf_counter() - begun, len(answer.content)


async def alone(served: Served, times: int) -> list[Times]:
    """Each page by itself: computed anew, and then remembered."""
    found = []
    async with served.client() as client:
        for path in (NOTHING, *PAGES):
            first, _ = await timed(client, path, BROWSER)
            rest, size = await timed(client, path)
            again = [(await timed(client, path))[0] for _ in range(times)]
            found.append(Times(path, first, first + rest, statistics.median(again), size / 1000))
    return found


async def together(served: Served, seconds: float) -> list[float]:
    """Many people at once, each of whom looks at one page after another, with a second in between."""
    ends = time.perf_counter() + seconds
    taken: list[float] = []

    async def person(number: int) -> None:
        async with served.client() as client:
            await asyncio.sleep(PAUSE_SECONDS * number / PEOPLE)
            place = number
            while time.perf_counter() < ends:
                taken.append((await timed(client, PAGES[place % len(PAGES)]))[0])
                place += 1
                await asyncio.sleep(PAUSE_SECONDS)

    await asyncio.gather(*(person(number) for number in range(PEOPLE)))
    return taken


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench web", description=__doc__)
    parser.add_argument("--accounts", type=int, default=50_000)
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--times", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    chosen = parser.parse_args(arguments)
    data = company(chosen.accounts, chosen.events)
    copied = data.with_name(f".served-{os.getpid()}")
    shutil.copytree(data, copied)
    served = Served(copied)
    try:
        pages = asyncio.run(alone(served, chosen.times))
        crowd = asyncio.run(together(served, chosen.seconds))
        print("| page | first answer | computed anew | again, median | size |\n|---|--:|--:|--:|--:|")
        for one in pages:
            print(
                f"| `{one.path}` | {one.first:.2f} s | {one.anew:.2f} s | {one.again * 1000:.0f} ms"
                f" | {one.kilobytes:.0f} kB |"
            )
        print(
            f"\n{PEOPLE} people at once: {len(crowd) / chosen.seconds:.0f} pages a second; median"
            f" {statistics.median(crowd) * 1000:.0f} ms, p95 {percentile(crowd, 0.95) * 1000:.0f} ms;"
            f" peak {served.peak_mb():,.0f} MB"
        )
        print(f"\n{machine()}; load average {os.getloadavg()[0]:.1f}")
    finally:
        served.close()
        shutil.rmtree(copied, ignore_errors=True)


if __name__ == "__main__":
    main()
