"""Takes messages out of the inbox in their order, and hands those of each kind to whoever applies them."""

from __future__ import annotations

import itertools
import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from holdfast.collector.inbox import Inbox
from holdfast.collector.message import Stored
from holdfast.errors import HoldfastError

log = logging.getLogger("holdfast.collector")

TOGETHER = 500
"""Messages that are applied in one go."""
LONGEST_WAIT_SECONDS = 30.0
SHORTEST_LOOK_SECONDS = 0.1
"""How often the applier looks whether enough has come in to go on at once."""
LAST_BATCH_SECONDS = 8.0
"""What the batch under way is given when the process is to end; what is interrupted is repeated at the next start."""
UNUSABLE = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError)
"""What a message can be at fault for. Anything else is the fault of where it goes, and the message waits."""


class NotNow(HoldfastError):
    """The messages cannot be applied at present, and nothing is wrong with them."""


@dataclass
class Verdict:
    """What came of a batch: the messages that can never be applied, by number, and the tables that changed."""

    refused: Mapping[int, str] = field(default_factory=dict)
    touched: set[str] = field(default_factory=set)


Handler = Callable[[Sequence[Stored]], Verdict]
"""Applies messages of one kind. The same messages again change nothing. It may have a `pace`."""


@dataclass(frozen=True)
class Pace:
    """How many messages a handler takes in one go, and how long it waits for more before it takes few."""

    seconds: float = 0.0
    messages: int = TOGETHER
    bytes: int = 16 << 20

    def wait(self, since: float, messages: int, size: int) -> float:
        """Seconds to wait, so long after the handler began its last go.

        >>> Pace(2.0).wait(0.5, 10, 1_000), Pace(2.0).wait(0.5, 500, 1_000), Pace(2.0).wait(3.0, 1, 1)
        (1.5, 0.0, 0.0)
        """
        enough = messages >= self.messages or size >= self.bytes
        return 0.0 if enough else max(0.0, self.seconds - since)


class Applier:
    """Applies what is in the inbox, in a thread of its own between `start` and `stop`."""

    def __init__(
        self, inbox: Inbox, handlers: Mapping[str, Handler], applied: Callable[[set[str]], None] = lambda touched: None
    ) -> None:
        self.inbox, self.handlers, self.applied = inbox, handlers, applied
        self.waits_for: str | None = None
        """Why nothing is applied at present."""
        self._ending = threading.Event()
        self._began: dict[str, float] = {}
        """When each kind was last applied, by the monotonic clock."""
        self._thread = threading.Thread(target=self._go_on, name="holdfast-applier", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End after the batch that is under way; the rest stays in the inbox."""
        self._ending.set()
        self.inbox.arrived.set()
        if self._thread.ident is not None:
            self._thread.join(LAST_BATCH_SECONDS)

    def apply_all(self) -> None:
        """Apply everything that is there, in this thread."""
        while self.step():
            pass

    def step(self) -> bool:
        """Apply the oldest messages of one kind. Returns whether there were any."""
        kind = self._next_kind()
        if kind is None:
            return False
        self._began[kind] = time.monotonic()
        pace = self._pace(kind)
        batch = list(
            itertools.takewhile(lambda one: one.message.kind == kind, self.inbox.pending(pace.messages, pace.bytes))
        )
        if not batch:
            return True
        verdict = self._applied(kind, batch)
        self.inbox.finish(batch[-1].number, verdict.refused)
        for number, reason in verdict.refused.items():
            log.warning("message %d (%s) is refused and kept: %s", number, kind, reason)
        if verdict.touched:
            self.applied(verdict.touched)
        return True

    def _next_kind(self) -> str | None:
        return next((one.message.kind for one in self.inbox.pending(1)), None)

    def _pace(self, kind: str) -> Pace:
        return getattr(self.handlers.get(kind), "pace", Pace())

    def _early(self) -> float:
        """Seconds until the next messages are due, so that few are not applied one by one."""
        kind = self._next_kind()
        if kind is None or kind not in self._began:
            return 0.0
        since = time.monotonic() - self._began[kind]
        return self._pace(kind).wait(since, self.inbox.pending_count, self.inbox.bytes_pending)

    def _applied(self, kind: str, messages: list[Stored]) -> Verdict:
        """What comes of the messages; one that nobody can apply is found by halves, and stops no other."""
        if kind not in self.handlers:
            return Verdict({one.number: f"nothing here applies messages of the kind {kind}" for one in messages})
        try:
            return self.handlers[kind](messages)
        except HoldfastError:
            raise
        except UNUSABLE as error:
            if len(messages) == 1:
                return Verdict({messages[0].number: f"it cannot be applied: {type(error).__name__}"})
        middle = len(messages) // 2
        first, second = self._applied(kind, messages[:middle]), self._applied(kind, messages[middle:])
        return Verdict({**first.refused, **second.refused}, first.touched | second.touched)

    def _go_on(self) -> None:
        wait = 0.0
        while not self._ending.is_set():
            try:
                if early := self._early():
                    self._ending.wait(min(early, SHORTEST_LOOK_SECONDS))
                    continue
                found = self.step()
                wait, self.waits_for = 0.0, None
            except Exception as error:  # noqa: BLE001 - messages stay in the inbox, and are tried again
                found, wait = False, min(max(wait * 2, 0.5), LONGEST_WAIT_SECONDS)
                self._say(error)
            if not found:
                self._rest(wait)

    def _say(self, error: Exception) -> None:
        reason = error.message if isinstance(error, HoldfastError) else f"{type(error).__name__}: {error}"
        if reason != self.waits_for:
            log.warning("messages wait in the inbox: %s", reason)
        self.waits_for = reason

    def _rest(self, seconds: float) -> None:
        if seconds:
            self._ending.wait(seconds)
            return
        self.inbox.arrived.wait(1.0)
        self.inbox.arrived.clear()
