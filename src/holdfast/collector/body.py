"""The body of a request, read only as far as it may go."""

from __future__ import annotations

import asyncio

from starlette.requests import ClientDisconnect, Request

PATIENCE_SECONDS = 20.0
"""For the whole body."""


class TooLarge(Exception):
    """The body is longer than allowed."""


class TooSlow(Exception):
    """The body did not arrive in time."""


async def read_body(request: Request, limit: int) -> bytes:
    """The body, of which no more than `limit` bytes are ever held."""
    declared = request.headers.get("content-length", "0")
    if not declared.isdigit() or int(declared) > limit:
        raise TooLarge
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await _read(request, limit)
    except (TimeoutError, ClientDisconnect) as error:
        raise TooSlow from error


async def _read(request: Request, limit: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > limit:
            raise TooLarge
        parts.append(part)
    return b"".join(parts)
