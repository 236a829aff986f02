"""One source cannot keep the others out."""

from __future__ import annotations

from holdfast.collector.segment.answers import BUSY, OVER_SHARE
from holdfast.collector.segment.shares import HALF_LIFE_SECONDS, MOST_BYTES, MOST_REQUESTS, Shares


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_source_takes_half_of_what_can_be_under_way_and_others_get_the_rest() -> None:
    shares = Shares()
    assert [shares.admit("noisy", 1, 0.0) for _ in range(MOST_REQUESTS // 2)] == [None] * (MOST_REQUESTS // 2)
    assert shares.admit("noisy", 1, 0.0) is OVER_SHARE
    assert shares.admit("quiet", 1, 0.0) is None
    shares.release("noisy", 1)
    assert shares.admit("noisy", 1, 0.0) is None


def test_the_same_in_bytes() -> None:
    shares = Shares()
    assert shares.admit("noisy", MOST_BYTES // 2, 0.0) is None
    assert shares.admit("noisy", 1, 0.0) is OVER_SHARE
    assert shares.admit("quiet", MOST_BYTES // 2, 0.0) is None
    assert shares.admit("third", 1, 0.0) is BUSY
    shares.release("noisy", MOST_BYTES // 2)
    assert shares.admit("third", 1, 0.0) is None


def test_while_the_inbox_fills_up_those_who_send_most_are_put_off() -> None:
    clock = Clock()
    shares = Shares(clock)
    shares.sent("noisy", 1_000_000)
    shares.sent("quiet", 1_000)
    assert shares.admit("noisy", 1, 0.4) is None
    assert shares.admit("noisy", 1, 0.6) is OVER_SHARE
    assert shares.admit("quiet", 1, 0.6) is None
    assert shares.admit("new", 1, 0.6) is None
    clock.now += 12 * HALF_LIFE_SECONDS
    shares.sent("quiet", 1_000)
    assert shares.admit("noisy", 1, 0.6) is None


def test_a_source_that_is_alone_may_fill_the_inbox() -> None:
    shares = Shares()
    shares.sent("only", 1 << 30)
    assert shares.admit("only", 1, 0.99) is None


def test_what_is_given_back_leaves_nothing_behind() -> None:
    shares = Shares()
    for source in ("a", "b", "a"):
        shares.admit(source, 10, 0.0)
    for source in ("a", "b", "a"):
        shares.release(source, 10)
    assert (shares.requests, shares.bytes) == (0, 0)
