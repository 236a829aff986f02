"""Times as clients write them, and what becomes of those that cannot be."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from holdfast.collector.events.times import instant, when

RECEIVED = datetime(2026, 11, 18, 12, tzinfo=UTC)
MICROS = int(RECEIVED.timestamp()) * 1_000_000


def at(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


@pytest.mark.parametrize(
    "text",
    [
        "2015-02-02T00:30:12.984Z", "2015-2-02T00:30:12.984Z", "2015-02-02T01:30:12.984+01:00",
        "2015-02-02 00:30:12.984", "2015-2-2 00:30:12.984", "2015-02-01T19:30:12.984-0500", "1422837012984",
        "1422837012.984", "1422837012984000", "1422837012984000000", "1.422837012984e12", " 2015-02-02T00:30:12.984Z ",
        "2015-2-2T0:30:12,984 UTC",
    ],
)  # fmt: skip
def test_one_instant_in_many_writings(text: str) -> None:
    assert instant(text) == at(datetime(2015, 2, 2, 0, 30, 12, 984_000, tzinfo=UTC))


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2015-13-01", "2015-02-30T00:00:00Z", "NaN", "1e999", "9" * 5000, "-5", "+055000-01-01"]
)
def test_unreadable(text: str) -> None:
    assert instant(text) is None
    assert when(text, None, MICROS)[:1] + when(text, None, MICROS)[3:] == (MICROS, "unreadable", text)


def test_the_clients_clock_does_not_matter() -> None:
    for off in (timedelta(), timedelta(days=-20_000), timedelta(hours=7), timedelta(days=3_000)):
        given, sent = RECEIVED - timedelta(hours=2) + off, RECEIVED + off
        told = when(given.isoformat(), sent.isoformat(), MICROS)
        assert told.occurred == MICROS - 7_200_000_000
        assert told.note is None
        assert (told.original, told.sent) == (at(given), at(sent))


@pytest.mark.parametrize(
    ("given", "note"),
    [
        ("1970-01-01T00:00:00Z", "too old"), ("1970-01-20T16:00:00Z", "too old"), ("9999-12-31T23:59:59Z", "future"),
        ("0", "too old"), ("9999-12-31T23:59:59-12:00", "future"), ("2026-11-18T13:00:00Z", "future"),
        ("1795003200", None), ("1795003200000", None),
    ],
)  # fmt: skip
def test_impossible_times_become_the_time_of_receipt_and_are_noted(given: str, note: str | None) -> None:
    told = when(given, None, MICROS)
    assert (told.occurred, told.note) == (MICROS, note)
    assert told.text == (given if note else None)


def test_without_a_time_it_happened_when_it_came_in() -> None:
    assert when(None, "2026-11-18T12:00:00Z", MICROS) == (MICROS, None, MICROS, "missing", None)


def test_clocks_that_differ_a_little_are_no_fault() -> None:
    assert when((RECEIVED + timedelta(seconds=20)).isoformat(), None, MICROS)[3:] == (None, None)
    assert when((RECEIVED + timedelta(seconds=20)).isoformat(), None, MICROS).occurred == MICROS
