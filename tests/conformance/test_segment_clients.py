"""The real clients, unmodified: through refusals, cut connections and a restart, every event is stored once."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from holdfast.lake import Lake
from holdfast.state import Keys, open_state
from tests.conformance.sdks import BROWSER, CALLS, EACH, EVERY, IN_PAGE_CALLS, browsing, page, require_sdk, start
from tests.conformance.trouble import way

SRC = Path(__file__).resolve().parents[2] / "src"
CODE = "from holdfast.cli.main import main; main()"
TROUBLES = ["429", "pass", "500", "cut before", "cut after", "pass", "restart", "503", "cut after"]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


class Collecting:
    """`holdfast collect` on one port, which may be killed and started again."""

    def __init__(self, data: Path) -> None:
        self.data, self.port = data, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.start()

    def start(self) -> None:
        given = {name: value for name, value in os.environ.items() if not name.startswith("HOLDFAST_")}
        command = [sys.executable, "-c", CODE, "--data", str(self.data), "collect", "--port", str(self.port)]
        with (self.data / "said").open("ab") as said:
            self.process = subprocess.Popen(command, env={**given, "PYTHONPATH": str(SRC)}, stderr=said)
        self.health(lambda state: True, seconds=30)

    def health(self, enough: Callable[[dict[str, Any]], bool], seconds: float) -> dict[str, Any]:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            try:
                state: dict[str, Any] = httpx.get(f"{self.url}/v1/health", timeout=5).json()
            except (httpx.TransportError, ValueError):
                state = {}
            if state and enough(state):
                return state
            time.sleep(0.1)
        raise AssertionError(f"not within {seconds} s: {state}; {(self.data / 'said').read_text()}")

    def restart(self) -> None:
        self.process.kill()
        self.process.wait()
        self.start()

    def end(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        try:
            assert self.process.wait(30) == 0
        finally:
            self.process.kill()
            self.process.wait()


@pytest.fixture(scope="module")
def collecting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collecting]:
    """One server for all clients, each of which has a source of its own."""
    one = Collecting(tmp_path_factory.mktemp("data"))
    yield one
    one.end()


@pytest.fixture
def source(collecting: Collecting, name: str) -> tuple[str, str]:
    """A name and its key."""
    chosen = name.strip("@").replace("/", "-")
    with open_state(collecting.data) as state:
        return chosen, Keys(state).create("write", chosen)[1]


def delivered(client: subprocess.Popen[str]) -> None:
    try:
        said, errors = client.communicate(timeout=120)
    finally:
        client.kill()
    assert client.returncode == 0, said + errors


@pytest.mark.parametrize("name", EVERY)
def test_every_event_is_stored_once(name: str, source: tuple[str, str], collecting: Collecting) -> None:
    require_sdk(name)
    to = ("127.0.0.1", collecting.port)
    with way(to, TROUBLES, collecting.restart) as (url, passed):
        delivered(start(name, source[1], url))
    assert not passed.troubles, f"{name} gave up before {passed.troubles}"
    assert set(passed.statuses) == {200}
    health = collecting.health(lambda state: state["pending"] == 0, seconds=30)
    assert (health["refused"], health["lost"]) == (0, 0)
    rows = Lake(collecting.data / "lake").read("events").to_pylist()
    events = [row for row in rows if row["source"] == source[0]]
    assert len({row["message_id"] for row in events}) == len(events)
    assert Counter(row["type"] for row in events) == dict.fromkeys(CALLS, EACH)
    assert {row["user_id"] for row in events if row["type"] == "track"} == {f"user-{n}" for n in range(EACH)}


@pytest.mark.parametrize("name", BROWSER)
def test_a_page_in_a_browser(name: str, source: tuple[str, str], collecting: Collecting, tmp_path: Path) -> None:
    """The page is of another site: it asks for settings and permission first, and sends to the short paths."""
    require_sdk(name)

    def arrived(state: dict[str, Any]) -> bool:
        return bool(state["sources"].get(source[0], {}).get("events", 0) >= len(IN_PAGE_CALLS))

    with page(name, source[1], collecting.url) as address, browsing(address, tmp_path):
        collecting.health(arrived, seconds=60)
    collecting.health(lambda state: state["pending"] == 0, seconds=30)
    rows = Lake(collecting.data / "lake").read("events").to_pylist()
    events = [row for row in rows if row["source"] == source[0]]
    assert Counter(row["type"] for row in events) == dict.fromkeys(IN_PAGE_CALLS, 1)
    assert {row["user_id"] for row in events if row["type"] == "track"} == {"user-0"}


@pytest.mark.parametrize("name", EVERY)
def test_a_key_that_is_not_known_is_no_reason_to_try_for_hours(name: str, collecting: Collecting) -> None:
    """401 is final for every client: it says so, and asks once for each batch."""
    require_sdk(name)
    with way(("127.0.0.1", collecting.port), [], collecting.restart) as (url, passed):
        client = start(name, "hfw_" + "x" * 43, url, calls=1)
        client.communicate(timeout=60)
    assert client.returncode != 0
    assert set(passed.statuses) == {401}
    assert len(passed.statuses) <= len(CALLS)
