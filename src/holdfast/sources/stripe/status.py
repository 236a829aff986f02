"""How far the sync with Stripe has come, as it can be looked at while one runs."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from holdfast.errors import LakeError
from holdfast.sources.stripe.delivered import FILE as DELIVERED
from holdfast.sources.stripe.notebook import FILE as MIRROR
from holdfast.sources.stripe.side_file import FOLDER

LAST_RUN = "last_run"
"""The note about the run that ended last: when, and which events webhooks had missed."""


@dataclass(frozen=True)
class StripeStatus:
    """What is known of the sync; nothing of it asks Stripe."""

    mode: str | None = None
    """live or test; null where no sync ever began."""
    synced_at: datetime | None = None
    """When the last sync that came to its end began; what changed until then is in."""
    interrupted: bool = False
    """Whether a sync began and has not ended."""
    missed: dict[str, int] = field(default_factory=dict)
    """Events by type that the last sync found and webhooks had not brought."""
    webhooks: int = 0
    """Events of the last 90 days that webhooks brought."""
    last_webhook: datetime | None = None


def stripe_status(data: Path) -> StripeStatus:
    """The status of a data folder. Raises `LakeError` where its files cannot be read."""
    notes = {name: json.loads(value) for name, value in _rows(data, MIRROR, "SELECT name, value FROM notes")}
    count, latest = next(iter(_rows(data, DELIVERED, "SELECT count(*), max(kept_at) FROM events")), (0, None))
    last = notes.get(LAST_RUN) or {}
    upto = last.get("began") or notes.get("read_up_to")
    return StripeStatus(
        notes.get("mode"), _instant(upto), bool(notes.get("run")), last.get("missed") or {}, count, _instant(latest)
    )


def _rows(data: Path, name: str, query: str) -> list[tuple[Any, ...]]:
    path = data / FOLDER / name
    if not path.is_file():
        return []
    try:
        with closing(sqlite3.connect(path, timeout=30)) as db:
            db.execute("PRAGMA query_only = ON")
            return db.execute(query).fetchall()
    except sqlite3.Error as error:
        raise LakeError(f"cannot read {path}: {error}") from error


def _instant(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
