"""What is acknowledged is on the disk, once, under a number of its own; what is not applied stays."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import sqlite3
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from holdfast.collector import Inbox, Message
from holdfast.collector.inbox import InboxUnavailable
from holdfast.collector.ledger import Ledger, Position
from holdfast.collector.sqlite import checked, sqlite
from holdfast.errors import LakeError, MissingExtra


def fill(inbox: Inbox, count: int, size: int = 100) -> list[int]:
    waiting = [inbox.submit(Message("test", b"%d " % number + b"x" * size)) for number in range(count)]
    return [one.result(20) for one in waiting]


def numbers(inbox: Inbox) -> list[int]:
    return [one.number for one in inbox.pending(100_000)]


def crashed(data: Path, to: Path) -> Path:
    """A copy of the files as they are on the disk while the inbox is open."""
    shutil.copytree(data, to)
    return to


def test_numbers_have_no_gaps_and_messages_come_back_as_they_were(tmp_path: Path) -> None:
    message = Message("test", b"\x00\xff body", {"content-type": "text/plain"})
    inbox = Inbox(tmp_path)
    assert fill(inbox, 3) == [1, 2, 3]
    assert inbox.submit(message).result(5) == 4
    inbox.close()
    inbox = Inbox(tmp_path)
    assert numbers(inbox) == [1, 2, 3, 4]
    assert inbox.pending(10)[-1].message == message
    assert fill(inbox, 1) == [5]
    inbox.close()


def test_what_is_applied_goes_and_what_is_refused_is_kept_with_its_reason(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path)
    fill(inbox, 5)
    inbox.finish(4, {2: "it makes no sense"})
    assert numbers(inbox) == [5]
    assert inbox.refused() == [(2, "test", "it makes no sense")]
    assert inbox.position == Position(5, 4)
    inbox.close()
    inbox = Inbox(tmp_path)
    assert fill(inbox, 1) == [6]
    assert inbox.losses().messages == 0
    inbox.close()


def test_many_senders_at_once_are_each_stored_once_in_few_commits(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path)
    commits: list[int] = []
    commit = inbox._commit
    inbox._commit = lambda jobs: (commits.append(len(jobs)), commit(jobs))[1]  # type: ignore[assignment, method-assign]

    async def send() -> list[int]:
        return await asyncio.gather(*(inbox.put(Message("test", b"%d" % number)) for number in range(2_000)))

    threads = [threading.Thread(target=fill, args=(inbox, 200)) for _ in range(4)]
    for one in threads:
        one.start()
    told = asyncio.run(send())
    for one in threads:
        one.join()
    assert len(set(told)) == 2_000
    assert numbers(inbox) == list(range(1, 2_801))
    assert sum(commits) == 2_800
    assert len(commits) < 700
    inbox.close()


def test_a_full_disk_is_told_and_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path)
    fill(inbox, 10)
    pages = inbox._db.execute("PRAGMA page_count").fetchone()[0]
    inbox._db.execute(f"PRAGMA max_page_count = {pages + 5}")
    refused = 0
    for number in range(20):
        try:
            inbox.submit(Message("test", os.urandom(8_000))).result(10)
        except InboxUnavailable:
            refused += 1
            inbox._db.execute(f"PRAGMA max_page_count = {pages + 5 + (number > 10) * 100}")
    acknowledged = 10 + 20 - refused
    assert 0 < refused < 20
    assert inbox.broken is None
    assert numbers(inbox) == list(range(1, acknowledged + 1))
    inbox.close()


def test_too_much_that_waits_is_put_off_until_it_is_applied(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path, most_bytes=1_000)
    fill(inbox, 10)
    with pytest.raises(InboxUnavailable, match="full"):
        inbox.submit(Message("test", b"x"))
    inbox.finish(10)
    assert fill(inbox, 1) == [11]
    inbox.close()


def test_a_second_process_is_refused_by_name(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path)
    with pytest.raises(LakeError, match=str(os.getpid())):
        Inbox(tmp_path)
    inbox.close()
    Inbox(tmp_path).close()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    with pytest.raises(LakeError, match="inbox"):
        Inbox(tmp_path / "data")


def test_a_log_that_lost_its_end_is_noticed_and_named(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path / "data")
    for _ in range(20):
        fill(inbox, 1, 2_000)
    copy = crashed(tmp_path / "data", tmp_path / "copy")
    inbox.close()
    log = copy / "inbox" / "inbox.sqlite-wal"
    os.truncate(log, log.stat().st_size // 2)
    again = Inbox(copy)
    here, losses = numbers(again), again.losses()
    assert 0 < len(here) < 20
    assert losses.runs == [(len(here) + 1, 20, "the message is no longer in the inbox")]
    assert fill(again, 1) == [21]
    again.close()
    third = Inbox(copy)
    assert (third.losses().messages, numbers(third)) == (20 - len(here), [*here, 21])
    third.close()


def test_a_log_that_lost_what_was_applied_already_is_no_loss(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path / "data")
    for _ in range(10):
        fill(inbox, 1)
    inbox.finish(10)
    copy = crashed(tmp_path / "data", tmp_path / "copy")
    inbox.close()
    log = copy / "inbox" / "inbox.sqlite-wal"
    os.truncate(log, log.stat().st_size // 2)
    again = Inbox(copy)
    assert again.losses().messages == 0
    assert fill(again, 1) == [11]
    again.close()


@pytest.mark.parametrize("seed", range(8))
def test_flipped_bits_and_cut_files_lose_nothing_in_silence(tmp_path: Path, seed: int) -> None:
    """Everything is either there as it was, or named as lost; and the inbox opens."""
    chance = random.Random(seed)
    inbox = Inbox(tmp_path / "data")
    fill(inbox, 60, 700)
    inbox.finish(10)
    sent = {one.number: one.message for one in inbox.pending(100)}
    if seed % 2:
        inbox._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    copy = crashed(tmp_path / "data", tmp_path / "copy")
    inbox.close()
    name = "inbox.sqlite" if seed % 2 else "inbox.sqlite-wal"
    path = copy / "inbox" / name
    content = bytearray(path.read_bytes())
    if seed % 3 == 0:
        content = content[: chance.randrange(len(content))]
    else:
        for _ in range(3):
            content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    path.write_bytes(content)
    again = Inbox(copy)
    here = {one.number: one.message for one in again.pending(100)}
    lost = {number for first, last, _ in again.losses().runs for number in range(first, last + 1)}
    assert all(here[number] == sent.get(number, here[number]) for number in here)
    assert set(sent) <= set(here) | lost
    assert not set(here) & lost
    assert fill(again, 1) == [61]
    again.close()


def test_a_missing_database_is_a_loss_of_all_that_waited(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path)
    fill(inbox, 5)
    inbox.finish(3)
    inbox.close()
    (tmp_path / "inbox" / "inbox.sqlite").unlink()
    again = Inbox(tmp_path)
    assert [one[:2] for one in again.losses().runs] == [(4, 5)]
    again.close()


def test_a_torn_ledger_falls_back_to_the_entry_before(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger")
    ledger.write(Position(7, 3))
    ledger.write(Position(8, 3))
    ledger.close()
    content = bytearray((tmp_path / "ledger").read_bytes())
    content[10] ^= 1
    (tmp_path / "ledger").write_bytes(content)
    again = Ledger(tmp_path / "ledger")
    assert again.position == Position(7, 3)
    again.close()


def test_an_old_sqlite_is_refused_with_what_to_do() -> None:
    with pytest.raises(MissingExtra, match="pip install pysqlite3"):
        checked(SimpleNamespace(sqlite_version_info=(3, 46, 0), sqlite_version="3.46.0"))  # type: ignore[arg-type]
    assert sqlite().sqlite_version_info >= (3, 51, 3)
    assert sqlite3.sqlite_version
