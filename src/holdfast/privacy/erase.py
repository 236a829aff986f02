"""Erasing people and accounts: from every file of a data folder, now and for whatever comes in later."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from holdfast.collector.events.book import FILE as BOOK
from holdfast.collector.events.book import FOLDER as EVENTS
from holdfast.errors import InputError
from holdfast.facts import TABLES
from holdfast.lake import Lake
from holdfast.lake.erased import ACCOUNTS, PEOPLE, Erased
from holdfast.lake.rewrite import clean_log, holds, joining_alone, rewrite, tables_in
from holdfast.privacy.certificate import Certificate, StoreDone
from holdfast.privacy.counts import recount
from holdfast.privacy.databases import databases_in, erase_in_database, forget_contents
from holdfast.privacy.files import erase_in_published, erase_in_rejects, erase_uploads
from holdfast.privacy.journal import Journal, found_journal, privacy_alone
from holdfast.privacy.rows import RowEraser
from holdfast.privacy.settling import refresh_usage, settle
from holdfast.privacy.subject import Subject, find_subject
from holdfast.sources.ids import usable
from holdfast.sources.stripe.side_file import FOLDER as STRIPE
from holdfast.sources.stripe.side_file import stripe_alone

ROLLUPS, USAGE, SCRATCH = "rollups", "usage_daily", "_scratch"
SYNC_SECONDS = 900.0
Show = Callable[[str], None]


def erase(
    data: Path,
    *,
    users: Iterable[str] = (),
    accounts: Iterable[str] = (),
    forget_use: bool = False,
    show: Show = lambda doing: None,
) -> Certificate:
    """Erase people and accounts. An erasure that was interrupted is completed first; nobody else need be named then.

    What they did keeps counting under random ids, unless `forget_use` removes it.
    """
    wanted = [("user", one) for one in users] + [("account", one) for one in accounts]
    if wanted or not unfinished(data):
        _check(data, wanted)
    with privacy_alone(data):
        completed = _complete(data, show)
        return completed if completed and not wanted else _erased(data, wanted, forget_use, show)


def erase_again(data: Path, *, show: Show = lambda doing: None) -> Certificate | None:
    """Erase everybody anew who was ever erased: after a backup was restored. None where nobody is there."""
    with privacy_alone(data):
        _complete(data, show)
        wanted = _returned(data)
        return _erased(data, wanted, False, show) if wanted else None


def unfinished(data: Path) -> bool:
    """Whether an erasure was interrupted, and waits to be completed."""
    return found_journal(data) is not None


def _check(data: Path, wanted: list[tuple[str, str]]) -> None:
    if not data.is_dir():
        raise InputError(f"there is no data folder {data}", hint="name one with --data DIR")
    if not wanted:
        raise InputError(
            "nobody was named to erase", hint="name a person with --user ID, or an account with --account ID"
        )
    for _, one in wanted:
        if not usable(one):
            raise InputError(f"{one!r} names nobody: programs write it where they have no id")


def _complete(data: Path, show: Show) -> Certificate | None:
    journal = found_journal(data)
    if journal is None:
        return None
    show("completing an erasure that was interrupted")
    journal.certificate.resumed = True
    return _run(journal, show)


def _erased(data: Path, wanted: list[tuple[str, str]], forget_use: bool, show: Show) -> Certificate:
    lake, now = Lake(data / "lake"), datetime.now(UTC)
    show("looking for what is stored")
    users, accounts = ([one for kind, one in wanted if kind == which] for which in ("user", "account"))
    settle(data)
    subject = find_subject(lake, users=users, accounts=accounts)
    certificate = Certificate(f"{now:%Y%m%d}-{uuid4().hex[:8]}", _text(now), forget_use=forget_use)
    journal = Journal(data, subject, certificate)
    journal.write()
    erased = Erased(data)
    erased.add(subject.people, subject.accounts)
    names = {"user": "person", "account": "account"}
    certificate.asked = [{"kind": kind, "hash": erased.hashed(names[kind], one)} for kind, one in wanted]
    certificate.notes += sorted(set(subject.notes))
    journal.write()
    return _run(journal, show)


def _run(journal: Journal, show: Show) -> Certificate:
    """Everything that an erasure does; each step done again changes nothing."""
    data, subject, certificate = journal.data, journal.subject, journal.certificate
    lake = Lake(data / "lake")
    Erased(data).add(subject.people, subject.accounts)
    show("applying what waits in the inbox")
    settle(data)
    with joining_alone(lake.root), lake.writing():
        if lake.version(f"{ROLLUPS}/{USAGE}") is not None:
            refresh_usage(lake)
        for path in tables_in(lake.root):
            show(f"erasing from {path.name}")
            _count(journal, _erase_in_table(data, lake, path, journal))
        _count(journal, _erase_in_scratch(lake, subject))
    with _no_sync(data):
        for path in databases_in(data):
            show(f"erasing from {path.name}")
            _count(journal, erase_in_database(path, subject, str(path.relative_to(data))))
    _count(journal, erase_in_rejects(data, subject))
    _count(journal, erase_in_published(data, subject))
    _count(journal, erase_uploads(data))
    recount(data, lake)
    certificate.completed_at = _text(datetime.now(UTC))
    certificate.save(data)
    journal.finish()
    return certificate


def _no_sync(data: Path) -> AbstractContextManager[None]:
    """A sync that began before has ended: what it holds in memory it writes down under the old ids."""
    return stripe_alone(data, SYNC_SECONDS) if (data / STRIPE).is_dir() else nullcontext()


def _count(journal: Journal, done: StoreDone) -> None:
    journal.certificate.add(done)
    if done.anything:
        journal.write()


def _erase_in_table(data: Path, lake: Lake, path: Path, journal: Journal) -> StoreDone:
    subject, name = journal.subject, path.name
    store = StoreDone(str(path.relative_to(lake.root)))
    if subject.accounts and store.store.startswith(f"{ROLLUPS}/") and name != USAGE:
        store.files_deleted = sum(1 for _ in path.rglob("*.parquet"))
        shutil.rmtree(path)  # made anew from the facts, under the new ids, when it is asked for
        return store
    eraser = RowEraser(name, subject, forget_use=journal.certificate.forget_use)

    def before_commit() -> None:
        forget_contents(data / EVENTS / BOOK, eraser.done.keys)
        eraser.done.keys = []

    done = rewrite(path, eraser.looked, eraser.change, before_commit)
    cleaned = clean_log(path, eraser.named, eraser.words.replaced)
    store.rows_changed, store.rows_removed = eraser.done.changed, eraser.done.removed
    store.files_rewritten, store.files_deleted = done.files + cleaned, done.deleted
    return store


def _erase_in_scratch(lake: Lake, subject: Subject) -> StoreDone:
    """What an open workspace computed for itself: it computes it anew, from the facts as they are now."""
    done, eraser = StoreDone(SCRATCH), RowEraser(SCRATCH, subject)
    for file in sorted((lake.root / SCRATCH).rglob("*.parquet")):
        if holds(file, eraser.looked):
            file.unlink(missing_ok=True)
            done.files_deleted += 1
    return done


def _returned(data: Path) -> list[tuple[str, str]]:
    """Ids of erased people and accounts that are in the lake again."""
    lake, found = Lake(data / "lake"), set[tuple[str, str]]()
    if not lake.erased:
        return []
    for name, table in TABLES.items():
        columns = [one.name for one in table.columns if one.name in {*PEOPLE, *ACCOUNTS}]
        if table.derived or not columns or lake.version(name) is None:
            continue
        rows = lake.read(name, columns)
        for column in columns:
            for one in rows[column].unique().to_pylist():
                if column in PEOPLE and lake.erased.person(one):
                    found.add(("user", one))
                if column in ACCOUNTS and lake.erased.account(one):
                    found.add(("account", one))
    return sorted(found)


def _text(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
