"""The loader of events is ended at every step of its work: nothing is lost, nothing is stored twice."""

from __future__ import annotations

import itertools
import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from holdfast.collector import Inbox, Message
from holdfast.collector.events.book import Book
from holdfast.collector.events.status import arrivals
from holdfast.errors import LakeError
from holdfast.lake import Lake
from tests.collector.events.conftest import Product, track

SRC = Path(__file__).resolve().parents[2] / "src"
TABLES = ("events", "identities", "memberships", "users", "accounts", "account_attributes", "trials")


class Killed(BaseException):
    """The process is gone."""


class Fuse:
    """Ends the process at the step with that number."""

    def __init__(self, step: int) -> None:
        self.step, self.steps = step, itertools.count()
        self.burnt = False

    def pass_by(self) -> None:
        if not self.burnt and next(self.steps) == self.step:
            self.burnt = True
            raise Killed

    def around(self, patch: pytest.MonkeyPatch, owner: Any, name: str) -> None:
        real: Callable[..., Any] = getattr(owner, name)

        def call(*arguments: Any, **more: Any) -> Any:
            self.pass_by()
            result = real(*arguments, **more)
            self.pass_by()
            return result

        patch.setattr(owner, name, call)

    def around_transactions(self, patch: pytest.MonkeyPatch) -> None:
        real = Book.transaction

        @contextmanager
        def transaction(book: Book) -> Iterator[None]:
            self.pass_by()
            with real(book):
                yield
                self.pass_by()
            self.pass_by()

        patch.setattr(Book, "transaction", transaction)


def requests() -> list[list[Any]]:
    group = {
        "type": "group",
        "messageId": "g",
        "userId": "u1",
        "groupId": "acct",
        "traits": {"name": "Initech", "plan": "pro"},
    }
    person = {"type": "identify", "messageId": "i", "userId": "u1", "anonymousId": "x", "traits": {"email": "a@b.c"}}
    return [
        [track("a"), person, 7],
        [track("a"), track("a", properties={"n": 1}), group],
        [track(None), track("b", "Trial Started", context={"groupId": "acct"})],
    ]


def state(product: Product) -> dict[str, Any]:
    return {table: product.rows(table) for table in TABLES}


def whole(product: Product, wanted: dict[str, Any]) -> None:
    assert state(product) == wanted
    (one,) = arrivals(product.data, count=True).sources
    assert one.holds
    assert (one.received, one.accepted, one.rejected, one.duplicate, one.conflict) == (8, 5, 1, 1, 1)
    assert (one.loaded, one.pending) == (5, 0)


def begun(folder: Path) -> Product:
    """A product whose inbox always has the same name, so that assigned ids can be compared."""
    (folder / "inbox").mkdir(parents=True)
    (folder / "inbox" / "id").write_text("0123456789abcdef")
    return Product(folder)


def ended_at(product: Product, step: int) -> bool:
    """Send and load everything, as far as the process lives. Returns whether it was ended."""
    fuse = Fuse(step)
    first, *others = requests()
    with pytest.MonkeyPatch.context() as patch, suppress(Killed):
        for owner, name in ((Lake, "append"), (Lake, "record"), (Inbox, "finish")):
            fuse.around(patch, owner, name)
        fuse.around_transactions(patch)
        product.put(*first)
        product.applier.apply_all()
        for calls in others:
            product.put(*calls)
        product.applier.apply_all()
    return fuse.burnt


@pytest.mark.parametrize("every", [9, 1])
def test_ended_at_every_step(tmp_path: Path, every: int) -> None:
    reference = begun(tmp_path / "reference")
    assert not ended_at(reference, -1)
    wanted = state(reference)
    whole(reference, wanted)
    reference.close()
    for step in itertools.count(0 if every == 1 else 4, every):
        product = begun(tmp_path / str(step))
        ended = ended_at(product, step)
        product.restart()
        if product.inbox.position.acknowledged == 1:
            for calls in requests()[1:]:
                product.put(*calls)
        product.applier.apply_all()
        whole(product, wanted)
        product.close()
        if not ended:
            assert step > 20
            return


