"""How fast a webhook is acknowledged and applied: `python -m bench webhooks`.

A server of its own with the collector's routes, and beside them one that answers 204 at once: what HTTP alone costs
on the same machine. Requests are signed, on connections that stay open, so many at a time.
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
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

SECRET = "whsec_onlyforthebench"
SERVER = """
import sys
from pathlib import Path
from starlette.responses import Response
from starlette.routing import Route
from holdfast.collector.app import Collector
from holdfast.collector.serving import collecting, listen, serve
from holdfast.collector.signature import Secrets

async def nothing(request):
    await request.body()
    return Response(status_code=204)

class WithPlain(Collector):
    def routes(self):
        return [*super().routes(), Route("/plain", nothing, methods=["POST"])]

with listen("127.0.0.1", 0) as listening, collecting(Path(sys.argv[1]), Secrets((sys.argv[2],)), len) as one:
    one.__class__ = WithPlain
    if sys.argv[3] == "intake":
        one.applier = None
    print(listening.getsockname()[1], flush=True)
    serve(one, listening)
"""


@dataclass(frozen=True)
class Load:
    """What so many senders saw, in milliseconds."""

    name: str
    senders: int
    requests: int
    seconds: float
    median: float
    p99: float

    def row(self) -> str:
        rate = f"{self.requests / self.seconds:,.0f}"
        return f"| {self.name} | {self.senders} | {rate} | {self.median:.1f} ms | {self.p99:.1f} ms |"


def event(number: int) -> bytes:
    """A customer of about the size of Stripe's."""
    thing = {"object": "customer", "id": f"cus_{number}", "name": f"Company {number}", "created": 1_767_225_600}
    thing |= {"metadata": {"region": "EU", "filler": "x" * 2_000}}
    body = {"id": f"evt_{number}", "object": "event", "type": "customer.created", "created": 1_767_225_600 + number}
    return json.dumps({**body, "livemode": False, "data": {"object": thing}}).encode()


def header(body: bytes) -> dict[str, str]:
    from stripe import WebhookSignature

    return {"stripe-signature": WebhookSignature.generate_signature_header(body.decode(), SECRET)}


@contextmanager
def server(data: Path, mode: str) -> Iterator[str]:
    source = str(Path(__file__).parents[1] / "src")
    process = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(data), SECRET, mode], stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": source},
    )  # fmt: skip
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
    finally:
        process.terminate()
        process.wait(30)


class Sender(asyncio.Protocol):
    """One connection that stays open; as little of a client as can be, so that it is the server that is measured."""

    def __init__(self) -> None:
        self.answer: asyncio.Future[bytes] | None = None
        self.read = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.read += data
        whole = self.read.endswith(b"}") or (self.read[9:12] == b"204" and self.read.endswith(b"\r\n\r\n"))
        if whole and self.answer is not None:
            self.answer.set_result(self.read)

    async def send(self, content: bytes) -> bytes:
        self.answer, self.read = asyncio.get_running_loop().create_future(), b""
        self.transport.write(content)  # type: ignore[attr-defined]
        return await self.answer


def request(path: str, body: bytes) -> bytes:
    lines = [f"POST {path} HTTP/1.1", "Host: bench", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in header(body).items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


async def _load(url: str, path: str, bodies: list[bytes], senders: int) -> tuple[float, list[float]]:
    host, port = url.removeprefix("http://").split(":")
    waiting = iter([request(path, body) for body in bodies])
    took: list[float] = []

    async def one() -> None:
        _, sender = await asyncio.get_running_loop().create_connection(Sender, host, int(port))
        for content in waiting:
            begun = time.perf_counter()
            answer = await sender.send(content)
            took.append((time.perf_counter() - begun) * 1000)
            assert answer[9:12] in {b"200", b"204"}, answer
        sender.transport.close()  # type: ignore[attr-defined]

    begun = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(senders)))
    return time.perf_counter() - begun, took


def load(name: str, url: str, path: str, bodies: list[bytes], senders: int) -> Load:
    seconds, took = asyncio.run(_load(url, path, bodies, senders))
    return Load(name, senders, len(took), seconds, statistics.median(took), statistics.quantiles(took, n=100)[98])


def until_applied(url: str) -> float:
    """Seconds from now until nothing waits."""
    begun = time.perf_counter()
    while httpx.get(f"{url}/v1/health").json()["pending"]:
        time.sleep(0.02)
    return time.perf_counter() - begun


def acknowledged(requests: int) -> list[Load]:
    """The inbox alone and a plain answer, in turn."""
    found = []
    with tempfile.TemporaryDirectory() as folder, server(Path(folder), "intake") as url:
        load("warm-up", url, "/v1/webhooks/stripe", [event(number) for number in range(200)], 10)
        for senders in (1, 10, 50):
            count = max(200, requests // (1 if senders > 1 else 5))
            bodies = [event(number) for number in range(count)]
            found.append(load("plain 204", url, "/plain", bodies, senders))
            found.append(load("webhook, on the disk", url, "/v1/webhooks/stripe", bodies, senders))
    return found


def applied(seconds: int, rate: int) -> tuple[Load, list[float]]:
    """A steady stream with the applier at work: the answers, and how long single events take until they are applied."""
    with tempfile.TemporaryDirectory() as folder, server(Path(folder), "all") as url:
        load("warm-up", url, "/v1/webhooks/stripe", [event(number) for number in range(20)], 1)
        until_applied(url)
        waits: list[float] = []
        took: list[float] = []

        def stream() -> None:
            for number in range(100, 100 + seconds * rate):
                took.append(asyncio.run(_load(url, "/v1/webhooks/stripe", [event(number)], 1))[1][0])
                time.sleep(1 / rate)

        sending = threading.Thread(target=stream)
        begun = time.perf_counter()
        sending.start()
        while sending.is_alive():
            state = httpx.get(f"{url}/v1/health").json()
            waits.append(state["oldest_pending_seconds"])
            time.sleep(0.1)
        sending.join()
        waits.append(until_applied(url))
        spent = time.perf_counter() - begun
    name = "webhook, while events are applied"
    return Load(name, 1, len(took), spent, statistics.median(took), statistics.quantiles(took, n=100)[98]), waits


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench webhooks", description=__doc__)
    parser.add_argument("--requests", type=int, default=5_000)
    parser.add_argument("--seconds", type=int, default=15, help="of the steady stream")
    parser.add_argument("--rate", type=int, default=20, help="events a second in the steady stream")
    chosen = parser.parse_args(arguments)
    lines = acknowledged(chosen.requests)
    stream, waits = applied(chosen.seconds, chosen.rate)
    print("| request | senders | requests a second | median | 99th percentile |\n|---|--:|--:|--:|--:|")
    print("\n".join(line.row() for line in [*lines, stream]))
    for plain, ours in zip(lines[::2], lines[1::2], strict=True):
        print(f"\n{plain.senders} senders: {ours.median / plain.median:.1f} times the median of a plain answer", end="")
    print(
        f"\n\nThe oldest event not applied was {max(waits):.1f} s old at most; load average {os.getloadavg()[0]:.1f}."
    )


if __name__ == "__main__":
    main()
