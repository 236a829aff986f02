"""Over real connections: what a client sees that is refused while it still sends."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Iterator

import httpx
import pytest
import uvicorn

from holdfast.collector.app import create_app
from holdfast.collector.segment import answers
from holdfast.collector.serving import listen
from tests.collector.segment.conftest import TRACK, Served


@pytest.fixture
def url(served: Served) -> Iterator[str]:
    with listen("127.0.0.1", 0) as listening:
        config = uvicorn.Config(create_app(served.collector), loop="uvloop", http="httptools", log_config=None)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=lambda: asyncio.run(server.serve([listening])))
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join()


def test_whoever_sends_too_much_reads_why(served: Served, url: str) -> None:
    """A client that is cut off would take it for a broken connection, and send the same again."""
    for content in (b"x" * (9 << 20), iter([b"x" * (1 << 20)] * 9)):
        with httpx.Client(base_url=url, auth=(served.text, "")) as client:
            answer = client.post("/v1/batch", content=content)
            assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
            assert answer.headers["connection"] == "close"
            assert client.post("/v1/track", json=TRACK).status_code == 200


def test_whoever_never_ends_is_hung_up_on(served: Served, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "LINGER_SECONDS", 0.2)
    until = time.monotonic() + 20

    def endless() -> Iterator[bytes]:
        while time.monotonic() < until:
            yield b"x" * (1 << 20)

    with httpx.Client(base_url=url, auth=(served.text, "")) as client, contextlib.suppress(httpx.TransportError):
        assert client.post("/v1/batch", content=endless()).status_code == 413
    assert time.monotonic() < until
    assert served.stored() == []


def test_a_refusal_before_the_body_is_read_leaves_the_connection_usable(served: Served, url: str) -> None:
    with httpx.Client(base_url=url) as client:
        assert client.post("/v1/batch", content=b"x" * (2 << 20), auth=("hfw_" + "x" * 43, "")).status_code == 401
        assert client.post("/v1/track", json=TRACK, auth=(served.text, "")).status_code == 200
    assert len(served.stored()) == 1
