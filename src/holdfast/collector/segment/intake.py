"""Requests of Segment's and RudderStack's clients: checked, stored, and only then answered.

A bare ASGI application, because a request is answered in a tenth of a millisecond here and a framework's
routing and wrapping would take as long again. Everything that is not its own goes on to the application behind it.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from holdfast.collector.body import GZIP_OVERHEAD, NotGzip, Receive, TooLarge, TooSlow, receive_body
from holdfast.collector.inbox import Inbox, InboxUnavailable
from holdfast.collector.message import Message
from holdfast.collector.segment import answers
from holdfast.collector.segment.answers import Answer, Send, refused, success
from holdfast.collector.segment.arrivals import Arrivals
from holdfast.collector.segment.key_ring import KeyRing, basic_user
from holdfast.collector.segment.set_up import address, rudder_source, segment_settings
from holdfast.collector.segment.shares import Shares
from holdfast.collector.segment.structure import NotARequest, Request, read_batch, read_single
from holdfast.state.keys import Key

SEGMENT = "segment"
"""The kind of these messages in the inbox."""
LARGEST_EVENT = 32 << 10
LARGEST_BATCH = 4 << 20
"""Bytes, unpacked. Segment's own limit is 500 KB, RudderStack's 4 MB, and this is the larger one."""

NAMES = ("track", "identify", "group", "page", "screen", "alias", "batch")
ENDPOINTS = {
    **{f"/v1/{name}": name for name in NAMES},
    **{f"/v1/{name[0]}": name for name in NAMES},
    "/beacon/v1/batch": "batch",
}
"""What each path takes; browsers use the short ones, and RudderStack's beacon its own."""
METRICS = "/v1/m"
RUDDER_SOURCE = "/sourceConfig"
_SETTINGS = re.compile(r"/v1/projects/([^/]+)/settings")

Scope = MutableMapping[str, Any]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


@dataclass(slots=True)
class _Head:
    """What the headers of a request say."""

    authorization: bytes = b""
    encoding: bytes = b""
    length: bytes = b""


@dataclass(slots=True)
class _Outcome:
    """What is counted of a request when it has its answer."""

    source: str = ""
    events: int = 0
    size: int = 0
    hang_up: bool = False


