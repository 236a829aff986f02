"""`holdfast collect` as a process: ended in order, killed at any moment, and started again."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from rich.console import Console
from typer.testing import CliRunner

from holdfast.cli.collect_command import _say_ready
from holdfast.cli.main import app
from holdfast.collector.serving import listen
from holdfast.collector.signature import Secrets
from holdfast.lake import Lake
from tests.collector.conftest import SECRET, body_of, customer_event, signed

SRC = Path(__file__).resolve().parents[2] / "src"
CODE = "import sys; from holdfast.cli.main import app; app(args=sys.argv[1:])"


class Process:
    def __init__(self, process: subprocess.Popen[str], url: str, said: list[str]) -> None:
        self.process, self.url, self.said = process, url, said

    def end(self, how: int) -> int:
        self.process.send_signal(how)
        return self.process.wait(20)


@contextmanager
def collecting(data: Path, **environment: str) -> Iterator[Process]:
    """The command, listening on a port of its own."""
    given = {name: value for name, value in os.environ.items() if not name.startswith("HOLDFAST_")}
    process = subprocess.Popen(
        [sys.executable, "-c", CODE, "--data", str(data), "collect", "--port", "0"],
        env={**given, "PYTHONPATH": str(SRC), **environment}, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stderr is not None
    said: list[str] = []
    try:
        for line in process.stderr:
            said.append(line)
            if line.startswith("Listening"):
                break
        found = re.search(r"http://\S+:\d+", "".join(said))
        assert found, said
        rest = threading.Thread(target=lambda: said.extend(process.stderr or ()), daemon=True)
        rest.start()
        yield Process(process, found[0], said)
    finally:
        process.kill()
        process.wait()
        rest.join(5)
        process.stderr.close()


def send(client: httpx.Client, url: str, number: int) -> int:
    body = body_of(customer_event(number))
    try:
        return client.post(f"{url}/v1/webhooks/stripe", content=body, headers=signed(body)).status_code
    except httpx.TransportError:
        return 0


def applied(client: httpx.Client, url: str, seconds: float = 20) -> dict[str, object]:
    """The health, once nothing waits."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        state: dict[str, object] = client.get(f"{url}/v1/health").json()
        if state["pending"] == 0 and state["acknowledged"] == state["applied"]:
            return state
        time.sleep(0.05)
    raise AssertionError(f"not applied within {seconds} s: {state}")


def accounts(data: Path) -> list[str]:
    return sorted(Lake(data / "lake").standing("accounts", ["account_id"])["account_id"].to_pylist())


def test_what_is_acknowledged_is_applied_within_five_seconds_and_the_end_is_orderly(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with collecting(data, HOLDFAST_STRIPE_WEBHOOK_SECRET=SECRET) as one, httpx.Client() as client:
        assert [send(client, one.url, number) for number in range(5)] == [200] * 5
        state = applied(client, one.url, 5)
        assert (state["status"], state["applied"]) == ("ok", 5)
        assert one.end(signal.SIGTERM) == 0
    assert len(accounts(data)) == 5
    assert "Everything acknowledged is stored" in "".join(one.said)
    assert SECRET not in "".join(one.said)


def test_without_a_secret_it_says_what_to_do(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    _say_ready(Console(stderr=True, soft_wrap=True), "http://127.0.0.1:8700", tmp_path, Secrets(()), [])
    said = capsys.readouterr().err
    assert "put off (503)" in said
    assert "HOLDFAST_STRIPE_WEBHOOK_SECRET_FILE" in said
    assert "holdfast keys create --source web" in said


@pytest.mark.parametrize(
    ("environment", "message"),
    [({}, "cannot listen on 127.0.0.1"), ({"HOLDFAST_STRIPE_WEBHOOK_SECRET": "sk_live_12345678"}, "begin with whsec_")],
)
def test_what_cannot_be_used_is_said(tmp_path: Path, environment: dict[str, str], message: str) -> None:
    with listen("127.0.0.1", 0) as taken:
        port = str(taken.getsockname()[1])
        result = CliRunner().invoke(app, ["--data", str(tmp_path), "collect", "--port", port], env=environment)
    assert result.exit_code == 2
    assert message in result.output
    assert "sk_live_12345678" not in result.output


def killed_at_random(data: Path, times: int, seed: int) -> set[int]:
    """The numbers that were acknowledged, over several lives of the process, each ended by kill -9 under load."""
    chance = random.Random(seed)
    acknowledged: set[int] = set()
    number = 0
    for _ in range(times):
        with collecting(data, HOLDFAST_STRIPE_WEBHOOK_SECRET=SECRET) as one, httpx.Client(timeout=5) as client:
            until = threading.Timer(chance.uniform(0.1, 1.5), one.process.kill)
            while (status := send(client, one.url, number)) == 200:
                if not until.ident:
                    until.start()
                acknowledged.add(number)
                number += 1
            assert status == 0
            number += 1
    return acknowledged


def check(data: Path, acknowledged: set[int]) -> None:
    with collecting(data, HOLDFAST_STRIPE_WEBHOOK_SECRET=SECRET) as one, httpx.Client() as client:
        state = applied(client, one.url)
        assert (state["refused"], state["lost"]) == (0, 0)
        one.end(signal.SIGTERM)
    stored = accounts(data)
    assert len(stored) == len(set(stored))
    assert {f"cus_{number}" for number in acknowledged} <= set(stored)
    versions = Lake(data / "lake").read("accounts", ["row_key"])["row_key"].to_pylist()
    assert len(versions) == len(set(versions))


@pytest.mark.slow
def test_killed_thirty_times(tmp_path: Path) -> None:
    data = tmp_path / "data"
    acknowledged = killed_at_random(data, 30, seed=1)
    assert len(acknowledged) > 500
    check(data, acknowledged)
