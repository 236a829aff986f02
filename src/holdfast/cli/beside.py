"""What goes on beside a server that takes data in: roll-ups brought up to date, events that expire, what is logged."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from holdfast.errors import HoldfastError

if TYPE_CHECKING:
    from rich.console import Console

    from holdfast.collector.inbox import Inbox

DAY_SECONDS = 86_400.0
USAGE_EVERY_SECONDS = 15.0


def refresher(data: Path) -> Callable[[set[str]], None]:
    """Brings the roll-ups up to date with what was applied: that of usage now and then, for whoever asks before brings
    it up to date, too.
    """
    usage_at = -USAGE_EVERY_SECONDS

    def refresh(touched: set[str]) -> None:
        nonlocal usage_at
        import holdfast

        usage_is_due = "events" in touched and time.monotonic() - usage_at >= USAGE_EVERY_SECONDS
        if "subscription_terms" not in touched and not usage_is_due:
            return
        with holdfast.open(data) as workspace:
            if "subscription_terms" in touched:
                workspace.refresh()
            if usage_is_due:
                workspace.usage.refresh()
                usage_at = time.monotonic()

    return refresh


@contextmanager
def expiring(data: Path) -> Iterator[None]:
    """Let events expire, now and every day, where the settings of that day say how long they are kept."""
    from holdfast.settings import Settings

    Settings.load(data)  # where they cannot be used, it is said now
    ended = threading.Event()

    def daily() -> None:
        while not ended.is_set():
            try:
                if (settings := Settings.load(data)).keep_events_days is not None:
                    from holdfast.privacy import expire

                    expire(data, settings)
            except HoldfastError as error:
                logging.getLogger("holdfast.privacy").warning("events could not expire: %s", error.message)
            ended.wait(DAY_SECONDS)

    threading.Thread(target=daily, name="holdfast-expiry", daemon=True).start()
    try:
        yield
    finally:
        ended.set()


def say_losses(out: Console, inbox: Inbox) -> None:
    losses = inbox.losses()
    if losses.messages:
        out.print(f"{losses.messages:,} messages that were acknowledged are lost:", markup=False)
        for first, last, reason in losses.runs:
            which = f"number {first:,}" if first == last else f"numbers {first:,} to {last:,}"
            out.print(f"  {which}: {reason}", markup=False)
        out.print("hint: what webhooks brought is read again by: holdfast sync stripe", markup=False)


def log_to(out: Console) -> None:
    """Warnings and errors as lines; never a header, a body or a secret, which no message holds."""

    class Lines(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            from holdfast.sources.stripe.key import redacted

            out.print(f"{record.levelname.lower()}: {redacted(record.getMessage())}", markup=False)

    handler = Lines(logging.WARNING)
    for name in ("holdfast", "uvicorn.error"):
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.propagate = False
