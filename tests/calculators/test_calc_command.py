"""`holdfast calc`, as a person types it: without any data folder."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from holdfast.calculators import CALCULATORS
from holdfast.cli.calc_command import calc
from holdfast.cli.main import app

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "calculators.md").read_text(encoding="utf-8")


def run(*arguments: str, width: int = 80) -> Result:
    return CliRunner().invoke(calc, arguments, env={"COLUMNS": str(width)})


@pytest.mark.parametrize("name", CALCULATORS)
def test_the_example_that_is_shown_runs(name: str) -> None:
    declared = CALCULATORS[name]
    typed = shlex.split(declared.command)
    assert typed[:3] == ["holdfast", "calc", name]
    shown, plain = run(*typed[2:]), run(*typed[2:], "--format", "json")
    assert (shown.exit_code, plain.exit_code) == (0, 0), shown.stderr
    expected = declared.answer(**declared.example)
    assert shown.stdout.splitlines()[0] == f"{declared.title}  {expected}"
    assert max(map(len, shown.stdout.splitlines())) <= 80
    answer = json.loads(plain.stdout)
    assert (answer["value"], answer["unit"]) == (float(expected), declared.unit)
    assert answer["formula"] == declared.formula


def test_alone_it_lists_each_calculator_with_a_line_and_an_example() -> None:
    listed = run(width=200)
    assert listed.exit_code == 0
    for declared in CALCULATORS.values():
        assert declared.says in listed.stdout and declared.command in listed.stdout
    as_json = json.loads(run("--format", "json").stdout)
    assert {one["calculator"] for one in as_json} == set(CALCULATORS)


def test_vendors_stand_side_by_side() -> None:
    shown = run("churn", "--start", "1000", "--lost", "50", "--joined", "500", "--joined-and-lost", "12").stdout
    for line in ("62 / 1,000", "6.2 %", "62 / 1,500", "4.13 %", "50 / 1,000 = 5.0 % a month"):
        assert line in shown


def test_what_is_impossible_exits_with_2_and_a_sentence() -> None:
    refused = run("churn", "--start", "10", "--lost", "11")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "lost=11 is more than start=10" in refused.stderr and "joined-and-lost" in refused.stderr


def test_it_is_a_command_of_holdfast_and_needs_no_data_folder(tmp_path: Path) -> None:
    arguments = ["--data", str(tmp_path / "nowhere"), "calc", "ltv", "--arpa", "100", "--churn", "5%"]
    shown = CliRunner().invoke(app, arguments)
    assert (shown.exit_code, shown.stdout.splitlines()[0]) == (0, "Lifetime value  2,000.00")
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("name", CALCULATORS)
def test_help_explains_every_input(name: str) -> None:
    shown = run(name, "--help", width=200).stdout
    for given in CALCULATORS[name].inputs:
        assert f"--{given.option}" in shown and given.meaning.split(",")[0] in shown


@pytest.mark.parametrize("name", CALCULATORS)
def test_the_page_shows_it(name: str) -> None:
    assert f"`{name}`" in PAGE


def test_it_needs_nothing_heavy() -> None:
    heavy = "pandas ibis duckdb pyarrow altair deltalake numpy pydantic".split()
    code = f"import sys; from holdfast import calculators; print([name for name in {heavy} if name in sys.modules])"
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.strip() == "[]"
