"""`holdfast import`: bring files into the lake and show what became of each row."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from holdfast.cli.import_shown import show_tables
from holdfast.errors import HoldfastError, InputError

if TYPE_CHECKING:
    from rich.console import Console

    from holdfast.settings import Settings
    from holdfast.sources import Aside, FileMapping, ImportReport

FIRST_SHOWN = 20
SHOW_AFTER_SECONDS = 0.7


def import_(
    context: typer.Context,
    kind: Annotated[
        str,
        typer.Argument(
            help="accounts, users, plans, subscriptions, cancellations, invoices, payments, trials, fx-rates, spend,"
            " events, tickets, referrals, leads or usage-gauges; of one system: stripe-subscriptions, stripe-invoices,"
            " stripe-payments, stripe-customers, baremetrics; a folder: fivetran-stripe, fivetran-recurly"
        ),
    ],
    files: Annotated[
        list[Path], typer.Argument(help="CSV, JSON lines or Parquet files, or a folder of tables", metavar="FILE…")
    ],
    map_: Annotated[
        list[str] | None,
        typer.Option("--map", metavar="FIELD=COLUMN", help="read a field from that column; FIELD= drops a guess"),
    ] = None,
    default: Annotated[
        list[str] | None,
        typer.Option("--default", metavar="FIELD=VALUE", help="value of a field where the file has none"),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="exit with 1 where a row was rejected")] = False,
    format_: Annotated[Literal["table", "json"], typer.Option("--format", help="how the result is printed")] = "table",
    source: Annotated[
        str | None, typer.Option(help="name of the system that the files come from: file, or what the kind says")
    ] = None,
    minor_units: Annotated[bool, typer.Option("--minor-units", help="amounts are in cents")] = False,
    known_at: Annotated[
        str | None,
        typer.Option("--known-at", metavar="DATE", help="when this was known: a date (its end) or an instant"),
    ] = None,
    dates: Annotated[
        Literal["day-first", "month-first"] | None,
        typer.Option("--dates", help="how to read dates such as 03/04/2024 where the file does not show it"),
    ] = None,
    decimal: Annotated[
        Literal["point", "comma"] | None,
        typer.Option("--decimal", help="the decimal mark, where the file does not show it"),
    ] = None,
) -> None:
    """Import files of one kind. The same file again changes nothing."""
    from rich.console import Console

    messages = Console(stderr=True, highlight=False)
    try:
        with _progress(messages) as progress:
            report = _run(
                context.obj.data, kind, files, _pairs("--map", map_), _pairs("--default", default), source,
                minor_units, known_at, dates, decimal, progress,
            )  # fmt: skip
        if report.accepted:
            _refresh(messages, context.obj.data)
    except HoldfastError as error:
        _show_error(messages, error)
        raise typer.Exit(2) from error
    if format_ == "json":
        json.dump(report.as_json(), sys.stdout, ensure_ascii=False)
        sys.stdout.write("\n")
        _show_notes(messages, report)
    else:
        _show(Console(highlight=False), report)
    raise typer.Exit(1 if strict and report.rejected else 0)


def _refresh(messages: Console, data: Path) -> None:
    """Bring the roll-ups up to date now, so that the first question does not wait for it."""
    import holdfast

    with messages.status("computing what changed"), holdfast.open(data) as workspace:
        workspace.refresh()


def _run(
    data: Path,
    kind: str,
    files: list[Path],
    mapping: dict[str, str],
    defaults: dict[str, str],
    source: str | None,
    minor_units: bool,
    known_at: str | None,
    dates: Literal["day-first", "month-first"] | None,
    decimal: Literal["point", "comma"] | None,
    progress: Callable[[str, int, str], None],
) -> ImportReport:
    from holdfast.lake import Lake
    from holdfast.settings import Settings
    from holdfast.sources import import_files
    from holdfast.sources.kinds import normal_name
    from holdfast.sources.warehouse import WAREHOUSES, import_folder, one_folder

    settings, lake = Settings.load(data), Lake(Path(data) / "lake")
    moment = _instant(known_at, settings) if known_at else None
    if normal_name(kind) in WAREHOUSES:
        _refuse_file_options(kind, mapping, defaults, minor_units, dates, decimal)
        return import_folder(lake, settings, normal_name(kind), one_folder(files), source=source, known_at=moment)
    return import_files(
        lake,
        settings,
        kind,
        files,
        mapping=mapping,
        defaults=defaults,
        source=source,
        minor_units=minor_units,
        known_at=moment,
        progress=progress,
        date_order=dates,
        decimal_mark=None if decimal is None else "," if decimal == "comma" else ".",
    )


def _refuse_file_options(kind: str, *options: object) -> None:
    if any(options):
        raise InputError(f"{kind} reads tables whose columns are known: leave out --map, --default and the like")


def _pairs(option: str, texts: list[str] | None) -> dict[str, str]:
    """The `field=value` texts of an option."""
    pairs: dict[str, str] = {}
    for text in texts or []:
        name, mark, value = text.partition("=")
        if not mark or not name.strip():
            raise InputError(f"{option} {text!r} cannot be read; write it as {option} field=value")
        pairs[name.strip()] = value.strip() if option == "--map" else value
    return pairs


def _instant(text: str, settings: Settings) -> datetime:
    """A date is known from its end in the company's time zone; an instant from itself."""
    from holdfast.facts.days import end_of_day
    from holdfast.sources.dates import parse_moment

    try:
        moment = parse_moment(text, settings.zone)
    except ValueError as error:
        raise InputError(f"--known-at: {error}") from error
    return moment.at or end_of_day(moment.day, settings.zone)


