"""`holdfast query` and its neighbours, as a person types them."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner, Result

from holdfast.cli.main import app
from holdfast.metrics import catalog
from holdfast.metrics.policy import PRESETS, SWITCHES

HEAVY = ("pandas", "ibis", "duckdb", "pyarrow", "altair", "deltalake", "vl_convert", "numpy")
TERMS = (
    "subscription_id,account_id,start,end,price,currency,plan\n"
    "s1,a1,2024-01-05,,10.25,USD,=HYPERLINK(1)\n"
    "s2,a2,2024-02-05,2024-03-10,20,USD,gold\n"
)
RANGE = ("--from", "2024-01-01", "--to", "2024-03-31")


def run(folder: Path, *arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["--data", str(folder), *map(str, arguments)])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("company") / "data"
    file = folder.parent / "subscriptions.csv"
    file.write_text(TERMS)
    result = run(folder, "import", "subscriptions", file)
    assert result.exit_code == 0, result.stderr
    return folder


def test_json_is_one_object_and_nothing_else(folder: Path) -> None:
    result = run(folder, "query", "mrr", *RANGE, "--format", "json", "--by", "plan")
    assert result.exit_code == 0
    assert result.stderr == ""
    answer = json.loads(result.stdout)
    evidence = answer.pop("evidence")
    rows = answer.pop("rows")
    assert answer == {
        "metric": "mrr",
        "unit": "money",
        "policy": "holdfast",
        "grain": "month",
        "currency": None,
        "options": {},
        "columns": ["period", "plan", "currency", "mrr", "accounts"],
    }
    first = {"period": "2024-01-01", "plan": "=HYPERLINK(1)", "currency": "USD", "mrr": 10.25, "accounts": 1}
    assert rows[0] == first
    assert [row["mrr"] for row in rows] == [10.25, 0, 10.25, 20, 10.25, 0]
    assert (evidence["rows_counted"], evidence["left_out"], evidence["open_periods"]) == (2, [], [])


def test_a_null_is_null_and_a_rate_is_not_rounded(folder: Path) -> None:
    result = run(folder, "query", "nrr", *RANGE, "--format", "json", "--window", "1")
    rates = [row["rate"] for row in json.loads(result.stdout)["rows"]]
    assert rates == [None, 1.0, 10.25 / 30.25]


def test_csv_runs_no_formula(folder: Path, tmp_path: Path) -> None:
    result = run(folder, "query", "mrr", *RANGE, "--by", "plan", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert [row["plan"] for row in rows[:2]] == ["'=HYPERLINK(1)", "gold"]
    assert rows[0]["mrr"] == "10.250000"
    out = tmp_path / "answer.csv"
    written = run(folder, "query", "mrr", *RANGE, "--by", "plan", "--format", "csv", "--out", out)
    assert (written.exit_code, written.stdout, out.read_text()) == (0, "", result.stdout)


def test_parquet_is_exact(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "answer.parquet"
    assert run(folder, "query", "mrr", *RANGE, "--format", "parquet", "--out", out).exit_code == 0
    table = pq.read_table(out)
    assert str(table.schema.field("mrr").type) == "decimal128(38, 6)"
    assert [str(value) for value in table["mrr"].to_pylist()] == ["10.250000", "30.250000", "10.250000"]
    without = run(folder, "query", "mrr", "--format", "parquet")
    assert (without.exit_code, without.stdout) == (2, "")
    assert "--out FILE.parquet" in without.stderr


def test_the_table_says_what_it_rests_on(folder: Path) -> None:
    result = run(folder, "query", "mrr", *RANGE, "--policy", "stripe", "--set", "paused=count")
    assert result.exit_code == 0
    for words in ("Monthly recurring revenue", "stripe + paused=count", "30.25", "2 subscription rows counted"):
        assert words in result.stdout
    open_period = run(folder, "query", "mrr")
    assert " *" in open_period.stdout and "Open periods are not over" in open_period.stdout


@pytest.mark.parametrize(("ending", "start"), [("svg", b"<svg"), ("png", b"\x89PNG"), ("html", b"<!doctype html>")])
def test_a_chart_is_a_file(folder: Path, tmp_path: Path, ending: str, start: bytes) -> None:
    path = tmp_path / f"chart.{ending}"
    result = run(folder, "query", "mrr", *RANGE, "--format", "json", "--chart", path)
    assert result.exit_code == 0
    assert json.loads(result.stdout)["metric"] == "mrr"
    assert "chart:" in result.stderr
    assert path.read_bytes().lower().startswith(start.lower())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["query", "mmr"], "unknown metric 'mmr'"),
        (["query", "mrr", "--by", "nothing"], "unknown dimension 'nothing'"),
        (["query", "mrr", "--where", "1=1"], "cannot use the condition"),
        (["query", "mrr", "--from", "2024-13-01"], "is not a date; write it as 2026-10-31"),
        (["query", "mrr", "--from", "2024-05-01", "--to", "2024-04-01"], "swap --from and --to"),
        (["query", "mrr", "--grain", "decade"], "day, week, month, quarter, year"),
        (["query", "mrr", "--set", "paused"], "write it as --set name=value"),
        (["query", "mrr", "--policy", "x"], "unknown policy 'x'"),
        (["query", "mrr", "--currency", "GBP"], "holdfast import fx-rates FILE"),
        (["query", "mrr", "--window", "3"], "takes no option 'window'"),
        (["query", "mrr", "--chart", "chart.gif"], ".svg, .png, .html"),
        (["query", "mrr", "--format", "csv", "--out", "/nowhere/at/all.csv"], "cannot write /nowhere/at/all.csv"),
        (["query", "mrr", "--format", "xml"], "xml"),
        (["explain", "mmr"], "unknown metric 'mmr'"),
        (["--engine", "oracle", "query", "mrr"], "duckdb, spark, clickhouse"),
    ],
)
def test_what_cannot_be_done_exits_with_2(folder: Path, arguments: list[str], words: str) -> None:
    result = run(folder, *arguments)
    assert result.exit_code == 2
    assert words in " ".join(result.stderr.split())
    assert "Traceback" not in result.stderr


def test_a_missing_folder_says_how_to_begin(tmp_path: Path) -> None:
    result = run(tmp_path / "nothing", "query", "mrr")
    assert result.exit_code == 2
    assert "there is no data folder" in result.stderr and "holdfast import subscriptions FILE" in result.stderr
    assert not (tmp_path / "nothing").exists()


def test_metrics_explain_and_policies(folder: Path) -> None:
    listed = run(folder, "metrics", "--format", "json")
    assert [entry["metric"] for entry in json.loads(listed.stdout)] == list(catalog.load())
    assert "mrr-movements" in run(folder, "metrics").stdout
    explained = " ".join(run(folder, "explain", "grr", "--policy", "maxio").stdout.split())
    for words in ("Formula", "Policy maxio", "is not the default", "count*", "SQL as run", "SELECT"):
        assert words in explained
    table = run(folder, "policies").stdout
    assert all(name[:4] in table for name in (*PRESETS, *SWITCHES))


def test_days_are_made_anew(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOLDFAST_TIMEZONE", "Asia/Tokyo")
    refused = run(folder, "query", "mrr")
    assert refused.exit_code == 2
    assert "holdfast rebuild-days" in refused.stderr
    assert run(folder, "rebuild-days").exit_code == 0
    assert run(folder, "query", "mrr").exit_code == 0
    monkeypatch.setenv("HOLDFAST_TIMEZONE", "UTC")
    assert run(folder, "rebuild-days").exit_code == 0


def test_help_loads_nothing_heavy() -> None:
    code = f"import sys, holdfast.cli.main; print([m for m in {HEAVY!r} if m in sys.modules])"
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2] / "src")}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    assert done.stdout.strip() == "[]"
