"""`holdfast simulate` parses, asks the simulator and says what it did."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import typer
from typer.testing import CliRunner

from holdfast.cli.simulate_command import simulate
from holdfast.errors import InputError
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


def test_refuses_a_folder_with_facts(tmp_path: Path) -> None:
    run(tmp_path, "--accounts", "5")
    result = run(tmp_path, "--accounts", "5")
    assert isinstance(result.exception, InputError)
    assert "holds facts already" in str(result.exception)
