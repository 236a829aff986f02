"""The workbook holds numbers equal to the metric's, days as days, and text that is never a formula."""

from __future__ import annotations

import zipfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from holdfast.errors import InputError, LakeError
from holdfast.report import build_report, workbook, xlsx
from holdfast.report.model import Report
from holdfast.report.workbook import FORMULA_STARTS, Heading, Workbook, safe_text
from holdfast.workspace import Workspace
from tests.report.companies import MONTH, NAMES
from tests.report.made_up import MadeUpWorkspace

pytestmark = pytest.mark.slow

Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def book(hostile: Report, tmp_path_factory: pytest.TempPathFactory) -> Any:
    path = tmp_path_factory.mktemp("book") / "deep" / "board.xlsx"
    xlsx.write_xlsx(hostile, path)
    return openpyxl.load_workbook(path)


def rows(sheet: Any) -> Rows:
    head, *below = sheet.iter_rows(values_only=True)
    return [dict(zip(head, row, strict=True)) for row in below]


def close(one: Any, other: Any) -> bool:
    return (one is None and other is None) or one == pytest.approx(float(other), rel=1e-12, abs=1e-9)


def test_movements_are_the_metric_s(book: Any, open_hostile: Workspace) -> None:
    asked = open_hostile.query("mrr-movements", start=date(2023, 7, 1), end=date(2024, 6, 30), grain="month")
    found = {(row["Currency"], row["Month"].date()): row for row in rows(book["Movements"])}
    answer = asked.arrow.to_pylist()
    assert len(found) == len(answer)
    for row in answer:
        shown = found[row["currency"], row["period"]]
        for name in ("opening", "new", "reactivation", "expansion", "contraction", "churn", "closing"):
            assert close(shown[name.title()], row[name])


def test_rates_are_the_metric_s(book: Any, open_hostile: Workspace) -> None:
    asked = open_hostile.query("customer-churn", start=date(2023, 7, 1), end=date(2024, 6, 30), grain="month")
    rates = {row["period"]: row["rate"] for row in asked.arrow.to_pylist()}
    for row in rows(book["Churn"]):
        assert close(row["Customers: churn"], rates[row["Month"].date()])


def test_accounts_that_moved_add_up(book: Any) -> None:
    changed = {(row["Currency"], row["Movement"]): row for row in rows(book["What changed"])}
    totals: dict[tuple[str, str], float] = {}
    for row in rows(book["Accounts that moved"]):
        key = (row["Currency"], row["Movement"])
        totals[key] = totals.get(key, 0) + row["MRR"]
    assert totals
    for key, total in totals.items():
        assert changed[key]["Jun 2024"] == pytest.approx(total)


def test_every_number_is_a_number_with_a_format(book: Any) -> None:
    formats = {"Opening": "#,##0.00", "New": "+#,##0.00;-#,##0.00;0.00", "Month": "mmm yyyy"}
    sheet = book["Movements"]
    for cell in sheet[1]:
        if cell.value in formats:
            below = sheet.cell(2, cell.column)
            assert below.number_format == formats[cell.value]
            assert below.data_type == ("d" if cell.value == "Month" else "n")
    share = book["Churn"].cell(2, 6)
    assert share.number_format == "0.0%" and share.data_type == "n"


def test_headings_stay_in_view_and_columns_are_wide_enough(book: Any) -> None:
    for sheet in book:
        assert sheet.freeze_panes is not None, sheet.title
        assert all(size.width > 8 for size in sheet.column_dimensions.values())


def test_no_cell_is_a_formula_and_names_are_text(book: Any) -> None:
    texts = [cell.value for sheet in book for row in sheet for cell in row if isinstance(cell.value, str)]
    assert not [text for text in texts if text.startswith(FORMULA_STARTS)]
    assert not [cell for sheet in book for row in sheet for cell in row if cell.data_type == "f" or cell.hyperlink]
    shown = set(texts)
    for name in NAMES:
        assert safe_text(name.replace("\u202e", "")) in shown | {text.replace("  ", " ") for text in shown}, name


