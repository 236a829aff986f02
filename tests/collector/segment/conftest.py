"""A collector with one source and its key, and short ways to send something to it."""

from __future__ import annotations

import asyncio
import gzip
import json
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest

from holdfast.collector import Inbox
from holdfast.collector.app import Collector, create_app
from holdfast.collector.segment import Intake, KeyRing
from holdfast.collector.signature import Secrets
from holdfast.state import Keys, open_state
from holdfast.state.database import FILE

Client = httpx.AsyncClient
TRACK = {"type": "track", "event": "Report Viewed", "userId": "u1", "messageId": "m1"}


class Served:
    """The application, called in this process."""

    def __init__(self, data: Path) -> None:
        self.inbox = Inbox(data)
        self.state = open_state(data)
        self.keys = Keys(self.state)
        self.key, self.text = self.keys.create("write", "web")
        self.collector = Collector(self.inbox, Secrets(()), ring=KeyRing(self.keys))
        assert self.collector.intake is not None
        self.intake: Intake = self.collector.intake

    def run(self, story: Callable[[Client], Awaitable[Any]]) -> Any:
        async def told() -> Any:
            transport = httpx.ASGITransport(create_app(self.collector), raise_app_exceptions=True)
            async with Client(transport=transport, base_url="http://test") as client:
                return await story(client)

        return asyncio.run(told())

    def post(self, path: str, body: object, *, key: str | None = "", **headers: str) -> httpx.Response:
        """A body as JSON, or bytes or parts as they are; with the key, another one, or None."""
        content = body if isinstance(body, bytes | AsyncIterator) else json.dumps(body).encode()
        auth = None if key is None else (key or self.text, "")
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        answer: httpx.Response = self.run(lambda one: one.post(path, content=content, headers=named, auth=auth))
        return answer

    def stored(self) -> list[bytes]:
        return [one.message.body for one in self.inbox.pending(10_000, 1 << 30)]

    def close(self) -> None:
        self.state.close()
        self.inbox.close()


@pytest.fixture(scope="session")
def empty_state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state without keys, to be copied: making its tables takes longer than most tests."""
    folder = tmp_path_factory.mktemp("state")
    open_state(folder).close()
    return folder / FILE


@pytest.fixture
def served(tmp_path: Path, empty_state: Path) -> Iterator[Served]:
    (tmp_path / "data").mkdir()
    shutil.copy(empty_state, tmp_path / "data")
    one = Served(tmp_path / "data")
    yield one
    one.close()


def code(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of an error, whose form is checked."""
    told = answer.json()
    assert set(told) == {"code", "message"}
    return answer.status_code, told["code"]


async def parts(pieces: Sequence[bytes]) -> AsyncIterator[bytes]:
    for one in pieces:
        yield one


def packed(body: object) -> bytes:
    return gzip.compress(json.dumps(body).encode())