@contextmanager
def _progress(messages: Console) -> Iterator[Callable[[str, int, str], None]]:
    """A line on stderr for what takes longer than a moment."""
    import time

    start = time.monotonic()
    status = messages.status("reading")
    running = False

    def show(file: str, rows: int, doing: str) -> None:
        nonlocal running
        if time.monotonic() - start < SHOW_AFTER_SECONDS:
            return
        status.update(f"{doing} {Path(file).name}: {rows:,} rows")
        if not running:
            status.start()
            running = True

    try:
        yield show
    finally:
        if running:
            status.stop()


def _show_error(messages: Console, error: HoldfastError) -> None:
    messages.print(f"error: {error.message}", style="red", markup=False, soft_wrap=True)
    if error.hint:
        messages.print(f"hint: {error.hint}", markup=False, soft_wrap=True)


def _show(out: Console, report: ImportReport) -> None:
    """The report for people: what was read as what, the counts, the rows that did not go in."""
    from holdfast.sources.warehouse import FolderReport

    if isinstance(report, FolderReport):
        show_tables(out, report)
    for mapping in report.mappings:
        _show_mapping(out, mapping, report.kind)
    _show_notes(out, report)
    out.print()
    names = ("received", "accepted", "rejected", "duplicate", "conflict")
    width = max(len(f"{getattr(report, name):,}") for name in names)
    for name in names:
        style = "red" if name in ("rejected", "conflict") and getattr(report, name) else None
        out.print(f"  {name:<10} {getattr(report, name):>{width},}", style=style, markup=False)
    if report.erased:
        why = "of erased people or expired days: counted, and not stored"
        out.print(f"  of the accepted rows, {report.erased:,} are {why}", soft_wrap=True)
    _show_aside(out, "rejected", report.rejects, report.rejected)
    _show_aside(out, "in conflict", report.conflicts, report.conflict)
    if report.kept_in:
        out.print(f"\nAll of these rows are kept in {report.kept_in}", markup=False, soft_wrap=True)


def _show_mapping(out: Console, mapping: FileMapping, kind: str) -> None:
    out.print(f"{mapping.file}", style="bold", markup=False, soft_wrap=True)
    width = max((len(field) for field in mapping.columns), default=0)
    for field, column in mapping.columns.items():
        how = "named" if field in mapping.chosen else "guessed" if field != column else ""
        out.print(f"  {field:<{width}}  <- {column}" + (f"  ({how})" if how else ""), markup=False, soft_wrap=True)
    if mapping.unused:
        what = {"accounts": "attributes", "events": "properties"}.get(kind, "not used")
        out.print(f"  {what}: {', '.join(mapping.unused)}", style="dim", markup=False, soft_wrap=True)


def _show_notes(out: Console, report: ImportReport) -> None:
    for note in report.notes:
        out.print(f"  note: {note}", markup=False, soft_wrap=True)


def _show_aside(out: Console, what: str, rows: list[Aside], count: int) -> None:
    if not count:
        return
    shown = rows[:FIRST_SHOWN]
    out.print(f"\nRows {what}:", style="bold")
    several = len({row.file for row in rows}) > 1
    width = max(len(str(row.line)) for row in shown)
    for row in shown:
        file = f"{Path(row.file).name} " if several else ""
        out.print(f"  {file}line {row.line:>{width}}  {row.reason}", markup=False, soft_wrap=True)
    if count > len(shown):
        out.print(f"  … and {count - len(shown):,} more", markup=False)
