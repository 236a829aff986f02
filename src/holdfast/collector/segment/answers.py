"""What senders are told: exactly what Segment's and RudderStack's clients expect, ready to be sent."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from holdfast.collector.body import Receive

LINGER_SECONDS, LINGER_BYTES = 2.0, 16 << 20
"""How much of a body that is too long is still let in, and thrown away, after the answer."""

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

CORS: Headers = [(b"access-control-allow-origin", b"*"), (b"access-control-expose-headers", b"retry-after")]
"""Any page may send, and no cookie takes part: what counts is the write key."""
KNOWN_HEADERS = b"authorization, content-type, content-encoding, x-retry-count, anonymousid, sentat"
_HEADER_NAMES = re.compile(rb"[A-Za-z0-9_, -]{1,1000}")


@dataclass(frozen=True)
class Answer:
    """A status with its body, made once and sent often."""

    status: int
    body: bytes = b""
    more: Headers = field(default_factory=list)
    code: str = "ok"
    """By which it is counted."""
    headers: Headers = field(init=False)

    def __post_init__(self) -> None:
        typed = [(b"content-type", b"application/json")] if self.body else []
        length = [] if self.status == 204 else [(b"content-length", str(len(self.body)).encode())]
        object.__setattr__(self, "headers", [*typed, *length, *self.more])

    async def send(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        await send({"type": "http.response.body", "body": self.body})

    async def send_and_hang_up(self, send: Send, receive: Receive) -> None:
        """For a body that was not read to its end: answer, let the sender come to its end for a while, and hang up.

        Whoever is cut off while it still sends may never read the answer, and would send the same again.
        """
        headers = [*self.headers, (b"connection", b"close")]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body, "more_body": True})
        await _let_end(receive)
        await send({"type": "http.response.body", "body": b""})


async def _let_end(receive: Receive) -> None:
    ignored = 0
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LINGER_SECONDS):
            while (message := await receive()).get("more_body") and ignored < LINGER_BYTES:
                ignored += len(message["body"])


def success(body: object, *more: tuple[bytes, bytes]) -> Answer:
    return Answer(200, msgspec.json.encode(body), [*CORS, *more])


def refused(status: int, code: str, message: str, *, retry_after: int | None = None) -> Answer:
    """An error as clients read it.

    >>> refused(400, "invalid_json", "the body is not JSON").body
    b'{"code":"invalid_json","message":"the body is not JSON"}'
    """
    later = [] if retry_after is None else [(b"retry-after", str(retry_after).encode())]
    return Answer(status, msgspec.json.encode({"code": code, "message": message}), [*CORS, *later], code)


def may_send(asked: bytes = b"") -> Answer:
    """The answer to a browser that asks whether it may. Whichever headers it names: SDKs add new ones, none matters.

    >>> dict(may_send(b"rsa-something").headers)[b"access-control-allow-headers"].split(b", ")[-1]
    b'rsa-something'
    """
    names = [KNOWN_HEADERS, asked] if _HEADER_NAMES.fullmatch(asked) else [KNOWN_HEADERS]
    allowed = [
        (b"access-control-allow-methods", b"GET, POST, OPTIONS"),
        (b"access-control-allow-headers", b", ".join(names)),
        (b"access-control-max-age", b"86400"),
    ]
    return Answer(204, b"", [*CORS, *allowed], "preflight")


STORED = Answer(200, b'{"success": true}', CORS)
NO_KEY = refused(
    401, "no_write_key", "send the write key by Basic authentication (as user, with no password) or as writeKey"
)
UNKNOWN_KEY = refused(401, "invalid_write_key", "this write key is not known here, or it is revoked")
NOT_POST = refused(405, "method_not_allowed", "send events with POST")
NO_SOURCE = refused(404, "no_source", "this write key is not known here, or it is revoked")
TOO_SLOW = refused(408, "too_slow", "the body did not arrive in time")
NOT_GZIP = refused(400, "invalid_gzip", "the body is not gzip, or it is cut off, or its checksum does not fit")
BAD_ENCODING = refused(400, "unknown_encoding", "the content encoding is neither gzip nor identity")
BAD_LENGTH = refused(400, "invalid_length", "the content length is not a number")
FULL = refused(503, "full", "the inbox is full: send again later", retry_after=10)
BUSY = refused(503, "busy", "too much arrives at this moment: send again later", retry_after=5)
NOT_STORED = refused(503, "not_stored", "the events could not be stored: send again later", retry_after=10)
OVER_SHARE = refused(429, "over_share", "this source sends more than its share: send again later", retry_after=5)
