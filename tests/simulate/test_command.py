"""`holdfast simulate` parses, asks the simulator and says what it did."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import typer
from typer.testing import CliRunner

from holdfast.cli.simulate_command import simulate
from holdfast.errors import InputError
from holdfast.lake import Lake
from holdfast.simulate import Truth


def run(folder: Path, *arguments: str):  # type: ignore[no-untyped-def]
    app = typer.Typer()
    app.command()(simulate)
    return CliRunner().invoke(app, [*arguments], obj=SimpleNamespace(data=folder))


def test_makes_a_company_and_says_so_on_stderr(tmp_path: Path) -> None:
    result = run(tmp_path, "--accounts", "40", "--seed", "3", "--months", "6", "--end", "2025-06-10")
    assert result.exit_code == 0, result.output
    assert result.stdout == ""
    assert "40 accounts from 2025-01-01 to 2025-06-10" in result.stderr
    assert Truth.read(tmp_path).seed == 3


def test_how_much_people_do_is_an_option(tmp_path: Path) -> None:
    options = ("--accounts", "40", "--months", "6", "--end", "2025-06-10")
    assert run(tmp_path / "none", *options, "--events", "none").exit_code == 0
    assert run(tmp_path / "few", *options, "--events-per-user-month", "1").exit_code == 0
    assert run(tmp_path / "full", *options, "--events", "full").exit_code == 0
    none, few, full = (events_of(tmp_path / name) for name in ("none", "few", "full"))
    assert none == 0 < few < full / 10
    assert Truth.read(tmp_path / "none").churns == Truth.read(tmp_path / "full").churns


def events_of(folder: Path) -> int:
    return Lake(folder / "lake").read("events", ["row_key"]).num_rows


def test_refuses_a_folder_with_facts(tmp_path: Path) -> None:
    run(tmp_path, "--accounts", "5")
    result = run(tmp_path, "--accounts", "5")
    assert isinstance(result.exception, InputError)
    assert "holds facts already" in str(result.exception)
