"""The write keys that are valid now, at hand without asking the database."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from base64 import b64decode
from binascii import Error as NotBase64
from datetime import UTC, datetime

from holdfast.errors import HoldfastError
from holdfast.state.keys import Key, Keys, looks_like_key
from holdfast.state.secret import hashed

log = logging.getLogger("holdfast.collector")

EVERY_SECONDS = 1.0
"""After so long a key that was revoked is refused."""
PAUSE_SECONDS = 0.05
"""Between two questions to the database about keys that are not known."""
NOTE_EVERY_SECONDS = 60.0
HEADERS = 1_000
"""That are remembered until the next look at the database."""


class KeyRing:
    """Keys by their hash. A new one is found at once, a revoked one refused within a second."""

    def __init__(self, keys: Keys) -> None:
        self.keys = keys
        self._used: dict[str, float] = {}
        self._asking: asyncio.Task[None] | None = None
        self._task: asyncio.Task[None] | None = None
        self.refresh()

    def refresh(self) -> None:
        self._known = self.keys.valid("write")
        self._by_header: dict[bytes, Key] = {}

    def valid(self) -> list[Key]:
        return list(self._known.values())

    def find(self, text: str) -> Key | None:
        """The key, where it was valid when the database was last asked."""
        key = self._known.get(hashed(text))
        if key is not None:
            self._used[key.id] = time.time()
        return key

    def find_by_header(self, header: bytes) -> Key | None:
        """The key in a header of Basic authentication, which senders repeat with every request."""
        key = self._by_header.get(header)
        if key is not None:
            self._used[key.id] = time.time()
        elif (text := basic_user(header)) is not None and (key := self.find(text)) is not None:
            self._remember(header, key)
        return key

    def _remember(self, header: bytes, key: Key) -> None:
        if len(self._by_header) < HEADERS:
            self._by_header[header] = key

    async def ask(self, text: str) -> Key | None:
        """The key, as the database has it now: one that was made a moment ago is not turned away."""
        if not looks_like_key(text):
            return None
        if self._asking is None:
            self._asking = asyncio.create_task(self._ask())
        await asyncio.shield(self._asking)
        return self.find(text)

    async def _ask(self) -> None:
        """Everybody who comes before the question is asked shares its answer."""
        await asyncio.sleep(PAUSE_SECONDS)
        self._asking = None
        await self._refreshed()

    async def _refreshed(self) -> None:
        try:
            await asyncio.to_thread(self.refresh)
        except HoldfastError as error:
            log.warning("the keys stay as they were: %s", error.message)

    def start(self) -> None:
        self._task = asyncio.create_task(self._keep_current())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        self.note_used()

    async def _keep_current(self) -> None:
        noted = time.monotonic()
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            await self._refreshed()
            if time.monotonic() - noted > NOTE_EVERY_SECONDS:
                noted = time.monotonic()
                await asyncio.to_thread(self.note_used)

    def note_used(self) -> None:
        """Write down when keys were last used; where that fails, only this is missed."""
        used, self._used = self._used, {}
        try:
            self.keys.used({one: datetime.fromtimestamp(when, UTC) for one, when in used.items()})
        except HoldfastError as error:
            log.warning("when keys were last used is not noted: %s", error.message)


def basic_user(header: bytes) -> str | None:
    """Who a header of Basic authentication names; clients send the write key so, with no password.

    >>> basic_user(b"Basic a2V5Og==")
    'key'
    """
    scheme, _, rest = header.partition(b" ")
    if scheme.lower() != b"basic":
        return None
    try:
        return b64decode(rest.strip(), validate=True).partition(b":")[0].decode()
    except (NotBase64, UnicodeDecodeError, ValueError):
        return ""
