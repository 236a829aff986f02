"""Bodies that take too long, watched by one timer."""

from __future__ import annotations

import asyncio

import pytest

from holdfast.collector import patience as patience_module
from holdfast.collector.body import TooLarge, TooSlow, receive_body
from holdfast.collector.patience import Patience


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience_module, "PATIENCE_SECONDS", 0.1)


async def never() -> dict[str, object]:
    await asyncio.sleep(60)
    raise AssertionError


async def at_once() -> dict[str, object]:
    return {"type": "http.request", "body": b"{}", "more_body": False}


def test_each_read_has_its_own_time_and_the_next_loop_too() -> None:
    async def story() -> list[object]:
        begun = asyncio.get_running_loop().time()
        found = await asyncio.gather(
            *(receive_body(never, 10) for _ in range(50)), *(receive_body(at_once, 10) for _ in range(50)),
            receive_body(at_once, 1), return_exceptions=True,
        )  # fmt: skip
        assert asyncio.get_running_loop().time() - begun < 5
        return found

    for _ in range(2):
        found = asyncio.run(story())
        assert [type(one) for one in found[:50]] == [TooSlow] * 50
        assert found[50:100] == [b"{}"] * 50
        assert isinstance(found[100], TooLarge)


def test_whoever_ran_out_of_time_goes_on_and_whoever_is_cancelled_does_not() -> None:
    async def story() -> str:
        with pytest.raises(TooSlow):
            await receive_body(never, 10)
        await asyncio.sleep(0.05)
        return "went on"

    async def cancelled() -> None:
        task = asyncio.create_task(receive_body(never, 10))
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    assert asyncio.run(story()) == "went on"
    asyncio.run(cancelled())


def test_nothing_is_kept_of_reads_that_ended() -> None:
    patience = Patience()

    async def story() -> None:
        patience.end(patience.begin())
        await asyncio.sleep(0.1)

    asyncio.run(story())
    assert (patience._until, patience._overdue, patience._loop) == ({}, set(), None)
