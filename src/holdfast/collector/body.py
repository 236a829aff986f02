"""The body of a request, read only as far as it may go."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any

from holdfast.collector.patience import Patience

if TYPE_CHECKING:
    from starlette.requests import Request

GZIP = 16 + zlib.MAX_WBITS
GZIP_OVERHEAD = 1_024
"""Bytes by which packing can make a body longer."""

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]


_patience = Patience()


class TooLarge(Exception):
    """The body is longer than allowed."""


class TooSlow(Exception):
    """The body did not arrive in time."""


class NotGzip(Exception):
    """The body is not what gzip makes, or it is cut off, or its checksum does not fit."""


async def read_body(request: Request, limit: int) -> bytes:
    """The body, of which no more than `limit` bytes are ever held."""
    declared = request.headers.get("content-length", "0")
    if not declared.isdigit() or int(declared) > limit:
        raise TooLarge
    return await receive_body(request.receive, limit)


async def receive_body(receive: Receive, limit: int, *, gzip: bool = False) -> bytes:
    """As `read_body`, for whoever has looked at the headers already; with `gzip` the body is unpacked as it comes."""
    task = _patience.begin()
    try:
        return await _received(receive, _Unpacked(limit) if gzip else _Whole(limit))
    except asyncio.CancelledError as error:
        if _patience.ran_out(task):
            raise TooSlow from error
        raise
    finally:
        _patience.end(task)


async def _received(receive: Receive, taker: _Whole | _Unpacked) -> bytes:
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise TooSlow
        ended = not message.get("more_body", False)
        body = taker.take(message.get("body", b""), ended)
        if ended:
            return body


class _Whole:
    """Parts put together, up to the limit."""

    def __init__(self, limit: int) -> None:
        self.limit, self.parts, self.size = limit, list[bytes](), 0

    def take(self, part: bytes, ended: bool) -> bytes:
        """The whole where it has ended, else nothing."""
        self.size += len(part)
        if self.size > self.limit:
            raise TooLarge
        if ended and not self.parts:
            return part
        self.parts.append(part)
        return b"".join(self.parts) if ended else b""


class _Unpacked:
    """Parts unpacked as they come: neither what goes in nor what comes out goes beyond the limit."""

    def __init__(self, limit: int) -> None:
        self.packed, self.whole = _Whole(limit + GZIP_OVERHEAD), _Whole(limit)
        self.unpacker = zlib.decompressobj(GZIP)

    def take(self, part: bytes, ended: bool) -> bytes:
        self.packed.take(part, ended=False)
        self.packed.parts.clear()
        try:
            unpacked = self.unpacker.decompress(part, self.whole.limit - self.whole.size + 1)
        except zlib.error as error:
            raise NotGzip from error
        whole = self.whole.take(unpacked, ended)
        if self.unpacker.unused_data or (ended and not self.unpacker.eof):
            raise NotGzip
        return whole
