"""The routes: what is stored is acknowledged, and nothing else is."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from holdfast.collector import Inbox
from holdfast.collector import patience as patience_module
from holdfast.collector.app import LARGEST_WEBHOOK, Collector, create_app
from holdfast.collector.signature import Secrets
from tests.collector.conftest import SECRET, body_of, customer_event, signed

URL = "/v1/webhooks/stripe"
Client = httpx.AsyncClient


def run(collector: Collector, story: Callable[[Client], Awaitable[Any]]) -> Any:
    async def told() -> Any:
        transport = httpx.ASGITransport(create_app(collector))
        async with Client(transport=transport, base_url="http://test") as client:
            return await story(client)

    return asyncio.run(told())


@pytest.fixture
def collector(tmp_path: Path) -> Any:
    inbox = Inbox(tmp_path / "data")
    yield Collector(inbox, Secrets((SECRET,)))
    inbox.close()


def post(body: bytes, headers: dict[str, str] | None = None) -> Callable[[Client], Awaitable[httpx.Response]]:
    return lambda client: client.post(URL, content=body, headers=signed(body) if headers is None else headers)


def test_a_signed_event_is_stored_as_it_came(collector: Collector) -> None:
    body = body_of(customer_event(1))
    answer = run(collector, post(body))
    assert (answer.status_code, answer.json()) == (200, {"received": True})
    assert [one.message.body for one in collector.inbox.pending(10)] == [body]


def test_an_unsigned_one_is_refused_counted_and_not_stored(collector: Collector) -> None:
    body = body_of(customer_event(1))
    answers = [run(collector, post(body, headers)) for headers in ({}, signed(body, "whsec_somebodyelses"))]
    assert [one.status_code for one in answers] == [400, 400]
    assert collector.counts["bad_signature"] == 2
    assert collector.inbox.pending(10) == []


def test_a_hundred_at_once_are_each_stored_once(collector: Collector) -> None:
    bodies = [body_of(customer_event(number)) for number in range(100)]

    async def story(client: Client) -> list[httpx.Response]:
        return await asyncio.gather(*(post(body)(client) for body in bodies))

    assert {one.status_code for one in run(collector, story)} == {200}
    assert sorted(one.message.body for one in collector.inbox.pending(1_000)) == sorted(bodies)


def test_without_a_secret_stripe_is_asked_to_come_again(collector: Collector) -> None:
    collector.secrets = Secrets(())
    answer = run(collector, post(b"{}"))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")


def test_a_full_inbox_is_said_before_the_body_is_read(collector: Collector) -> None:
    collector.inbox.most_bytes = 0

    async def never() -> AsyncIterator[bytes]:
        raise AssertionError("the body was read")
        yield b""

    answer = run(collector, lambda client: client.post(URL, content=never()))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")


def test_a_write_that_fails_is_503_and_the_next_one_is_stored(
    collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = collector.inbox._commit

    def full(jobs: list[Any]) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(collector.inbox, "_commit", full)
    first, second = body_of(customer_event(1)), body_of(customer_event(2))
    assert run(collector, post(first)).status_code == 503
    assert run(collector, lambda client: client.get("/v1/health")).status_code == 503
    monkeypatch.setattr(collector.inbox, "_commit", good)
    assert run(collector, post(second)).status_code == 200
    assert [one.message.body for one in collector.inbox.pending(10)] == [second]
    assert run(collector, lambda client: client.get("/v1/health")).json()["status"] == "ok"


def test_a_body_over_the_limit_is_refused_by_its_length_or_while_it_comes(collector: Collector) -> None:
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        while True:
            read += 1 << 20
            yield b"x" * (1 << 20)

    headers = {"content-length": str(4 << 30)}
    assert run(collector, lambda client: client.post(URL, content=b"x", headers=headers)).status_code == 413
    assert run(collector, lambda client: client.post(URL, content=endless())).status_code == 413
    assert read <= LARGEST_WEBHOOK + (2 << 20)
    whole = b" " * LARGEST_WEBHOOK
    assert run(collector, post(whole)).status_code == 200


def test_a_body_that_does_not_come_is_given_up(collector: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience_module, "PATIENCE_SECONDS", 0.05)

    async def slow() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(30)

    assert run(collector, lambda client: client.post(URL, content=slow())).status_code == 408


def test_health_counts_and_says_nothing_of_what_came(collector: Collector) -> None:
    run(collector, post(body_of(customer_event(1, name="Somebody"))))
    answer = run(collector, lambda client: client.get("/v1/health"))
    assert (answer.status_code, answer.json()["pending"], answer.json()["acknowledged"]) == (200, 1, 1)
    assert "Somebody" not in answer.text
    assert SECRET not in answer.text


def test_no_log_holds_a_secret_a_signature_or_a_body(
    collector: Collector, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    body = body_of(customer_event(1, name="Somebody"))
    headers = signed(body)
    run(collector, post(body, headers))
    run(collector, post(body, signed(body, "whsec_somebodyelses")))
    monkeypatch.setattr(collector.inbox, "_commit", lambda jobs: 1 / 0)
    run(collector, post(body, headers))
    assert "cannot be written" in caplog.text
    for hidden in ("Somebody", SECRET, "somebodyelses", headers["stripe-signature"][-20:]):
        assert hidden not in caplog.text


def test_other_methods_and_paths(collector: Collector) -> None:
    assert run(collector, lambda client: client.get(URL)).status_code == 405
    assert run(collector, lambda client: client.post("/v1/webhooks/other")).status_code == 404
