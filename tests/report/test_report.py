"""The report says what the workspace answers, in a terminal and as a page that runs nothing of the data."""

from __future__ import annotations

import html
import html.parser
import io
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from holdfast import benchmarks
from holdfast.cli.report_command import Format, files
from holdfast.errors import InputError
from holdfast.report import beside, build_report, changes
from holdfast.report.ask import Questions, one_line
from holdfast.report.build import MOST_CURRENCIES, Range
from holdfast.report.cohorts import pooled, worth_a_look
from holdfast.report.html import html as page_of
from holdfast.report.html import write_html
from holdfast.report.model import Report
from holdfast.report.terminal import print_report
from holdfast.workspace import Workspace
from tests.report.companies import MONTH, NAMES
from tests.report.made_up import MadeUpWorkspace


@pytest.fixture(scope="module")
def report() -> Report:
    return build_report(MadeUpWorkspace())


@pytest.fixture(scope="module")
def page(report: Report) -> str:
    return page_of(report)


def printed(report: Report, width: int, **more: Any) -> str:
    console = Console(width=width, highlight=False, file=io.StringIO(), **more)
    print_report(report, console)
    return console.file.getvalue()


def test_the_month_is_the_last_one_that_is_over_and_the_open_one_is_marked(report: Report) -> None:
    assert report.month == date(2026, 10, 1) and not report.month_is_open
    lines = report.money[0].movements.grid.lines
    assert len(lines) == 13
    assert [line.is_open for line in lines] == [False] * 12 + [True]


def test_a_month_that_is_named_ends_the_report() -> None:
    report = build_report(MadeUpWorkspace(), month=date(2026, 3, 1))
    assert report.money[0].movements.grid.lines[-1].label == "Mar 2026"
    assert build_report(MadeUpWorkspace(), month=date(2026, 11, 1)).month_is_open


def test_range_never_looks_behind_the_month_asked_for() -> None:
    asked = Range.of(date(2026, 3, 1), date(2026, 11, 12))
    assert (asked.first, asked.last, asked.closed) == (date(2025, 4, 1), date(2026, 3, 31), date(2026, 3, 31))


def test_figures_are_the_workspace_s_own(report: Report) -> None:
    workspace = MadeUpWorkspace()
    moved = workspace.query("mrr-movements", start=report.month, end=report.month).arrow.to_pylist()[0]
    figures = {figure.label: figure for figure in report.money[0].figures}
    assert (figures["MRR"].value, figures["MRR"].before) == (moved["closing"], moved["opening"])
    churn = workspace.query("customer-churn", start=report.month, end=report.month).arrow.to_pylist()[0]
    assert figures["Customer churn"].value == churn["rate"]


def test_each_currency_has_its_part_and_one_can_be_asked_for() -> None:
    several = MadeUpWorkspace(currencies=("EUR", "USD", "GBP"))
    report = build_report(several)
    assert report.currencies == ("EUR", "GBP", "USD")
    assert build_report(several, currency="USD").currencies == ("USD",)
    text = printed(report, 80)
    assert "In GBP" in text and "--currency EUR" in text
    page = page_of(build_report(MadeUpWorkspace(currencies=("EUR", "USD"))))
    assert page.count('name="currency"') == 2
    assert "all currencies" in page


def test_more_currencies_than_a_page_can_hold_are_named() -> None:
    codes = ("USD", "EUR", "GBP", "CHF", "SEK", "NOK")
    report = build_report(MadeUpWorkspace(currencies=codes))
    assert len(report.money) == MOST_CURRENCIES
    assert report.notes == ("Not shown: NOK, SEK. With --currency USD everything is converted and shown together.",)


@pytest.mark.parametrize("width", [80, 100, 120, 160])
def test_terminal_lines_fit_and_no_cell_is_cut(report: Report, width: int) -> None:
    text = printed(report, width)
    assert max(map(len, text.splitlines())) <= width
    assert "…" not in text
    rows = [line for line in text.splitlines() if line.startswith("Oct 2026")]
    assert len(rows) == 4


def test_terminal_without_colour_has_signs(report: Report) -> None:
    text = printed(report, 80, no_color=True)
    assert "\x1b" not in text
    assert re.search(r"\+\d", text) and re.search(r"−\d", text) and "◀ peak" in text


def test_young_companies_are_told_what_is_missing() -> None:
    report = build_report(MadeUpWorkspace(today=date(2024, 6, 12)))
    missing = {figure.label: figure.missing for figure in report.money[0].figures}
    assert "12 months" in missing["NRR, 12 months"]
    assert "12 months" in printed(report, 80) and "12 months" in page_of(report)


def test_an_empty_workspace_is_taught_what_to_import(tmp_path: Path) -> None:
    workspace = MadeUpWorkspace(new_a_month=0)
    report = build_report(workspace)
    assert report.is_empty and not workspace.asked
    assert "holdfast import subscriptions" in printed(report, 80)
    assert "holdfast import subscriptions" in write_html(report, tmp_path / "deep" / "report.html").read_text("utf-8")


