"""What `holdfast import` prints for a folder of tables."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from holdfast.cli.import_command import import_
from holdfast.sources.kinds import kind_named
from holdfast.sources.warehouse import WAREHOUSES


@pytest.fixture
def run(books: Any) -> Any:
    app = typer.Typer()

    @app.callback()
    def root(context: typer.Context) -> None:
        context.obj = SimpleNamespace(data=books.data)

    app.command("import")(import_)
    books.table("charge", [
        {"id": "ch_1", "created": "2024-01-01", "currency": "usd", "amount": 700, "livemode": "true"},
        {"id": "ch_2", "created": "2024-01-01", "currency": "usd", "amount": 700, "livemode": "false"},
        {"id": "ch_3", "created": "2024-01-01", "currency": "usd", "amount": "much", "livemode": "true"},
    ])  # fmt: skip
    books.table("payout", [{"id": "po_1"}])

    def run(*arguments: str | Path) -> Result:
        return CliRunner(env={"COLUMNS": "80"}).invoke(app, ["import", *map(str, arguments)])

    return run


def test_tables_and_counts(books: Any, run: Any) -> None:
    result = run("Fivetran Stripe", books.tables, "--strict")
    assert result.exit_code == 1
    for words in (
        "  table   rows  read as",
        "  charge     3  payments",
        "             1  left out: test mode (livemode is false)",
        "  not there: subscription_item, so no price is known",
        "  not used: payout.csv",
        "  received   2",
        "  rejected   1",
        "line 4  not a number: 'much'",
    ):
        assert words in result.stdout
    assert all(len(line) <= 100 for line in result.stdout.splitlines() if line.startswith("  not used"))


def test_json(books: Any, run: Any) -> None:
    printed = json.loads(run("fivetran-stripe", books.tables, "--format", "json").stdout)
    assert (printed["received"], printed["accepted"], printed["ignored"]) == (2, 1, ["payout.csv"])
    assert printed["tables"][0]["left_out"] == {"test mode (livemode is false)": 1}


def test_what_cannot_be_asked_of_a_folder(books: Any, run: Any) -> None:
    result = run("fivetran-stripe", books.tables, "--map", "a=b")
    assert (result.exit_code, "leave out --map" in result.stderr) == (2, True)
    result = run("fivetran-stripe", books.tables, books.tables)
    assert (result.exit_code, "2 paths were given" in result.stderr) == (2, True)


def test_an_unknown_kind_names_the_folders() -> None:
    with pytest.raises(KeyError) as raised:
        kind_named("nonsense")
    assert all(name in str(raised.value) for name in WAREHOUSES)
