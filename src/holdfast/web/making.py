"""Pages that take longer to make than anybody waits before a blank screen.

A page is made in a thread of its own. Who asked for it is answered after a moment: with the page, or with one that
says how far it is and asks again.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextvars import ContextVar, copy_context
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from starlette.exceptions import HTTPException

if TYPE_CHECKING:
    from starlette.requests import Request

TOO_MUCH = "a lot is being computed already: try again in a minute"
T = TypeVar("T")
PATIENCE_SECONDS, LONGEST_SECONDS = 0.7, 2.0
AT_ONCE, MOST = 16, 60
"""Pages that are made at the same time, which only wait for the company's desks, and that may be under way."""
ABANDONED_SECONDS = 10.0
"""Browsers ask every two seconds how far a page is."""
_WAIT = re.compile(r"(?:^|[,; ])wait=(\d{1,4})(?:$|[,; ])")


class Abandoned(Exception):
    """It is not computed, for nobody waits for it any more."""


class Progress:
    """How many questions of a page are to be computed, as far as it has asked, and how many of them are answered."""

    def __init__(self, *, waited_for: bool = False) -> None:
        self._under_way: set[Future[Any]] = set()
        self._waited_for, self._looked_at = waited_for, time.monotonic()

    def look(self, *, waits: bool) -> None:
        """Note that somebody looks: now and then, or until it is there."""
        self._waited_for = self._waited_for or waits
        self._looked_at = time.monotonic()

    @property
    def is_abandoned(self) -> bool:
        """Whether whoever asked has stopped asking how far it is."""
        return not self._waited_for and time.monotonic() - self._looked_at > ABANDONED_SECONDS

    def follow(self, answer: Future[Any]) -> None:
        self._under_way.add(answer)

    @property
    def asked(self) -> int:
        return len(self._under_way)

    @property
    def answered(self) -> int:
        return sum(one.done() for one in tuple(self._under_way))


_PROGRESS: ContextVar[Progress | None] = ContextVar("progress", default=None)


def progress() -> Progress:
    """That of the page that is being made here; where none is, that of somebody who waits."""
    return _PROGRESS.get() or Progress(waited_for=True)


@dataclass(frozen=True)
class Making(Generic[T]):
    """A page that is being made."""

    made: Future[T]
    progress: Progress

    def within(self, seconds: float | None) -> T | None:
        """The page, or None where it is not ready after so many seconds. Raises what its making raised."""
        self.progress.look(waits=seconds is None)
        ready, _ = wait([self.made], timeout=seconds)
        return self.made.result() if ready else None


class Makings(Generic[T]):
    """The pages that are being made, each of them once for all who ask for it. Safe to use from any thread."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="holdfast-page")
        self._under_way: dict[object, Making[T]] = {}
        self._lock = threading.Lock()

    def begun(self, key: object, make: Callable[[], T]) -> Making[T]:
        """The making of the page that the key means, begun unless it is under way; refused where too many are."""
        with self._lock:
            making = self._under_way.get(key)
            if making is not None and not (making.made.done() and making.made.exception()):
                return making
            if len(self._under_way) >= MOST:
                raise HTTPException(429, TOO_MUCH, {"Retry-After": "30"})
            context, seen = copy_context(), Progress()
            context.run(_PROGRESS.set, seen)
            making = self._under_way[key] = Making(self._threads.submit(context.run, make), seen)
        making.made.add_done_callback(lambda _: self._ended(key, making))
        return making

    def _ended(self, key: object, making: Making[T]) -> None:
        with self._lock:
            if self._under_way.get(key) is making:
                del self._under_way[key]

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


def follows(request: Request) -> bool:
    """Whether a browser asks how far a page is that it was told is being made."""
    return bool(_WAIT.search(request.headers.get("prefer", "")))


def patience(request: Request) -> float | None:
    """How many seconds the sender of a request waits for a page: as long as it takes where it is no browser.

    A browser's wait is as `Prefer: wait=2` (RFC 7240) says, within bounds.
    """
    if "text/html" not in request.headers.get("accept", ""):
        return None
    preferred = _WAIT.search(request.headers.get("prefer", ""))
    usual: float = request.app.state.patience_seconds
    return max(usual, min(float(preferred[1]), LONGEST_SECONDS)) if preferred else usual
