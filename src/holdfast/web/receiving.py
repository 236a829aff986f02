"""Files that people send: read as they come, and no more than is allowed."""

from __future__ import annotations

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.types import Message

OVERHEAD = 64 << 10
"""Bytes of a form beside its file."""


class TooMuch(Exception):
    """More was sent than is allowed."""


async def form_of(request: Request, largest: int) -> FormData:
    """A form with a file in it, which is kept on the disk as it comes. Raises `TooMuch`."""
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length) > largest + OVERHEAD:
        raise TooMuch
    left = largest + OVERHEAD

    async def receive() -> Message:
        nonlocal left
        message = await request.receive()
        left -= len(message.get("body", b""))
        if left < 0:
            raise TooMuch
        return message

    return await Request(request.scope, receive).form(max_files=1, max_fields=20)


def file_in(form: FormData, name: str = "file") -> UploadFile | None:
    """The file of a form; None where none was chosen."""
    found = form.get(name)
    return found if isinstance(found, UploadFile) and found.filename else None