def test_definitions_have_a_sheet(book: Any, hostile: Report) -> None:
    told = {row["Number"]: row["Formula"] for row in rows(book["Definitions"])}
    assert told == {definition.number: definition.formula for definition in hostile.definitions}


def test_restated_figures_and_benchmarks_are_numbers(book: Any) -> None:
    (row,) = rows(book["Restated"])
    assert (row["As"], row["Today"], row["Shown on"]) == (1234.5, 1300.0, datetime(2024, 7, 3))  # noqa: DTZ001
    assert [row["Own"] for row in rows(book["Benchmarks"])] == [3.2, None]


def test_nothing_outside_is_linked(hostile: Report, tmp_path: Path) -> None:
    xlsx.write_xlsx(hostile, tmp_path / "b.xlsx")
    with zipfile.ZipFile(tmp_path / "b.xlsx") as parts:
        assert not [name for name in parts.namelist() if "external" in name or "vba" in name.lower()]
        links = [parts.read(name).decode() for name in parts.namelist() if name.endswith(".rels")]
    assert 'TargetMode="External"' not in "".join(links)


def test_an_empty_company_and_a_young_one(tmp_path: Path) -> None:
    xlsx.write_xlsx(build_report(MadeUpWorkspace(new_a_month=0)), tmp_path / "empty.xlsx")
    assert openpyxl.load_workbook(tmp_path / "empty.xlsx").sheetnames == ["No data yet"]
    xlsx.write_xlsx(build_report(MadeUpWorkspace(today=date(2024, 4, 12), new_a_month=2)), tmp_path / "young.xlsx")
    assert "Movements" in openpyxl.load_workbook(tmp_path / "young.xlsx").sheetnames


# the writer itself


def written(path: Path, values: list[Any], kind: str = "text") -> list[Any]:
    with Workbook(path) as book:
        book.sheet("Sheet", [Heading("value", kind)], [[value] for value in values])
    (sheet,) = openpyxl.load_workbook(path).worksheets
    return [row[0] for row in sheet.iter_rows(min_row=2, max_row=len(values) + 1, values_only=True)]


@pytest.mark.parametrize("start", FORMULA_STARTS)
def test_what_begins_a_formula_is_neutralised(start: str, tmp_path: Path) -> None:
    (found,) = written(tmp_path / "a.xlsx", [f"{start}1+1"])
    assert found.startswith("'") and not found.startswith(FORMULA_STARTS)


def test_odd_values_are_kept_or_left_blank(tmp_path: Path) -> None:
    values = [float("nan"), float("inf"), None, "", 2**60, date(1850, 1, 1), True, "http://evil.example", "x" * 40_000]
    found = written(tmp_path / "a.xlsx", [*values, -5.2], "number")
    assert found[:4] == [None] * 4
    assert found[4:8] == [str(2**60), "1850-01-01", True, "http://evil.example"]
    assert len(found[8]) == workbook.MOST_TEXT and found[8].endswith("…")
    assert found[9] == -5.2


def test_sheet_names_are_allowed_and_differ(tmp_path: Path) -> None:
    with Workbook(tmp_path / "a.xlsx") as book:
        for name in ("a/b:[c]", "A b  c", "x" * 50, "x" * 60, ""):
            book.sheet(name, [Heading("v")], [])
    names = openpyxl.load_workbook(tmp_path / "a.xlsx").sheetnames
    assert len({name.lower() for name in names}) == 5 and max(map(len, names)) <= 31


def test_more_rows_than_a_sheet_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "MOST_ROWS", 3)
    with pytest.raises(InputError, match="holds 2 rows"):
        written(tmp_path / "a.xlsx", [1, 2, 3])
    assert not (tmp_path / "a.xlsx").exists()


def test_a_file_that_cannot_be_written_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(LakeError, match=r"cannot write .*taken"):
        written(tmp_path / "taken" / "a.xlsx", [1])


def test_the_month_is_the_one_asked_for(hostile: Report) -> None:
    assert hostile.month == MONTH
