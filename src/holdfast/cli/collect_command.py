"""`holdfast collect`: take in what other systems send, over HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from holdfast.cli.beside import expiring, log_to, refresher, say_losses
from holdfast.cli.context import told

if TYPE_CHECKING:
    from rich.console import Console

    from holdfast.collector.app import Collector
    from holdfast.collector.signature import Secrets

PATH = "/v1/webhooks/stripe"


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
    log_to(out)
    with told():
        _collect(Path(context.obj.data), host, port, out)


def _collect(data: Path, host: str, port: int, out: Console) -> None:
    from holdfast.collector.serving import address_of, collecting, listen, serve
    from holdfast.collector.signature import find_secrets

    secrets = find_secrets()
    with (
        listen(host, port) as listening,
        collecting(data, secrets, refresher(data)) as collector,
        expiring(data),
    ):
        say_losses(out, collector.inbox)
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
