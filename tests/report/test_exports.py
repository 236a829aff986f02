"""`holdfast query --out`: the same neutralising writer for CSV and XLSX; numbers stay numbers."""

from __future__ import annotations

import csv
import io
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from typer.testing import CliRunner

from holdfast.cli import output
from holdfast.metrics.result import MetricResult
from holdfast.report.workbook import FORMULA_STARTS, safe_text
from holdfast.workspace import Workspace
from tests.oracle import Facts
from tests.oracle.facts import Account, Row
from tests.system import stored

IDS = ("=cmd|' /C calc'!A0", "+1", "-5.20", "@x", "\tx", "<script>", "한국어", "plain")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rows = [Row(f"s{n}", account, date(2024, 1, 1 + n), 10 + n) for n, account in enumerate(IDS)]  # type: ignore[arg-type]
    rows.append(Row("gone", "gone", date(2023, 12, 1), 5, valid_to=date(2024, 1, 9)))  # type: ignore[arg-type]
    named = tuple(Account(account, None, {"=kind": f"={account}"}) for account in IDS)
    return stored(tmp_path_factory.mktemp("exports"), Facts(tuple(rows), named))


@pytest.fixture(scope="module")
def result(folder: Path) -> MetricResult:
    with Workspace(folder) as workspace:
        result = workspace.query("mrr-movements", start="2024-01-01", end="2024-01-31", by=["account"])
        assert result.evidence
        return result


def test_csv_runs_nothing_and_keeps_numbers(result: MetricResult) -> None:
    rows = list(csv.DictReader(io.StringIO(output.as_csv(result))))
    asked = result.arrow.to_pylist()
    assert [row["account"] for row in rows] == [safe_text(row["account"]) for row in asked]
    assert not [row for row in rows if row["account"].startswith(FORMULA_STARTS)]
    assert [row["churn"] for row in rows] == [str(row["churn"]) for row in asked]
    assert "-5.000000" in {row["churn"] for row in rows}


def test_xlsx_has_the_same_numbers_and_says_what_they_mean(result: MetricResult, tmp_path: Path) -> None:
    output.write(result, "xlsx", tmp_path / "a.xlsx")
    data, meaning = openpyxl.load_workbook(tmp_path / "a.xlsx").worksheets
    head, *rows = data.iter_rows(values_only=True)
    asked = result.arrow.to_pylist()
    assert list(head) == [name.replace("_", " ") for name in result.arrow.column_names]
    for row, expected in zip(rows, asked, strict=True):
        assert row[0].date() == expected["period"] and row[1] == safe_text(expected["account"]).replace("\t", "\t")
        assert [row[head.index(name)] for name in ("new", "churn", "closing")] == [
            float(expected[name]) for name in ("new", "churn", "closing")
        ]
    told = dict(meaning.iter_rows(min_row=2, values_only=True))
    assert told["metric"] == "mrr-movements" and told["policy"] == "holdfast"
    assert not [cell for sheet in (data, meaning) for row in sheet for cell in row if cell.data_type == "f"]


@pytest.mark.parametrize(
    ("name", "starts"),
    [("a.csv", b"period,"), ("a.xlsx", b"PK"), ("a.json", b"{"), ("a.txt", b" "), ("a.parquet", b"PAR1")],
)
def test_a_file_s_name_says_the_format(folder: Path, tmp_path: Path, name: str, starts: bytes) -> None:
    from holdfast.cli.main import app

    out = tmp_path / name
    question = ["mrr", "--from", "2024-01-01", "--to", "2024-01-31", "--out", str(out)]
    done: Any = CliRunner().invoke(app, ["--data", str(folder), "query", *question])
    assert done.exit_code == 0, done.output
    assert out.read_bytes().startswith(starts)


def test_a_workbook_needs_a_file(folder: Path) -> None:
    from holdfast.cli.main import app

    done = CliRunner().invoke(app, ["--data", str(folder), "query", "mrr", "--format", "xlsx"])
    assert done.exit_code == 2 and "--out FILE.xlsx" in done.stderr
