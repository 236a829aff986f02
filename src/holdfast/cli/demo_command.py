"""`holdfast demo`: a simulated company to look at, in the browser or as a report."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from holdfast.cli.context import DEFAULT_DATA, told
from holdfast.cli.serve_command import Host, Port

FOLDER = Path("holdfast-demo")


def demo(
    context: typer.Context,
    accounts: Annotated[int, typer.Option(help="number of accounts of the simulated company")] = 1000,
    seed: Annotated[int, typer.Option(help="the same seed gives the same company")] = 1,
    no_serve: Annotated[
        bool, typer.Option("--no-serve", help="print a report, write it as HTML, and start no server")
    ] = False,
    host: Host = "127.0.0.1",
    port: Port = 8700,
) -> None:
    """Simulate a company, and show it in the browser; or, with --no-serve, as a report here and in one HTML file."""
    with told():
        chosen = context.obj
        if not chosen.named:
            chosen.data = FOLDER
        if not (chosen.data / "truth.json").exists():
            _simulate(chosen.data, accounts, seed, serves=not no_serve)
        where = "" if str(chosen.data) == DEFAULT_DATA else f" --data {chosen.data}"
        (_report if no_serve else _hints)(context, where)
        if not no_serve:
            _serve(chosen.data, host, port)


def _simulate(data: Path, accounts: int, seed: int, *, serves: bool) -> None:
    """In a process of its own: what the server needs is loaded meanwhile."""
    import holdfast

    options = ["--accounts", str(accounts), "--seed", str(seed), "--months", "36", "--one-currency"]
    path = os.pathsep.join([str(Path(holdfast.__file__).parents[1]), *filter(None, [os.environ.get("PYTHONPATH")])])
    process = subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-m", "holdfast", "--data", str(data), "simulate", *options],
        env={**os.environ, "PYTHONPATH": path},
    )
    if serves:
        import holdfast.web.app
    if process.wait():
        raise typer.Exit(process.returncode)


def _report(context: typer.Context, where: str) -> None:
    from holdfast.cli.report_command import report

    report(context, out=context.obj.data / "report.html")
    typer.echo(f"\nThe company is in {context.obj.data}/. Ask it more, for example:", err=True)
    typer.echo(f"  holdfast{where} query nrr --by plan\n  holdfast{where} metrics", err=True)


def _hints(context: typer.Context, where: str) -> None:
    typer.echo(f"\nThe company is in {context.obj.data}/. Ask it in another terminal, too, for example:", err=True)
    typer.echo(f"  holdfast{where} report\n  holdfast{where} query nrr --by plan\n", err=True)


def _serve(data: Path, host: str, port: int) -> None:
    from rich.console import Console

    from holdfast.cli.serve_command import serve_folder

    serve_folder(data, host, port, Console(stderr=True, highlight=False, soft_wrap=True))
