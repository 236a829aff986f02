"""Parts of a page that may not be ready when the page is sent: computed meanwhile, and fetched by its script."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from holdfast.errors import HoldfastError

if TYPE_CHECKING:
    from holdfast.web.company import Kept


@dataclass(frozen=True)
class Told:
    """What came of a computation so far: its value, why there is none, or nothing yet."""

    value: Any = None
    error: HoldfastError | None = None


@dataclass(frozen=True)
class Part:
    """A part by its name, and where to ask for it again."""

    name: str
    url: str
    value: Any = None
    error: HoldfastError | None = None

    @property
    def pending(self) -> bool:
        return self.value is None and self.error is None

    @classmethod
    def of(cls, name: str, told: Told, url: str) -> Part:
        return cls(name, url, told.value, told.error)


def begun(begin: Callable[[], Future[Kept]]) -> Future[Kept]:
    """A computation that is under way; one that cannot even begin has failed."""
    try:
        return begin()
    except HoldfastError as error:
        failed: Future[Kept] = Future()
        failed.set_exception(error)
        return failed


def now(under_way: Future[Kept], seconds: float | None) -> Told:
    """What came of it within so many seconds; in the end, where none are given."""
    try:
        return Told(under_way.result(None if seconds is None else max(0.0, seconds)).value)
    except NotYet:
        return Told()
    except HoldfastError as error:
        return Told(error=error)


async def arrived(under_way: Future[Kept], seconds: float) -> Told:
    """The same, without keeping a thread waiting."""
    await asyncio.wait([asyncio.wrap_future(under_way)], timeout=seconds)
    return now(under_way, 0) if under_way.done() else Told()
