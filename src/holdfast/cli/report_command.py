"""`holdfast report`: a month's revenue, churn and retention in the terminal and as one HTML file."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from holdfast.errors import HoldfastError, InputError

if TYPE_CHECKING:
    from rich.console import Console

    from holdfast.report.ask import Asked

OUT = Path("holdfast-report.html")


def report(
    context: typer.Context,
    month: Annotated[
        str | None, typer.Option("--month", metavar="2026-10", help="the month it is about; the last one that is over")
    ] = None,
    out: Annotated[Path, typer.Option("--out", metavar="FILE.html", help="where the HTML file goes")] = OUT,
    currency: Annotated[
        str | None, typer.Option("--currency", metavar="USD", help="convert everything to one currency")
    ] = None,
    policy: Annotated[str | None, typer.Option("--policy", metavar="NAME", help="the rules to compute by")] = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", metavar="DATE", help="as known at the end of that day")
    ] = None,
) -> None:
    """Print a month's report and write it as one HTML file."""
    from rich.console import Console

    messages = Console(stderr=True, highlight=False)
    try:
        with _opened(context.obj) as workspace:
            show_report(
                workspace, out, month=_month(month), currency=currency, policy=policy, as_of=as_of, messages=messages
            )
    except HoldfastError as error:
        messages.print(f"error: {error}", style="red", markup=False)
        raise typer.Exit(2) from error


def show_report(
    workspace: Asked,
    out: Path = OUT,
    *,
    month: date | None = None,
    currency: str | None = None,
    policy: str | None = None,
    as_of: str | None = None,
    messages: Console | None = None,
) -> Path:
    """Compute the report, print it, write it as HTML, and say where; progress goes to stderr."""
    from rich.console import Console

    from holdfast.report import build_report
    from holdfast.report.html import write_html
    from holdfast.report.terminal import print_report

    _check_out(out)
    messages = messages or Console(stderr=True, highlight=False)
    with messages.status("computing the report") as status:
        built = build_report(
            workspace, month=month, currency=_code(currency), policy=policy, as_of=as_of,
            progress=lambda metric: status.update(f"computing {metric}"),
        )  # fmt: skip
    print_report(built)
    with messages.status("drawing the charts"):
        write_html(built, out)
    messages.print(f"\nThe same with charts: {out.resolve()}", markup=False, soft_wrap=True)
    return out


def _opened(chosen: Any) -> Any:
    """The workspace of the data folder and engine that the command line named."""
    from holdfast.workspace import Workspace

    return chosen.open() if hasattr(chosen, "open") else Workspace(chosen.data)


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


def _check_out(out: Path) -> None:
    if out.suffix.lower() not in (".html", ".htm"):
        raise InputError(f"--out {out.name!r} is not an HTML file; its name ends with .html")
    if out.is_dir():
        raise InputError(f"--out {out} is a folder; name a file in it, such as {out / OUT.name}")


def _code(currency: str | None) -> str | None:
    return currency.strip().upper() if currency else None
