"""`holdfast collect`: take in what other systems send, over HTTP."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from holdfast.cli.context import told
from holdfast.errors import HoldfastError

if TYPE_CHECKING:
    from rich.console import Console

    from holdfast.collector.app import Collector
    from holdfast.collector.inbox import Inbox
    from holdfast.collector.signature import Secrets

PATH = "/v1/webhooks/stripe"
DAY_SECONDS = 86_400.0


def collect(
    context: typer.Context,
    host: Annotated[str, typer.Option(metavar="ADDRESS", help="address to listen on")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(metavar="NUMBER", min=0, max=65_535, help="port to listen on; 0 takes a free one")
    ] = 8700,
) -> None:
    """Take in what other systems send: events of Segment's and RudderStack's SDKs, and webhooks of Stripe.

    What is acknowledged is on the disk, and applied within seconds. Events are sent with a key that `holdfast keys
    create` makes. The secret of Stripe's webhook, at /v1/webhooks/stripe, comes from HOLDFAST_STRIPE_WEBHOOK_SECRET,
    or from the file that HOLDFAST_STRIPE_WEBHOOK_SECRET_FILE names. Ctrl-C ends it.
    """
    from rich.console import Console

    out = Console(stderr=True, highlight=False, soft_wrap=True)
    _log_to(out)
    with told():
        _collect(Path(context.obj.data), host, port, out)


def _collect(data: Path, host: str, port: int, out: Console) -> None:
    from holdfast.collector.serving import address_of, collecting, listen, serve
    from holdfast.collector.signature import find_secrets

    secrets = find_secrets()
    with (
        listen(host, port) as listening,
        collecting(data, secrets, _refresher(data)) as collector,
        _expiring(data),
    ):
        _say_losses(out, collector.inbox)
        _say_ready(out, address_of(listening), data, secrets, _sources(collector))
        serve(collector, listening)
        left = len(collector.inbox.pending(10_000))
    rest = f"; {left:,} wait in the inbox and are applied at the next start" if left else ""
    out.print(f"Ended. Everything acknowledged is stored{rest}.")


def _sources(collector: Collector) -> list[str]:
    """Sources that have a valid key."""
    return sorted({key.source for key in collector.intake.ring.valid()}) if collector.intake else []


def _say_ready(out: Console, address: str, data: Path, secrets: Secrets, sources: list[str]) -> None:
    from holdfast.collector.signature import HINT

    out.print(f"Listening on {address}, data in {data}", markup=False)
    if sources:
        out.print(f"Events: {address} as the host of the SDK; keys exist for {', '.join(sources)}", markup=False)
    else:
        out.print("Events are refused (401) until there is a write key; the server need not start again.", markup=False)
        out.print("hint: make one with: holdfast keys create --source web", markup=False)
    if secrets:
        several = f" ({len(secrets.values)} secrets are valid)" if len(secrets.values) > 1 else ""
        out.print(f"Webhooks of Stripe: {address}{PATH}{several}", markup=False)
    else:
        out.print("Webhooks of Stripe are put off (503) until their secret is known.", markup=False)
        out.print(f"hint: {HINT}, and start again", markup=False)


def _say_losses(out: Console, inbox: Inbox) -> None:
    losses = inbox.losses()
    if losses.messages:
        out.print(f"{losses.messages:,} messages that were acknowledged are lost:", markup=False)
        for first, last, reason in losses.runs:
            which = f"number {first:,}" if first == last else f"numbers {first:,} to {last:,}"
            out.print(f"  {which}: {reason}", markup=False)
        out.print("hint: what webhooks brought is read again by: holdfast sync stripe", markup=False)


USAGE_EVERY_SECONDS = 15.0


def _refresher(data: Path) -> Callable[[set[str]], None]:
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
def _expiring(data: Path) -> Iterator[None]:
    """Let events expire, now and every day, where the settings say how long they are kept."""
    from holdfast.settings import Settings

    settings, ended = Settings.load(data), threading.Event()

    def daily() -> None:
        from holdfast.privacy import expire

        while not ended.is_set():
            try:
                expire(data, settings)
            except HoldfastError as error:
                logging.getLogger("holdfast.privacy").warning("events could not expire: %s", error.message)
            ended.wait(DAY_SECONDS)

    if settings.keep_events_days is not None:
        threading.Thread(target=daily, name="holdfast-expiry", daemon=True).start()
    try:
        yield
    finally:
        ended.set()


def _log_to(out: Console) -> None:
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
