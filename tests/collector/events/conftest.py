"""A data folder that requests of events are sent to, and short ways to look at what became of them."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from holdfast.collector import Applier, Inbox, Message
from holdfast.collector.events.loader import EventsHandler
from holdfast.lake import Lake
from holdfast.settings import Settings

Object = dict[str, Any]
NOW = 1_795_000_000_000_000
"""Unix microseconds: 18 November 2026."""


class Product:
    """A product that sends events, and the data folder that they go to."""

    def __init__(self, data: Path, settings: Settings | None = None) -> None:
        self.data, self.settings = data, settings or Settings()
        self.lake = Lake(data / "lake")
        self.clock = itertools.count(NOW, 1_000_000)
        self.open()

    def open(self) -> None:
        self.inbox = Inbox(self.data)
        self.handler = EventsHandler(self.data, self.settings)
        self.applier = Applier(self.inbox, {"segment": self.handler})

    def close(self) -> None:
        self.handler.close()
        self.inbox.close()

    def restart(self) -> None:
        self.close()
        self.open()

    def put(
        self, *calls: Any, source: str = "web", endpoint: str = "batch", at: int | None = None, **outer: Any
    ) -> int:
        """One request, acknowledged and not yet applied; a single body as bytes is taken as it is."""
        body = {"batch": list(calls), **outer} if endpoint == "batch" else calls[0]
        written = calls[0] if calls and isinstance(calls[0], bytes) else json.dumps(body).encode()
        headers = {"source": source, "endpoint": endpoint}
        message = Message("segment", written, headers, next(self.clock) if at is None else at)
        return self.inbox.submit(message).result(10)

    def send(self, *calls: Any, **more: Any) -> None:
        self.put(*calls, **more)
        self.applier.apply_all()

    def rows(self, table: str = "events") -> list[Object]:
        """What stands in a table, without what Holdfast notes of its own."""
        own = {"row_key", "recorded_at", "superseded_at"}
        rows = self.lake.standing(table).sort_by("row_key").to_pylist()
        return [{name: value for name, value in row.items() if name not in own} for row in rows]

    def pairs(self, table: str, *names: str) -> list[tuple[Any, ...]]:
        return sorted((tuple(row[name] for name in names) for row in self.rows(table)), key=repr)


def track(message_id: str | None, name: str = "Opened", user: Any = "u1", **more: Any) -> Object:
    call = {"type": "track", "event": name, "userId": user, "properties": {}, **more}
    return call if message_id is None else call | {"messageId": message_id}


@pytest.fixture
def product(tmp_path: Path) -> Iterator[Product]:
    one = Product(tmp_path / "data")
    yield one
    one.close()
