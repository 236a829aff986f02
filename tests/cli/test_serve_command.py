"""`holdfast serve` and `holdfast demo` as processes: pages and intake on one port, ended in order."""

from __future__ import annotations

import os
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
from typer.testing import CliRunner

from holdfast.cli.main import app
from holdfast.cli.serve_command import is_local
from holdfast.collector.events.status import arrivals
from holdfast.collector.serving import listen
from holdfast.state import Keys, open_state

SRC = Path(__file__).resolve().parents[2] / "src"
CODE = "import sys; from holdfast.cli.main import app; app(args=sys.argv[1:])"


@contextmanager
def started(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str, list[str]]]:
    """A command that serves: the process, its address, and what it says."""
    given = {name: value for name, value in os.environ.items() if not name.startswith("HOLDFAST_")}
    process = subprocess.Popen(
        [sys.executable, "-c", CODE, *arguments, "--port", "0"],
        env={**given, "PYTHONPATH": str(SRC)}, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stderr is not None
    said: list[str] = []
    try:
        for line in process.stderr:
            said.append(line)
            if "Ctrl-C" in line:
                break
        found = re.search(r"Serving \S+ at (http://\S+:\d+)", "".join(said))
        assert found, said
        rest = threading.Thread(target=lambda: said.extend(process.stderr or ()), daemon=True)
        rest.start()
        yield process, found[1], said
    finally:
        process.kill()
        process.wait()
        rest.join(5)
        process.stderr.close()


@pytest.mark.slow
def test_pages_and_events_on_one_port(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    with open_state(data) as state:
        _, key = Keys(state).create("write", "web")
    with (
        started("--data", str(data), "serve") as (process, address, said),
        httpx.Client(base_url=address, timeout=60) as browser,
    ):
        assert browser.get("/", follow_redirects=True).status_code == 200
        event = {"userId": "u1", "event": "Opened", "messageId": "m1"}
        assert browser.post("/v1/track", json=event, auth=(key, "")).status_code == 200
        assert browser.post("/v1/track", json=event, auth=("hfw_" + "a" * 43, "")).status_code == 401
        assert browser.get("/v1/health").json()["status"] == "ok"
        until = time.monotonic() + 20
        while time.monotonic() < until and not arrivals(data).sources:
            time.sleep(0.05)
        assert [(one.source, one.accepted) for one in arrivals(data).sources] == [("web", 1)]
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    assert "Everything acknowledged is stored" in "".join(said)
    assert "warning" not in "".join(said)


@pytest.mark.slow
def test_the_demo_ends_where_it_is_to_serve_nothing(tmp_path: Path) -> None:
    result = CliRunner().invoke(
        app, ["--data", str(tmp_path / "demo"), "demo", "--accounts", "20", "--port", "8701", "--no-serve"]
    )
    assert result.exit_code == 0, result.output
    assert (tmp_path / "demo" / "report.html").exists()


@pytest.mark.slow
def test_the_demo_serves_the_company_that_it_made(tmp_path: Path) -> None:
    with (
        started("--data", str(tmp_path / "demo"), "demo", "--accounts", "20") as (_, address, said),
        httpx.Client(base_url=address) as browser,
    ):
        assert browser.get("/", follow_redirects=True, timeout=30).status_code == 200
    assert "Simulated 20 accounts" in "".join(said)


def test_a_port_that_is_taken_is_said(tmp_path: Path) -> None:
    with listen("127.0.0.1", 0) as taken:
        port = str(taken.getsockname()[1])
        result = CliRunner().invoke(app, ["--data", str(tmp_path), "serve", "--port", port])
    assert result.exit_code == 2
    assert "cannot listen" in result.output


@pytest.mark.parametrize(("host", "local"), [("127.0.0.1", True), ("0.0.0.0", False)])
def test_what_other_machines_reach_is_known(host: str, local: bool) -> None:
    with listen(host, 0) as listening:
        assert is_local(listening) is local
