"""The command `holdfast` and its options."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from holdfast import __version__
from holdfast.cli.accounts_command import accounts
from holdfast.cli.benchmarks_command import benchmarks
from holdfast.cli.calc_command import calc
from holdfast.cli.check_command import check
from holdfast.cli.collect_command import collect
from holdfast.cli.context import Chosen, data_folder
from holdfast.cli.data_commands import rebuild_days
from holdfast.cli.demo_command import demo
from holdfast.cli.events_command import events
from holdfast.cli.explain_command import bridge, diff, explain
from holdfast.cli.import_command import import_
from holdfast.cli.keys_command import keys
from holdfast.cli.learn_commands import metrics, policies
from holdfast.cli.people_command import people
from holdfast.cli.privacy_command import privacy
from holdfast.cli.publish_command import publish, published
from holdfast.cli.query_command import query
from holdfast.cli.report_command import report
from holdfast.cli.serve_command import serve
from holdfast.cli.simulate_command import simulate
from holdfast.cli.sources_command import sources
from holdfast.cli.sync_command import sync
from holdfast.cli.users_command import users
from holdfast.cli.what_if_command import what_if

app = typer.Typer(
    name="holdfast",
    help="Keep your customers: revenue and retention numbers that can be questioned down to the row.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"holdfast {__version__}")
        raise typer.Exit


@app.callback()
def options(
    context: typer.Context,
    data: Annotated[
        Path | None,
        typer.Option("--data", "-d", metavar="DIR", help="data folder; HOLDFAST_DATA or ./holdfast-data by default"),
    ] = None,
    engine: Annotated[str, typer.Option(metavar="NAME", help="duckdb, spark or clickhouse")] = "duckdb",
    spark_master: Annotated[
        str | None, typer.Option(metavar="URL", help="Spark cluster, such as spark://host:7077")
    ] = None,
    clickhouse_url: Annotated[
        str | None,
        typer.Option(metavar="URL", help="ClickHouse server that sees the data folder; in process by default"),
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="print the version")
    ] = False,
) -> None:
    """Options that stand before the command."""
    engine_options = {}
    if spark_master:
        engine_options["master"] = spark_master
    if clickhouse_url:
        engine_options["url"] = clickhouse_url
    named = data is not None or bool(os.environ.get("HOLDFAST_DATA"))
    context.obj = Chosen(data_folder(data), engine, engine_options, named)


app.command("import")(import_)
for command in (
    query,
    explain,
    bridge,
    diff,
    publish,
    published,
    metrics,
    policies,
    benchmarks,
    report,
    simulate,
    demo,
    collect,
    serve,
    sources,
):
    app.command(command.__name__)(command)
app.command("rebuild-days")(rebuild_days)
app.add_typer(sync)
app.add_typer(check)
app.command("what-if")(what_if)
app.add_typer(accounts, name="accounts")
app.add_typer(keys, name="keys")
app.add_typer(events, name="events")
app.add_typer(people, name="people")
app.add_typer(users, name="users")
app.add_typer(privacy, name="privacy")
app.add_typer(calc, name="calc")


GLOBAL_OPTIONS = ("--data", "-d", "--engine", "--spark-master", "--clickhouse-url")


def in_front(arguments: list[str]) -> list[str]:
    """The arguments with the options of every command before the command's name, wherever they were written.

    >>> in_front(["query", "mrr", "--data", "acme", "--engine=spark"])
    ['--data', 'acme', '--engine=spark', 'query', 'mrr']
    """
    front: list[str] = []
    rest: list[str] = []
    waiting = iter(arguments)
    for argument in waiting:
        if argument == "--":
            return [*front, *rest, argument, *waiting]
        if argument in GLOBAL_OPTIONS:
            front += [argument, *(value for value in [next(waiting, None)] if value is not None)]
        elif argument.split("=")[0] in GLOBAL_OPTIONS:
            front.append(argument)
        else:
            rest.append(argument)
    return front + rest


def main() -> None:
    """Entry point of the command `holdfast`."""
    app(args=in_front(sys.argv[1:]))
