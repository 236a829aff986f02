"""`holdfast report`: a month's revenue, churn and retention in the terminal and as files to hand on."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from holdfast.cli.context import told
from holdfast.errors import InputError, LakeError

if TYPE_CHECKING:
    from rich.console import Console

    from holdfast.report.ask import Asked
    from holdfast.report.model import Report, Restated
    from holdfast.workspace import Workspace


class Format(StrEnum):
    """What a report is written as."""

    html = "html"
    pdf = "pdf"
    md = "md"
    xlsx = "xlsx"


OUT = Path("holdfast-report.html")
SUFFIXES = {f".{kind}": kind for kind in Format} | {".htm": Format.html, ".markdown": Format.md}
SAID = {
    Format.html: "The same with charts",
    Format.pdf: "As pages to print",
    Format.md: "As Markdown",
    Format.xlsx: "As a workbook",
}


def report(
    context: typer.Context,
    month: Annotated[
        str | None, typer.Option("--month", metavar="2026-10", help="the month it is about; the last one that is over")
    ] = None,
    format_: Annotated[
        list[Format] | None,
        typer.Option("--format", help="what is written, several if given again; html, or what --out ends with"),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help=f"where it is written; {OUT.stem} and the format's ending"),
    ] = None,
    currency: Annotated[
        str | None, typer.Option("--currency", metavar="USD", help="convert everything to one currency")
    ] = None,
    policy: Annotated[str | None, typer.Option("--policy", metavar="NAME", help="the rules to compute by")] = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", metavar="DATE", help="as known at the end of that day")
    ] = None,
) -> None:
    """Print a month's report and write it as HTML, PDF, Markdown or XLSX."""
    from rich.console import Console

    messages = Console(stderr=True, highlight=False)
    with told():
        outs = files(format_ or (), out)
        about = _month(month)
        with context.obj.open() as workspace:
            restated = () if as_of else _restated(workspace, about, messages)
            show_report(
                workspace, outs, month=about, currency=currency, policy=policy, as_of=as_of, restated=restated,
                messages=messages,
            )  # fmt: skip


def _restated(workspace: Workspace, month: date | None, messages: Console) -> tuple[Restated, ...]:
    """What differs today from the last published report."""
    from holdfast.publishing.restated import restated_since

    with messages.status("comparing with what was published") as status:
        return restated_since(workspace, month, status.update)


def show_report(
    workspace: Asked,
    outs: Iterable[Path] = (OUT,),
    *,
    month: date | None = None,
    currency: str | None = None,
    policy: str | None = None,
    as_of: str | None = None,
    restated: tuple[Restated, ...] = (),
    messages: Console | None = None,
) -> None:
    """Compute the report, print it, write it to each file, and say where; progress goes to stderr."""
    from rich.console import Console

    from holdfast.report import build_report
    from holdfast.report.terminal import print_report

    messages = messages or Console(stderr=True, highlight=False)
    with messages.status("computing the report") as status:
        built = build_report(
            workspace, month=month, currency=_code(currency), policy=policy, as_of=as_of, restated=restated,
            progress=lambda metric: status.update(f"computing {metric}"),
        )  # fmt: skip
    print_report(built)
    messages.print()
    for out in outs:
        with messages.status(f"writing {out.name}"):
            warnings = _write(built, out)
        for warning in warnings:
            messages.print(f"! {warning}", style="yellow", markup=False, soft_wrap=True)
        messages.print(f"{SAID[SUFFIXES[out.suffix.lower()]]}: {out.resolve()}", markup=False, soft_wrap=True)


def _write(built: Report, out: Path) -> tuple[str, ...]:
    """Write one file by what its name ends with; what is to be said of it."""
    kind = SUFFIXES[out.suffix.lower()]
    try:
        if kind is Format.pdf:
            from holdfast.report.pdf import write_pdf

            return write_pdf(built, out)
        if kind is Format.xlsx:
            from holdfast.report.xlsx import write_xlsx

            write_xlsx(built, out)
        elif kind is Format.md:
            from holdfast.report.markdown import write_markdown

            write_markdown(built, out)
        else:
            from holdfast.report.html import write_html

            write_html(built, out)
    except OSError as error:
        if isinstance(error, LakeError):
            raise
        raise LakeError(f"cannot write {out}: {error.strerror or error}") from error
    return ()


def files(formats: Iterable[Format], out: Path | None) -> tuple[Path, ...]:
    """A file for each format: `out` itself where its name ends with it, else beside it.

    >>> [path.name for path in files([], None)], [path.name for path in files([], Path("board.pdf"))]
    (['holdfast-report.html'], ['board.pdf'])
    >>> [path.name for path in files([Format.pdf, Format.xlsx], Path("board.pdf"))]
    ['board.pdf', 'board.xlsx']
    """
    wanted = list(dict.fromkeys(formats))
    if out is None:
        return tuple(OUT.with_suffix(f".{kind}") for kind in wanted or [Format.html])
    if out.is_dir():
        raise InputError(f"--out {out} is a folder; name a file in it, such as {out / OUT.name}")
    named = SUFFIXES.get(out.suffix.lower())
    if named is None and not (wanted and not out.suffix):
        raise InputError(
            f"--out {out.name!r} is no report that can be written; its name ends with {', '.join(SUFFIXES)}"
        )
    if named is not None and wanted and named not in wanted:
        raise InputError(f"--out {out.name!r} does not end with {' or '.join(f'.{kind}' for kind in wanted)}")
    return tuple(out if kind == named else out.with_suffix(f".{kind}") for kind in wanted or [named or Format.html])


def _month(text: str | None) -> date | None:
    """The first day of a month written as 2026-10.

    >>> _month("2026-10")
    datetime.date(2026, 10, 1)
    """
    if text is None:
        return None
    try:
        year, number = text.strip()[:7].split("-")
        return date(int(year), int(number), 1)
    except ValueError:
        raise InputError(f"--month {text!r} is not a month; write it as 2026-10") from None


def _code(currency: str | None) -> str | None:
    return currency.strip().upper() if currency else None