@dataclass
class Intake:
    """The tracking API, in front of another application."""

    inbox: Inbox
    ring: KeyRing
    arrivals: Arrivals = field(default_factory=Arrivals)
    shares: Shares = field(default_factory=Shares)

    def in_front_of(self, behind: Application) -> Application:
        """This application, with another one behind it."""

        async def application(scope: Scope, receive: Receive, send: Send) -> None:
            endpoint = ENDPOINTS.get(scope["path"]) if scope["type"] == "http" else None
            if endpoint is not None and scope["method"] == "POST":
                await self._take(endpoint, scope, receive, send)
            elif scope["type"] != "http" or not await self._asked(endpoint, scope, send):
                await behind(scope, receive, send)

        return application

    # events

    async def _take(self, endpoint: str, scope: Scope, receive: Receive, send: Send) -> None:
        outcome = _Outcome()
        answer = await self._answer(endpoint, scope, receive, outcome)
        self.arrivals.count(outcome.source, endpoint, answer, outcome.events, outcome.size)
        await (answer.send_and_hang_up(send, receive) if outcome.hang_up else answer.send(send))

    async def _answer(self, endpoint: str, scope: Scope, receive: Receive, outcome: _Outcome) -> Answer:
        """What can be said before the body is read is said then."""
        if self.inbox.full:
            return answers.FULL
        head = _head(scope["headers"])
        key = self.ring.find_by_header(head.authorization)
        if key is None and (text := _key_text(head, scope)) is not None:
            key = await self.ring.ask(text)
            if key is None:
                return answers.UNKNOWN_KEY
        if key is not None:
            outcome.source = key.source
        largest = LARGEST_BATCH if endpoint == "batch" else LARGEST_EVENT
        size = int(head.length) if head.length.isdigit() else largest
        if size > largest + GZIP_OVERHEAD:
            outcome.hang_up = True
            return _too_large(largest)
        if head.encoding not in _ENCODINGS:
            return answers.BAD_ENCODING
        put_off = self.shares.admit(outcome.source, size, self.inbox.load)
        if put_off is not None:
            return put_off
        try:
            return await self._read(endpoint, receive, key, largest, _ENCODINGS[head.encoding], outcome)
        finally:
            self.shares.release(key.source if key else "", size)

    async def _read(
        self, endpoint: str, receive: Receive, key: Key | None, largest: int, gzip: bool, outcome: _Outcome
    ) -> Answer:
        try:
            body = await receive_body(receive, largest, gzip=gzip)
            request = read_batch(body) if endpoint == "batch" else read_single(body)
        except TooLarge:
            outcome.hang_up = True
            return _too_large(largest)
        except NotGzip:
            outcome.hang_up = True
            return answers.NOT_GZIP
        except TooSlow:
            outcome.hang_up = True
            return answers.TOO_SLOW
        except NotARequest as error:
            return refused(400, error.code, error.message)
        key = key or await self._key_in(request)
        if key is None:
            return answers.UNKNOWN_KEY if request.write_key else answers.NO_KEY
        outcome.source = key.source
        return await self._store(endpoint, body, request, key, outcome)

    async def _key_in(self, request: Request) -> Key | None:
        if not request.write_key:
            return None
        return self.ring.find(request.write_key) or await self.ring.ask(request.write_key)

    async def _store(self, endpoint: str, body: bytes, request: Request, key: Key, outcome: _Outcome) -> Answer:
        try:
            await self.inbox.put(Message(SEGMENT, body, {"source": key.source, "endpoint": endpoint}))
        except InboxUnavailable:
            return answers.NOT_STORED
        outcome.events, outcome.size = request.events, len(body)
        self.shares.sent(key.source, len(body))
        return answers.STORED

    # what is asked beside that

    async def _asked(self, endpoint: str | None, scope: Scope, send: Send) -> bool:
        """Answer what browsers ask before and beside their events. False where it is none of that."""
        path, method = scope["path"], scope["method"]
        asked = _SETTINGS.fullmatch(path)
        ours = endpoint is not None or asked or path == METRICS or path.rstrip("/") == RUDDER_SOURCE
        if not ours:
            return False
        if method == "OPTIONS":
            await answers.may_send(dict(scope["headers"]).get(b"access-control-request-headers", b"")).send(send)
        elif asked:
            await (await self._settings(asked[1], scope)).send(send)
        elif path == METRICS:
            await answers.STORED.send(send)
        elif endpoint is not None:
            await answers.NOT_POST.send(send)
        else:
            await (await self._rudder(scope)).send(send)
        return True

    async def _settings(self, write_key: str, scope: Scope) -> Answer:
        if await self.ring.ask(write_key) is None:
            return answers.NO_SOURCE
        return success(segment_settings(write_key, *address(scope["headers"], scope["scheme"])), _NOT_KEPT)

    async def _rudder(self, scope: Scope) -> Answer:
        text = _key_text(_head(scope["headers"]), scope, in_address=True)
        key = None if text is None else await self.ring.ask(text)
        if text is None or key is None:
            return answers.NO_SOURCE
        return success(rudder_source(text, key.source), _NOT_KEPT)


_ENCODINGS = {b"": False, b"identity": False, b"gzip": True, b"x-gzip": True}
_NOT_KEPT = (b"cache-control", b"no-store")


def _head(headers: list[tuple[bytes, bytes]]) -> _Head:
    head = _Head()
    for name, value in headers:
        if name == b"authorization":
            head.authorization = value
        elif name == b"content-length":
            head.length = value
        elif name == b"content-encoding":
            head.encoding = value.strip().lower()
    return head


def _key_text(head: _Head, scope: Scope, *, in_address: bool = False) -> str | None:
    """The write key that the headers name; a beacon has none, and names it in its address."""
    if head.authorization and (user := basic_user(head.authorization)) is not None:
        return user
    if in_address or scope["path"].startswith("/beacon/"):
        return next(iter(parse_qs(scope["query_string"].decode("latin-1")).get("writeKey", [])), None)
    return None


def _too_large(largest: int) -> Answer:
    return refused(413, "too_large", f"the body is longer than {largest:,} bytes")
