"""The side file begun anew from the lake, where it was lost: no event that the lake holds is stored again."""

from __future__ import annotations

import logging
import time
from pathlib import Path

from holdfast.collector.events.book import KEPT_SECONDS, Book
from holdfast.collector.events.event import key_of
from holdfast.lake import Lake
from holdfast.lake.duck import quiet_connection

log = logging.getLogger("holdfast.collector")

TOGETHER = 100_000
_COUNTS = """
SELECT source, epoch_us(received_at) // 86400000000 AS day, count(*), max(epoch_us(received_at))
FROM read_parquet($files) WHERE received_at IS NOT NULL GROUP BY ALL
"""
_IDS = """
SELECT source, message_id, epoch_us(received_at) // 1000000 FROM read_parquet($files)
WHERE epoch_us(received_at) // 1000000 > $since
"""


def opened(data: Path, lake: Lake) -> Book:
    """The side file, filled from the lake where it is new and the lake is not."""
    book = Book(data)
    position = lake.transaction("events", book.application)
    if position is not None and book.is_new:
        try:
            _restore(book, lake.files("events"), position)
        except BaseException:
            book.close()
            raise
        log.warning("%s was missing: it was begun anew from the lake, without what had been rejected", book.path)
    return book


def _restore(book: Book, files: list[str], position: int) -> None:
    with book.transaction(), quiet_connection() as db:
        for source, day, count, last_at in db.execute(_COUNTS, {"files": files}).fetchall():
            book.count(source, day, received=count, accepted=count, loaded=count, last_at=last_at)
        found = db.execute(_IDS, {"files": files, "since": int(time.time()) - KEPT_SECONDS})
        while rows := found.fetchmany(TOGETHER):
            book.db.executemany(
                "INSERT OR IGNORE INTO seen VALUES (?, 0, 0, NULL, ?)",
                [(key_of(source, message_id), second) for source, message_id, second in rows],
            )
        book.set_note("decided", position)
        book.set_note("loaded", position)