def test_the_same_batch_from_eight_clients_at_once(tmp_path: Path) -> None:
    product = Product(tmp_path / "data")
    calls = [track(f"m{number}") for number in range(50)]
    threads = [threading.Thread(target=product.put, args=calls) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    product.applier.apply_all()
    assert len(product.rows()) == 50
    (one,) = arrivals(product.data, count=True).sources
    assert (one.received, one.accepted, one.duplicate, one.holds) == (400, 50, 350, True)
    product.close()


def test_a_full_disk_under_the_lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes in is acknowledged and waits, and the loader says why; it goes on when there is space again."""
    product = Product(tmp_path / "data")
    product.handler.pace = type(product.handler.pace)(0.05)  # type: ignore[misc]
    with monkeypatch.context() as patch:
        full = LakeError("cannot write: no space left on device", hint="free some space")

        def append(*_: Any) -> None:
            raise full

        patch.setattr(Lake, "append", append)
        product.applier.start()
        for number in range(5):
            product.put(track(f"m{number}"))
        for _ in range(200):
            if product.applier.waits_for:
                break
            threading.Event().wait(0.05)
        assert "no space left" in (product.applier.waits_for or "")
        product.put(track("later"))
        (one,) = arrivals(product.data, count=True).sources
        assert one.holds
        assert one.loaded == 0
        assert one.pending == one.accepted > 0
    for _ in range(400):
        if not product.inbox.pending_count:
            break
        threading.Event().wait(0.05)
    product.applier.stop()
    assert product.applier.waits_for is None
    assert len(product.rows()) == 6
    (one,) = arrivals(product.data, count=True).sources
    assert (one.loaded, one.pending, one.holds) == (6, 0, True)
    product.close()


def life() -> list[tuple[int, Any]]:
    """What happened to one company over ninety days, as (day, call)."""

    def at(day: int, call: dict[str, Any]) -> tuple[int, Any]:
        stamp = f"2026-{8 + day // 30:02}-{day % 30 + 1:02}T{day % 24:02}:00:00Z"
        return day, {"messageId": f"m{day}-{call['type']}-{call.get('event', '')}", "timestamp": stamp, **call}

    context = {"context": {"groupId": "acct"}}
    plans = [
        at(
            day,
            {
                "type": "group",
                "userId": f"u{day % 3}",
                "groupId": "acct",
                "traits": {"plan": f"p{day % 4}", "seats": day},
            },
        )
        for day in range(0, 90, 9)
    ]
    people = [
        at(
            day,
            {
                "type": "identify",
                "userId": f"u{day % 3}",
                "anonymousId": f"x{day % 4}",
                "traits": {"title": f"t{day}", "email": f"{day}@b.c"},
            },
        )
        for day in range(1, 90, 7)
    ]
    use = [at(day, {"type": "track", "event": "Opened", "userId": f"u{day % 3}", **context}) for day in range(2, 90, 5)]
    story = [
        at(3, {"type": "track", "event": "Trial Started", "userId": "u0", **context}),
        at(20, {"type": "track", "event": "Trial Ended", "userId": "u0", **context}),
        at(25, {"type": "track", "event": "Trial Started", "userId": "u1", **context}),
        at(60, {"type": "track", "event": "Account Removed User", "userId": "u1", **context}),
        at(70, {"type": "track", "event": "Account Added User", "userId": "u1", **context}),
        at(75, {"type": "track", "event": "Account Removed User", "userId": "u2", **context}),
        at(5, {"type": "alias", "userId": "u2", "previousId": "x9"}),
        at(1, {"type": "track", "event": "Account Created", "userId": "u0", "properties": {"name": "I"}, **context}),
    ]  # fmt: skip
    return plans + people + use + story


def in_some_order(folder: Path, seed: int) -> dict[str, Any]:
    calls, choice = [call for _, call in life()], random.Random(seed)
    if seed:
        choice.shuffle(calls)
    product = Product(folder)
    while calls:
        size = choice.randint(1, 30)
        product.send(*calls[:size], *calls[: choice.randint(0, 2)])
        calls = calls[size:]
    found = state(product)
    for row in found["events"]:
        del row["received_at"]
    assert all(one.holds for one in arrivals(product.data, count=True).sources)
    product.close()
    return found


@pytest.mark.parametrize("orders", [1, 20])
def test_any_order_leads_to_the_same_tables(tmp_path: Path, orders: int) -> None:
    wanted = in_some_order(tmp_path / "in-order", 0)
    assert len(wanted["trials"]) == 2
    assert {row["valid_to_day"] is None for row in wanted["memberships"]} == {True, False}
    for seed in range(1, orders + 1):
        assert in_some_order(tmp_path / str(seed), seed) == wanted, seed


LOADING = """
import sys
from pathlib import Path
from holdfast.collector import Applier, Inbox
from holdfast.collector.events.loader import EventsHandler
from holdfast.settings import Settings
data = Path(sys.argv[1])
inbox = Inbox(data)
Applier(inbox, {"segment": EventsHandler(data, Settings())}).apply_all()
inbox.close()
"""
CALLS = ("fdatasync", "fsync", "pwrite64", "rename,renameat2", "linkat", "unlink")


@pytest.mark.parametrize("call", CALLS)
def test_killed_at_a_system_call(tmp_path: Path, call: str) -> None:
    """The kernel ends the process at the Nth call; the next process finds everything, once."""
    which = subprocess.run(["which", "strace"], capture_output=True, check=False)
    if which.returncode:
        pytest.skip("strace is not installed")
    step = 1
    while step <= 30:
        product = Product(tmp_path / f"{call[:6]}{step}")
        for calls in requests():
            product.put(*calls)
        product.close()
        command = [
            "strace",
            "-f",
            "--seccomp-bpf",
            "-qq",
            "-o",
            "/dev/null",
            "-e",
            f"inject={call}:signal=SIGKILL:when={step}",
        ]
        done = subprocess.run(
            [*command, sys.executable, "-c", LOADING, str(product.data)],
            env=os.environ | {"PYTHONPATH": str(SRC)}, capture_output=True, check=False,
        )  # fmt: skip
        product.open()
        product.applier.apply_all()
        assert len(product.rows()) == 5
        (one,) = arrivals(product.data, count=True).sources
        assert (one.received, one.loaded, one.holds) == (8, 5, True), (call, step)
        product.close()
        if done.returncode == 0:
            return
        assert done.returncode in {-signal.SIGKILL, 128 + signal.SIGKILL}, done.stderr
        step *= 2


def test_a_message_that_is_read_twice_is_not_stored_twice(tmp_path: Path) -> None:
    """The inbox hands out again what was loaded before."""
    product = Product(tmp_path / "data")
    messages = [
        Message("segment", b'{"event": "Opened", "userId": "u"}', {"source": "web", "endpoint": "track"})
        for _ in range(3)
    ]
    for message in messages:
        product.inbox.submit(message).result(10)
    stored = product.inbox.pending(10)
    product.applier.apply_all()
    for batch in (stored, stored[:1], stored[1:]):
        product.handler(batch)
    assert len(product.rows()) == 3
    (one,) = arrivals(product.data, count=True).sources
    assert (one.received, one.accepted, one.loaded, one.holds) == (3, 3, 3, True)
    product.close()
