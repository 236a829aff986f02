"""How many events are taken in, each acknowledged when it is on the disk: `python -m bench intake`.

The server has one core, and whoever sends has the other. Beside it, in turn and on the same core: a plain Starlette
application that reads the body, answers the same, and keeps nothing. CPU seconds of the server are counted too: on a
machine that does other work at the same time they say more than the clock.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

HOLDFAST = """
import sys
from pathlib import Path
from holdfast.collector.serving import collecting, listen, serve
from holdfast.collector.signature import Secrets
from holdfast.state import Keys, open_state

with open_state(Path(sys.argv[1])) as state:
    key = Keys(state).create("write", "bench")[1]
with listen("127.0.0.1", 0) as listening, collecting(Path(sys.argv[1]), Secrets(()), len) as one:
    one.applier = one.applier if sys.argv[2:] == ["applying"] else None
    print(listening.getsockname()[1], key, flush=True)
    serve(one, listening)
"""
PLAIN = """
import socket
import uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

async def answer(request):
    await request.body()
    return JSONResponse({"success": True})

listening = socket.create_server(("127.0.0.1", 0), backlog=2048)
print(listening.getsockname()[1], "nobody", flush=True)
routes = [Route("/v1/track", answer, methods=["POST"]), Route("/v1/batch", answer, methods=["POST"])]
config = uvicorn.Config(Starlette(routes=routes), loop="uvloop", http="httptools", log_config=None, access_log=False)
uvicorn.Server(config).run([listening])
"""
SERVERS = {"plain Starlette, keeps nothing": PLAIN, "Holdfast, on the disk": HOLDFAST}
BATCH = 100


@dataclass(frozen=True)
class Load:
    """What the senders saw and what the server spent, in seconds."""

    requests: int
    seconds: float
    cpu_seconds: float
    took: list[float]

    @property
    def rate(self) -> float:
        return self.requests / self.seconds

    def percentile(self, of_hundred: int) -> float:
        return statistics.quantiles(self.took, n=100)[of_hundred - 1]


@dataclass(frozen=True)
class Server:
    """One that runs: where, with which key, as which process, and over which data."""

    port: int
    key: str
    pid: int
    data: Path

    def cpu_seconds(self) -> float:
        fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def server(code: str, *arguments: str, core: int | None = 0) -> Iterator[Server]:
    """One with a data folder of its own, on one core or on all."""
    source = str(Path(__file__).parents[1] / "src")
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(
            [sys.executable, "-c", code, folder, *arguments], stdout=subprocess.PIPE, text=True,
            env={**os.environ, "PYTHONPATH": source},
        )  # fmt: skip
        if core is not None:
            os.sched_setaffinity(process.pid, {core})
        assert process.stdout is not None
        try:
            port, key = process.stdout.readline().split()
            time.sleep(1)
            yield Server(int(port), key, process.pid, Path(folder))
        finally:
            process.terminate()
            process.wait(30)


def event(number: int) -> dict[str, object]:
    """An event of about the size that SDKs send."""
    return {
        "type": "track", "messageId": f"ajs-next-{number:032d}", "userId": f"user-{number % 1_000}",
        "event": "Report Viewed", "timestamp": "2026-01-01T00:00:00.000Z",
        "properties": {"report": "cohorts", "rows": number, "filters": ["plan", "country"]},
        "context": {"library": {"name": "analytics-node", "version": "2.1.0"}, "groupId": f"acme-{number % 50}"},
        "integrations": {},
    }  # fmt: skip


def request(key: str, number: int, size: int) -> bytes:
    """One event by itself, or a batch."""
    content: dict[str, object] = event(number)
    if size > 1:
        content = {"batch": [event(number * size + one) for one in range(size)], "sentAt": "2026-01-01T00:00:01.000Z"}
    body = json.dumps(content).encode()
    user = b64encode(f"{key}:".encode()).decode()
    path = "track" if size == 1 else "batch"
    lines = [f"POST /v1/{path} HTTP/1.1", "Host: bench", "Content-Type: application/json"]
    lines += [f"Authorization: Basic {user}", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body


class Sender(asyncio.Protocol):
    """One connection that stays open; as little of a client as can be, so that it is the server that is measured."""

    def __init__(self) -> None:
        self.answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.read = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.read += data
        if self.read.endswith(b"}"):
            assert self.read[9:12] == b"200", self.read
            self.answer.set_result(None)

    async def send(self, content: bytes) -> None:
        self.answer, self.read = asyncio.get_running_loop().create_future(), b""
        self.transport.write(content)  # type: ignore[attr-defined]
        await self.answer


async def _load(to: Server, requests: list[bytes], senders: int, rate: float | None) -> Load:
    loop = asyncio.get_running_loop()
    took: list[float] = []
    waiting = iter(enumerate(requests))
    connected = [await loop.create_connection(Sender, "127.0.0.1", to.port) for _ in range(senders)]
    begun, cpu = loop.time(), to.cpu_seconds()

    async def one(sender: Sender) -> None:
        for number, content in waiting:
            due = loop.time() if rate is None else begun + number / rate
            if due > loop.time():
                await asyncio.sleep(due - loop.time())
            await sender.send(content)
            took.append(loop.time() - due)
        sender.transport.close()  # type: ignore[attr-defined]

    await asyncio.gather(*(one(sender) for _, sender in connected))
    return Load(len(requests), loop.time() - begun, to.cpu_seconds() - cpu, took)


def load(to: Server, size: int, count: int, senders: int, rate: float | None = None) -> Load:
    """So many requests, as fast as they are answered or at a rate; late ones count from when they were due."""
    import uvloop

    requests = [request(to.key, number, size) for number in range(count)]
    return uvloop.run(_load(to, requests, senders, rate))


def measured(to: Server, size: int, count: int, times: int) -> tuple[Load, Load]:
    """At full load the best of several, then at half of it."""
    load(to, size, max(50, count // 10), 16)
    senders = 160 if size == 1 else 16
    full = max((load(to, size, count, senders) for _ in range(times)), key=lambda one: one.rate)
    return full, load(to, size, max(200, count // 2), 256, full.rate / 2)


def row(name: str, size: int, full: Load, half: Load) -> str:
    events = f"{full.rate * size:,.0f}"
    core = f"{full.requests / full.cpu_seconds:,.0f}"
    times = f"{half.percentile(50) * 1000:.1f} ms | {half.percentile(99) * 1000:.1f} ms"
    kind = "single events" if size == 1 else f"batches of {size}"
    return f"| {kind} | {name} | {full.rate:,.0f} | {events} | {core} | {times} |"


HEAD = (
    "| requests | server | requests a second | events a second | requests a CPU second | median at half load"
    " | 99th percentile at half load |\n|---|---|--:|--:|--:|--:|--:|"
)


def table(count: int, times: int) -> str:
    """Each server in turn, with single events and with batches."""
    os.sched_setaffinity(0, {(os.cpu_count() or 2) - 1})
    rows = []
    for size, requests in ((1, count), (BATCH, max(200, count // 10))):
        for name, code in SERVERS.items():
            with server(code) as one:
                rows.append(row(name, size, *measured(one, size, requests, times)))
    return "\n".join([HEAD, *rows, "", f"Load average at the end: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores."])


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench intake", description=__doc__)
    parser.add_argument("--requests", type=int, default=20_000)
    parser.add_argument("--times", type=int, default=3, help="how often full load is measured; the best counts")
    chosen = parser.parse_args(arguments)
    print(table(chosen.requests, chosen.times))


if __name__ == "__main__":
    main()
