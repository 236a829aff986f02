"""`holdfast sync stripe`: read a company's billing from where it lives, and show what came of it."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from holdfast.cli.context import told

if TYPE_CHECKING:
    from rich.console import Console

    from holdfast.settings import Settings
    from holdfast.sources.stripe import SyncReport
    from holdfast.sources.stripe.report import Counts

SHOW_AFTER_SECONDS = 0.7
FIRST_SHOWN = 20
TYPES_SHOWN = 5

sync = typer.Typer(
    name="sync",
    help="Read billing data from the system that holds it, and keep it current.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@sync.callback()
def systems() -> None:
    """Read billing data from the system that holds it, and keep it current."""


@sync.command("stripe")
def stripe(
    context: typer.Context,
    full: Annotated[
        bool, typer.Option("--full", help="read everything again, and withdraw subscriptions that are gone")
    ] = False,
    since: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], metavar="DATE", help="leave out invoices and payments before that day"),
    ] = None,
    format_: Annotated[Literal["table", "json"], typer.Option("--format", help="how the result is printed")] = "table",
) -> None:
    """Read a Stripe account: everything the first time, then what changed.

    The key comes from HOLDFAST_STRIPE_KEY, or from the file that HOLDFAST_STRIPE_KEY_FILE names. A run that was
    interrupted goes on where it stopped; the same data again changes nothing. With webhooks, it says which events
    they missed.
    """
    from rich.console import Console

    messages = Console(stderr=True, highlight=False)
    data = Path(context.obj.data)
    with told():
        report = _run(data, full, since, messages)
        if report.touched:
            _refresh(messages, data)
    if format_ == "json":
        json.dump(report.as_json(), sys.stdout, ensure_ascii=False)
        sys.stdout.write("\n")
    else:
        show(Console(highlight=False), report)


def _run(data: Path, full: bool, since: datetime | None, messages: Console) -> SyncReport:
    from holdfast.lake import Lake
    from holdfast.settings import Settings
    from holdfast.sources.stripe import sync_stripe
    from holdfast.sources.stripe.client import api_base
    from holdfast.sources.stripe.key import find_key

    key, base, settings = find_key(), api_base(), Settings.load(data)
    if not key.restricted:
        messages.print(
            "note: this is a secret key, which may change things in Stripe; a restricted key that reads is enough",
            soft_wrap=True,
        )
    with _progress(messages) as progress:
        return sync_stripe(
            Lake(data / "lake"),
            settings,
            key,
            base=base,
            full=full,
            since=_start(since, settings),
            progress=progress,
        )


def _start(since: datetime | None, settings: Settings) -> int | None:
    """The first second of a day in the company's time zone."""
    return None if since is None else int(since.replace(tzinfo=settings.zone).timestamp())


def _refresh(messages: Console, data: Path) -> None:
    import holdfast

    with messages.status("computing what changed"), holdfast.open(data) as workspace:
        workspace.refresh()


@contextmanager
def _progress(messages: Console) -> Iterator[Callable[[str, int], None]]:
    """A line on stderr that says what is being read; where it is no terminal, one line for each kind."""
    begun = time.monotonic()
    status = messages.status("asking Stripe")
    said: set[str] = set()

    def tell(what: str, count: int) -> None:
        if messages.is_terminal:
            status.update(f"{what}: {count:,}")
        elif what not in said and time.monotonic() - begun > SHOW_AFTER_SECONDS:
            said.add(what)
            messages.print(what if what.startswith("storing") else f"reading {what}")

    if messages.is_terminal:
        status.start()
    try:
        yield tell
    finally:
        status.stop()


def show(out: Console, report: SyncReport) -> None:
    """The report for people."""
    if report.resumed:
        out.print("Went on where the last run stopped.")
    if report.kinds:
        _show_counts(out, report)
    elif not report.withdrawn:
        out.print("Nothing changed in Stripe since the last run.")
    _show_withdrawn(out, report)
    _show_missed(out, report)
    _show_unknown(out, report)
    for note in report.notes:
        out.print(f"note: {note}", markup=False, soft_wrap=True)
    for thing, reason in report.rejects[:FIRST_SHOWN]:
        out.print(f"rejected {thing}: {reason}", markup=False, soft_wrap=True)
    if len(report.rejects) > FIRST_SHOWN:
        out.print(f"… and {len(report.rejects) - FIRST_SHOWN:,} more", markup=False)
    if report.kept_in:
        out.print(f"All of them are listed in {report.kept_in}", markup=False, soft_wrap=True)


def _show_counts(out: Console, report: SyncReport) -> None:
    from rich import box
    from rich.table import Table

    from holdfast.sources.stripe.report import OUTCOMES

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_footer=True)
    table.add_column("Stripe", footer="total", no_wrap=True)
    for name in OUTCOMES:
        table.add_column(name, footer=_number(report.total, name), justify="right", no_wrap=True)
    for kind, counts in report.kinds.items():
        table.add_row(kind, *(_number(counts, name) for name in OUTCOMES))
    out.print(table)


def _number(counts: Counts, name: str) -> str:
    return f"{getattr(counts, name):,}"


def _show_withdrawn(out: Console, report: SyncReport) -> None:
    if report.withdrawn:
        out.print(
            f"Withdrawn: {_several(report.withdrawn, 'subscription')} that Stripe no longer has."
            " --as-of still shows what was known before.",
            soft_wrap=True,
        )


def _show_missed(out: Console, report: SyncReport) -> None:
    if not report.missed:
        return
    most = sorted(report.missed.items(), key=lambda pair: (-pair[1], pair[0]))
    named = ", ".join(f"{count:,} {name}" for name, count in most[:TYPES_SHOWN])
    more = f" and {len(most) - TYPES_SHOWN} more types" if len(most) > TYPES_SHOWN else ""
    out.print(
        f"Webhooks missed {_several(sum(report.missed.values()), 'event')}, which this run has read: {named}{more}."
        " Look at the endpoint's deliveries and event types in Stripe's dashboard.",
        markup=False,
        soft_wrap=True,
    )


def _several(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _show_unknown(out: Console, report: SyncReport) -> None:
    if not report.unknown_spans:
        return
    several = report.unknown_subscriptions != 1
    out.print(
        f"Unknown history: {report.unknown_subscriptions:,} subscription{'s' if several else ''},"
        f" {report.unknown_spans:,} span{'s' if report.unknown_spans != 1 else ''}. No invoice and no event shows what"
        f" {'they were' if several else 'it was'} on then, or the day it changed; the spans are marked"
        " (known_by is assumed or noticed).",
        soft_wrap=True,
    )
