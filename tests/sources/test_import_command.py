"""The command: what it prints, where, and how it exits."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
import typer
from typer.testing import CliRunner, Result

from holdfast.cli.import_command import import_

TEXT = "subscription_id,account_id,start,price\ns1,a1,2024-01-01,10\ns2,,2024-01-01,10\n"


@pytest.fixture
def app(tmp_path: Path) -> typer.Typer:
    app = typer.Typer()

    @app.callback()
    def root(context: typer.Context) -> None:
        context.obj = SimpleNamespace(data=tmp_path / "data")

    app.command("import")(import_)
    return app


def run(app: typer.Typer, *arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["import", *map(str, arguments)])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "subs.csv"
    path.write_text(TEXT)
    return path


def test_the_table_shows_mapping_counts_and_reasons(app: typer.Typer, file: Path) -> None:
    result = run(app, "subscriptions", file)
    assert result.exit_code == 0
    for words in (
        "valid_from",
        "<- start",
        "guessed",
        "received   2",
        "accepted   1",
        "rejected   1",
        "line 3  account_id is missing",
        "rejects",
    ):
        assert words in result.stdout


def test_json_is_one_object_with_five_counts_and_the_rejects(app: typer.Typer, file: Path) -> None:
    result = run(app, "subscriptions", file, "--format", "json", "--strict")
    assert result.exit_code == 1
    printed = json.loads(result.stdout)
    assert list(printed) == ["received", "accepted", "rejected", "duplicate", "conflict", "rejects"]
    assert printed["rejects"] == [
        {
            "file": str(file),
            "line": 3,
            "reason": "account_id is missing",
            "row": {"subscription_id": "s2", "account_id": "", "start": "2024-01-01", "price": "10"},
        }
    ]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["subscriptions", "missing.csv"], "cannot read missing.csv"),
        (["nonsense", "FILE"], "unknown kind 'nonsense'"),
        (["subscriptions", "FILE", "--map", "status"], "write it as --map field=value"),
        (["subscriptions", "FILE", "--map", "status=x"], "no column 'x'"),
        (["subscriptions", "FILE", "--known-at", "soon"], "--known-at: not a date"),
    ],
)
def test_what_cannot_be_used_exits_with_2(app: typer.Typer, file: Path, arguments: list[str], words: str) -> None:
    result = run(app, *[str(file) if word == "FILE" else word for word in arguments])
    assert result.exit_code == 2
    assert result.stdout == ""
    assert words in " ".join(result.stderr.split())


def test_known_at_a_date_is_the_end_of_that_day(app: typer.Typer, file: Path, tmp_path: Path) -> None:
    from holdfast.lake import Lake

    assert run(app, "subscriptions", file, "--known-at", "2024-03-31").exit_code == 0
    recorded = Lake(tmp_path / "data" / "lake").read("subscription_terms")["recorded_at"][0].as_py()
    assert recorded.isoformat() == "2024-03-31T23:59:59.999999+00:00"