def test_a_company_where_nothing_moved_is_told_to_name_a_month(report: Report) -> None:
    workspace = MadeUpWorkspace()
    for account in workspace.accounts:
        account.mrr = {month: 100 for month in account.mrr if account.start == date(2024, 3, 1)}
        account.mrr |= {date(2025, month, 1): 100 for month in range(1, 13)} | {
            date(2026, m, 1): 100 for m in range(1, 12)
        }
    assert "--month 2024-12" in build_report(workspace).notes[0]


class _Elements(html.parser.HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.links += [value for name, value in attrs if name in ("src", "href", "data") and value]


def test_page_holds_everything_and_loads_nothing(page: str) -> None:
    found = _Elements()
    found.feed(page)
    assert all(link.startswith("#") for link in found.links)
    assert found.names.count("svg") == 8 and found.names.count("script") == 1
    assert "default-src 'none'" in page
    assert re.findall(r"https?://[^\s\"']+", page.replace("http://www.w3.org/2000/svg", "")) == []
    assert len(page) < 300_000


def test_page_names_each_figure_s_meaning(report: Report, page: str) -> None:
    for definition in report.definitions:
        assert f'id="definition-{definition.number}"' in page
    assert page.count('href="#definition-') >= len(report.definitions) - 1


def test_pooled_average_is_a_sum_over_complete_cells() -> None:
    rows = [
        {"cohort": 1, "age": 1, "accounts": 10, "retained": 5, "rate": 0.5, "complete": True},
        {"cohort": 2, "age": 1, "accounts": 30, "retained": 27, "rate": 0.9, "complete": True},
        {"cohort": 3, "age": 1, "accounts": 99, "retained": 0, "rate": 0.0, "complete": False},
    ]
    assert pooled(rows) == {1: (0.8, 32)}


def _cohort(month: int, accounts: int, retained: int) -> dict[str, Any]:
    first = date(2026, month, 1)
    rate = retained / accounts
    return {"cohort": first, "age": 3, "accounts": accounts, "retained": retained, "rate": rate, "complete": True}


def _divergence(month: int, before: int, after: int, *, diverges: bool = True) -> dict[str, Any]:
    row = {
        "cohort": date(2026, month, 1),
        "accounts_start": 9,
        "accounts_end": 7,
        "currency": "USD",
        "diverges": diverges,
    }
    return row | {"mrr_start": before, "mrr_end": after, "top_accounts": "Acme, Inc., Globex"}


def test_diverging_cohorts_come_first_then_the_one_that_lost_most() -> None:
    retention = [_cohort(1, 40, 38), _cohort(2, 40, 20), _cohort(3, 40, 30), _cohort(4, 40, 37)]
    divergence = [_divergence(1, 100, 150), _divergence(4, 100, 400), _divergence(3, 1, 900, diverges=False)]
    looks = worth_a_look(retention, divergence)
    assert [(look.kind, look.cohort.month) for look in looks] == [("diverges", 4), ("diverges", 1), ("loses", 2)]
    assert looks[0].reason == "Revenue grew from $100 to $400 a month while 2 of 9 accounts left."
    assert looks[0].accounts == "Acme, Inc., Globex"
    assert "20 of 40 accounts stay after 3 months: 50.0%, against 78.1%" in looks[2].reason


def test_small_cohorts_are_not_compared() -> None:
    looks = worth_a_look([_cohort(1, 9, 0), _cohort(2, 40, 20)], [])
    assert [look.cohort.month for look in looks] == [2]


def test_cohorts_that_keep_more_fill_the_rest() -> None:
    looks = worth_a_look([_cohort(1, 40, 40), _cohort(2, 40, 30)], [])
    assert [look.kind for look in looks] == ["loses", "keeps"]


def test_a_peak_of_few_accounts_says_so(report: Report) -> None:
    workspace = MadeUpWorkspace(today=date(2024, 6, 12), new_a_month=5)
    tenure = build_report(workspace).tenure
    assert tenure is not None and "may be chance" in tenure.notes[0]
    assert report.tenure is not None and not report.tenure.notes


class _Chosen:
    def __init__(self, workspace: Any) -> None:
        self.workspace = workspace

    def open(self) -> Any:
        from contextlib import nullcontext

        return nullcontext(self.workspace)


def test_command_prints_and_writes(tmp_path: Path) -> None:
    import typer
    from typer.testing import CliRunner

    from holdfast.cli.report_command import report as command

    app = typer.Typer()
    app.command()(command)
    out = tmp_path / "october.md"
    asked = ["--month", "2026-10", "--format", "md", "--format", "xlsx", "--out", str(out)]
    result = CliRunner().invoke(app, asked, obj=_Chosen(MadeUpWorkspace()))
    assert result.exit_code == 0, result.output
    assert "What moved MRR" in result.stdout and out.exists() and out.with_suffix(".xlsx").exists()
    assert str(out) in result.stderr.replace("\n", "")
    wrong = CliRunner().invoke(app, ["--month", "October"], obj=_Chosen(MadeUpWorkspace()))
    assert wrong.exit_code == 2 and "write it as 2026-10" in wrong.stderr


@pytest.mark.parametrize(
    ("formats", "out", "names"),
    [
        ([], None, ["holdfast-report.html"]),
        ([], "a/board.pdf", ["board.pdf"]),
        ([], "board.MD", ["board.MD"]),
        (["pdf", "xlsx", "pdf"], None, ["holdfast-report.pdf", "holdfast-report.xlsx"]),
        (["pdf", "xlsx"], "board.xlsx", ["board.pdf", "board.xlsx"]),
        (["pdf", "md"], "board", ["board.pdf", "board.md"]),
    ],
)
def test_each_format_has_its_file(formats: list[str], out: str | None, names: list[str]) -> None:
    found = files([Format(kind) for kind in formats], Path(out) if out else None)
    assert [path.name for path in found] == names


@pytest.mark.parametrize(("formats", "out"), [([], "report.docx"), ([], "report"), (["pdf"], "report.html")])
def test_a_file_that_is_no_report_is_refused(formats: list[str], out: str) -> None:
    with pytest.raises(InputError, match="end"):
        files([Format(kind) for kind in formats], Path(out))


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a folder"):
        files([], tmp_path)


def test_changes_name_the_accounts_that_moved_most(report: Report) -> None:
    workspace = MadeUpWorkspace()
    moved = {kind.title: kind for kind in report.money[0].changes.moved}
    before, now = date(2026, 9, 1), date(2026, 10, 1)
    gone = sorted((a.at(before), a.name) for a in workspace.accounts if a.at(before) and not a.at(now))
    churn = moved["Churn"]
    assert [-mover.amount for mover in churn.movers] == [amount for amount, _ in gone[::-1]][: len(churn.movers)]
    assert churn.others == len(gone) - len(churn.movers)
    assert churn.others_amount + sum(mover.amount for mover in churn.movers) == churn.amount


def test_changes_set_the_month_beside_the_one_before(report: Report) -> None:
    first, *_, last = report.money[0].changes.grid.lines
    for line in report.money[0].changes.grid.lines:
        now, then, difference = (cell.value for cell in line.cells[:3])
        assert difference == now - then
    moved = sum(line.cells[0].value for line in report.money[0].changes.grid.lines[1:-1])
    assert first.cells[0].value + moved == last.cells[0].value


def test_page_and_terminal_show_what_changed(report: Report, page: str) -> None:
    largest = report.money[0].changes.moved[0].movers[0]
    text = printed(report, 80)
    assert "What changed in October 2026" in text and largest.account in text
    assert "What changed in October 2026" in page and largest.account in page


@pytest.fixture(scope="module")
def hostile_page(hostile: Report) -> str:
    return page_of(hostile)


def test_hostile_names_are_text_on_the_page_and_in_the_terminal(hostile: Report, hostile_page: str) -> None:
    text = printed(hostile, 200)
    found = _Elements()
    found.feed(hostile_page)
    assert found.names.count("script") == 1 and not {"b", "img"}.intersection(found.names)
    for name in NAMES:
        assert one_line(name) in html.unescape(hostile_page)
    for moved in hostile.money[0].changes.moved:
        for mover in moved.movers[:3]:
            assert mover.account in text


def test_restated_and_published_figures_are_shown(hostile: Report, hostile_page: str) -> None:
    text = printed(hostile, 100)
    for said in ("Figures that differ from when they were last shown", "a late | invoice", "Quick ratio"):
        assert said in hostile_page and said in text
    assert "1 more published figure is not compared" in text


def test_as_of_holds_for_every_question(open_hostile: Workspace) -> None:
    workspace = MadeUpWorkspace()
    build_report(workspace, as_of="2026-11-05")
    assert workspace.asked_as_of == {"2026-11-05"}
    before = Questions(open_hostile, None, None, as_of="2020-01-01")
    assert not any(changes.movers(before, MONTH, date(2024, 6, 30), ("USD",))["USD"].values())


@pytest.mark.benchmarked
def test_published_figures_come_from_the_workspace(open_hostile: Workspace) -> None:
    rows = beside.compared(Questions(open_hostile, None, None), MONTH)
    assert len(rows) > 20
    assert all(row.said and row.definition and row.source for row in rows)


@pytest.mark.benchmarked
def test_a_published_figure_beside_an_own_one(monkeypatch: pytest.MonkeyPatch) -> None:
    quick = next(found for found in benchmarks.load() if found.id == "hamid-quick-ratio")
    own = benchmarks.Comparison(
        quick, 3.25, "below", "", "Quick ratio: 3.3 in June 2024, 10 % below.", notes=("rebuilt",)
    )
    other = benchmarks.Comparison(quick, reason="your ARR is 9 USD", sentence="Quick ratio: not compared.")
    monkeypatch.setattr(benchmarks, "compare", lambda workspace, **asked: [other, own])
    first, second = beside.compared(Questions(MadeUpWorkspace(), None, None), MONTH)
    assert (first.value, first.kind, first.said) == (3.25, "number", "3.3 in June 2024, 10% below. Rebuilt.")
    assert (second.value, second.said) == (None, "Your ARR is 9 USD.")
