"""How long after its acknowledgement an event shows in a metric: `python -m bench visible`.

The server takes single events at a steady rate, each of a person of its own. Meanwhile the number of active people is
asked again and again, by another process over the same folder: what it says is how many events show.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import time
from bisect import bisect_right

from bench.intake import HOLDFAST, Sender, Server, request, server

DAY = "2026-01-01"


async def send(to: Server, rate: int, seconds: int) -> list[float]:
    """When each event was acknowledged, in order; none is sent before the one before it is."""
    loop = asyncio.get_running_loop()
    _, sender = await loop.create_connection(Sender, "127.0.0.1", to.port)
    begun, acknowledged = time.time(), []
    for number in range(rate * seconds):
        await asyncio.sleep(max(0.0, begun + number / rate - time.time()))
        await sender.send(_of_a_person(request(to.key, number, 1), number))
        acknowledged.append(time.time())
    return acknowledged


def _of_a_person(content: bytes, number: int) -> bytes:
    """The request with a person whom no other event names."""
    head, _, body = content.partition(b"\r\n\r\n")
    body = body.replace(b'"user-%d"' % (number % 1_000), b'"person-%d"' % number)
    lines = [line for line in head.split(b"\r\n") if not line.startswith(b"Content-Length")]
    return b"\r\n".join([*lines, b"Content-Length: %d" % len(body), b"", body])


def watch(folder: str, until: str) -> None:
    """Ask how many people are active until so many are, and print when an answer was there that is another one."""
    import holdfast

    with holdfast.open(folder) as workspace:
        shown = 0
        while shown < int(until):
            answer = workspace.query("active-users", start=DAY, end=DAY, grain="day").arrow
            seen = answer["active"].to_pylist()[0]
            if seen > shown:
                print(time.time(), seen, flush=True)
            shown = seen


def lags(acknowledged: list[float], looks: list[tuple[float, int]]) -> list[float]:
    """Seconds from each acknowledgement to the first answer in which the event counts."""
    counts = [seen for _, seen in looks]
    return [looks[bisect_right(counts, number)][0] - at for number, at in enumerate(acknowledged)]


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench visible", description=__doc__)
    parser.add_argument("--rate", type=int, default=200, help="events a second")
    parser.add_argument("--seconds", type=int, default=60)
    chosen = parser.parse_args(arguments)
    with server(HOLDFAST, "applying", core=None) as to:
        number = chosen.rate * chosen.seconds
        command = [sys.executable, "-m", "bench.visible", "watch", str(to.data), str(number)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as watching:
            acknowledged = asyncio.run(send(to, chosen.rate, chosen.seconds))
            assert watching.stdout is not None
            lines = [line.split() for line in watching.stdout]
    looks = [(float(at), int(seen)) for at, seen in lines]
    found = lags(acknowledged, looks)
    of_hundred = statistics.quantiles(found, n=100)
    print(
        f"{number:,} events at {chosen.rate} a second: shown in a metric after {statistics.median(found):.1f} s at the "
        f"median, {of_hundred[98]:.1f} s at the 99th percentile, {max(found):.1f} s at most, in {len(looks)} looks"
    )
    print(f"Load average at the end: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores.")


if __name__ == "__main__":
    watch(*sys.argv[2:]) if sys.argv[1:2] == ["watch"] else main()
