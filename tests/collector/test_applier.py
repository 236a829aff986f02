"""Messages are applied in order; what goes wrong elsewhere makes them wait, what is wrong with them sets them aside."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from holdfast.collector import Applier, Inbox, Message, Stored
from holdfast.collector.applier import Pace, Verdict
from holdfast.errors import LakeError


@pytest.fixture
def inbox(tmp_path: Path) -> Iterator[Inbox]:
    one = Inbox(tmp_path)
    yield one
    one.close()


def fill(inbox: Inbox, *bodies: bytes, kind: str = "test") -> None:
    for body in bodies:
        inbox.submit(Message(kind, body)).result(5)


def test_in_order_and_by_kind(inbox: Inbox) -> None:
    seen: list[tuple[str, list[int]]] = []

    def handler(kind: str) -> object:
        return lambda messages: seen.append((kind, [one.number for one in messages])) or Verdict(touched={kind})

    fill(inbox, b"1", b"2", kind="a")
    fill(inbox, b"3", kind="b")
    fill(inbox, b"4", kind="a")
    fill(inbox, b"5", kind="c")
    touched: list[set[str]] = []
    Applier(inbox, {"a": handler("a"), "b": handler("b")}, touched.append).apply_all()  # type: ignore[dict-item]
    assert seen == [("a", [1, 2]), ("b", [3]), ("a", [4])]
    assert touched == [{"a"}, {"b"}, {"a"}]
    assert [number for number, *_ in inbox.refused()] == [5]


def test_one_that_cannot_be_applied_is_found_and_the_others_go_in(inbox: Inbox) -> None:
    done: list[int] = []

    def handler(messages: Sequence[Stored]) -> Verdict:
        if any(one.message.body == b"bad" for one in messages):
            raise KeyError("secret content")
        done.extend(one.number for one in messages)
        return Verdict()

    fill(inbox, b"1", b"2", b"bad", b"4", b"5", b"bad", b"7")
    Applier(inbox, {"test": handler}).apply_all()
    assert done == [1, 2, 4, 5, 7]
    assert inbox.refused() == [
        (3, "test", "it cannot be applied: KeyError"),
        (6, "test", "it cannot be applied: KeyError"),
    ]


@pytest.mark.parametrize("error", [LakeError("no space"), RuntimeError("the engine is gone")])
def test_what_goes_wrong_elsewhere_makes_messages_wait(inbox: Inbox, error: Exception) -> None:
    wrong = [error]

    def handler(messages: Sequence[Stored]) -> Verdict:
        if wrong:
            raise wrong.pop()
        return Verdict()

    fill(inbox, b"1", b"2")
    applier = Applier(inbox, {"test": handler})
    applier.start()
    until = time.monotonic() + 10
    said = set()
    while inbox.pending_count and time.monotonic() < until:
        said.add(applier.waits_for)
        time.sleep(0.01)
    applier.stop()
    assert inbox.pending_count == 0
    assert inbox.refused() == []
    assert any(said - {None})
    assert applier.waits_for is None


def test_a_handler_with_a_pace_takes_many_at_once_and_others_do_not_wait(inbox: Inbox) -> None:
    batches: list[tuple[float, int]] = []

    class Slow:
        pace = Pace(seconds=0.5, messages=50)

        def __call__(self, messages: Sequence[Stored]) -> Verdict:
            batches.append((time.monotonic(), len(messages)))
            return Verdict()

    applier = Applier(inbox, {"slow": Slow()})
    applier.start()
    for number in range(20):
        fill(inbox, b"%d" % number, kind="slow")
        time.sleep(0.02)
    until = time.monotonic() + 10
    while inbox.pending_count and time.monotonic() < until:
        time.sleep(0.01)
    began = time.monotonic()
    for waiting in [inbox.submit(Message("slow", b"x")) for _ in range(60)]:
        waiting.result(5)
    while len(batches) < 3 or sum(count for _, count in batches) < 80:
        assert time.monotonic() < until
        time.sleep(0.01)
    applier.stop()
    assert sum(count for _, count in batches) == 80
    assert batches[1][0] - batches[0][0] >= 0.45, "few messages wait for more"
    assert max(count for at, count in batches if at >= began) <= 50
