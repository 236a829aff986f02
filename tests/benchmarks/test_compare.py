"""A simulated company's own figures beside the published ones, and what the command prints."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from holdfast import benchmarks
from holdfast.benchmarks import Comparison
from holdfast.cli.benchmarks_shown import show
from holdfast.cli.main import app
from holdfast.simulate import Model, simulate
from holdfast.workspace import Workspace
from tests.report.made_up import MadeUpWorkspace

pytestmark = pytest.mark.slow

END = date(2026, 11, 21)
MONTH = date(2026, 10, 1)
EXTRA = ("invoices", "payments", "users", "memberships")
INVESTORS = """
[[benchmark]]
id = "investors-churn"
title = "Churn of our investors' companies"
metric = "customer-churn"
definition = "customers lost in a quarter / customers at its start"
period = "quarter"
unit = "rate"
values = { low = 0.02, high = 0.04 }
label = "range"
segment = { text = "small business software", customers = ["smb"] }
source = { title = "Review", publisher = "Our investors" }
primary = true
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("company")
    simulate(folder, accounts=250, end=END, model=Model(one_currency=True), without=EXTRA)
    with (folder / "holdfast.toml").open("a", encoding="utf-8") as settings:
        settings.write('\ncustomer_type = "smb"\n')
    (folder / benchmarks.OWN_FILE).write_text(INVESTORS, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def workspace(folder: Path) -> Iterator[Workspace]:
    with Workspace(folder) as opened:
        yield opened


@pytest.fixture(scope="module")
def found(workspace: Workspace) -> dict[str, Comparison]:
    return {one.benchmark.id: one for one in benchmarks.compare(workspace, month=MONTH)}


def test_each_is_compared_or_says_why_not(found: dict[str, Comparison]) -> None:
    assert len(found) == len(benchmarks.load()) + 1
    for one in found.values():
        assert bool(one.reason) == (one.own_value is None) == (one.position is None)
        assert one.sentence.startswith(f"{one.benchmark.title}: ")
        assert one.sentence.endswith(".")
        if one.reason:
            assert one.reason in one.sentence
        else:
            assert one.period in one.sentence
            assert one.policy


def test_own_figures_are_the_metrics_own(found: dict[str, Comparison], workspace: Workspace) -> None:
    month = {"start": MONTH, "end": MONTH}
    (grr,) = workspace.query("grr", grain="month", **month).arrow.to_pylist()
    assert found["kbcm-grr"].own_value == grr["rate"]
    assert found["kbcm-grr"].period == "the 12 months to October 2026"
    (churn,) = workspace.query("customer-churn", grain="month", policy="recurly", **month).arrow.to_pylist()
    assert found["recurly-customer-churn-b2b"].own_value == churn["rate"]
    assert found["recurly-customer-churn-b2b"].policy == "recurly"


def test_a_yearly_figure_is_measured_over_the_last_year_that_is_over(
    found: dict[str, Comparison], workspace: Workspace
) -> None:
    year = {"start": date(2025, 1, 1), "end": date(2025, 12, 31), "grain": "year"}
    (churn,) = workspace.query("customer-churn", **year).arrow.to_pylist()
    own = found["pacific-crest-annual-customer-churn"]
    assert (own.own_value, own.period) == (churn["rate"], "2025")
    assert own.position == "above"


def test_what_can_be_rebuilt_is(found: dict[str, Comparison], workspace: Workspace) -> None:
    (moves,) = workspace.query("mrr-movements", start=MONTH, end=MONTH, grain="month").arrow.to_pylist()
    own = found["hamid-quick-ratio"]
    wanted = (moves["new"] + moves["expansion"]) / -(moves["churn"] + moves["contraction"])
    assert own.own_value == pytest.approx(float(wanted))
    assert own.notes == ("rebuilt: without reactivation, as he has it",)


def test_only_the_segment_of_the_company_is_compared(found: dict[str, Comparison], workspace: Workspace) -> None:
    (arpa,) = workspace.query("arpa", start=MONTH, end=MONTH, grain="month").arrow.to_pylist()
    for one in found.values():
        band = one.benchmark.segment.arpa
        if not one.reason and band is not None:
            assert float(arpa["arpa"]) in band
    assert "mid-market or enterprise customers, and yours are smb" in found["bessemer-annual-customer-churn"].reason
    assert found["mixpanel-8-week-retention-saas"].reason == "usage retention of users is not customer retention"


def test_own_entries_are_compared_too(found: dict[str, Comparison], workspace: Workspace) -> None:
    quarter = {"start": date(2026, 7, 1), "end": date(2026, 9, 30), "grain": "quarter"}
    (churn,) = workspace.query("customer-churn", **quarter).arrow.to_pylist()
    own = found["investors-churn"]
    assert own.benchmark.own
    assert (own.own_value, own.period) == (churn["rate"], "the 3 months to September 2026")


def test_not_enough_history(workspace: Workspace) -> None:
    early = benchmarks.compare(workspace, metric="grr", month=date(2024, 3, 1))
    reasons = {one.benchmark.id: one.reason for one in early}
    assert reasons["kbcm-grr"] == (
        "not enough history: it needs customers at the start of April 2023, and your first paid in December 2023"
    )


def test_a_month_that_is_not_over_is_not_asked_about() -> None:
    (quick,) = benchmarks.compare(MadeUpWorkspace(), metric="quick-ratio", month=date(2090, 1, 1))
    assert quick.period == "October 2026"


def test_no_data_yet(tmp_path: Path) -> None:
    (only,) = benchmarks.compare(Workspace(tmp_path), metric="quick-ratio")
    assert only.reason == "there is no data yet"


def test_several_currencies_need_one() -> None:
    workspace = MadeUpWorkspace(currencies=("EUR", "USD"))
    (mixed,) = benchmarks.compare(workspace, metric="quick-ratio")
    assert mixed.reason == "your revenue is in EUR and USD: needs --currency USD"
    (one,) = benchmarks.compare(workspace, metric="quick-ratio", currency="USD")
    assert one.own_value is not None


# the command


def run(*arguments: str, width: int = 80) -> str:
    result = CliRunner(env={"COLUMNS": str(width), "TERM": "dumb"}).invoke(app, arguments)
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.parametrize("width", [80, 140])
def test_what_is_shown_fits_the_terminal(
    found: dict[str, Comparison], width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    show(list(found.values()), everything=False)
    printed = capsys.readouterr().out
    assert max(map(len, printed.splitlines())) <= width
    for said in ("Published figures beside your own", "Not compared, and why", "82 / 91 / 95 %", "higher is better"):
        assert said in printed
    assert "own entry;" in printed


def test_all_is_told(found: dict[str, Comparison], capsys: pytest.CaptureFixture[str]) -> None:
    show(list(found.values()), everything=True)
    printed = " ".join(capsys.readouterr().out.split())
    for one in found.values():
        assert one.benchmark.id in printed
    for said in ("primary source not found", "beware", "definition", "The minimum is taken per account"):
        assert said in printed


def test_command_without_a_data_folder(tmp_path: Path) -> None:
    printed = run("--data", str(tmp_path / "none"), "benchmarks")
    assert "Published figures only: there is no data folder" in " ".join(printed.split())
    assert "82 / 91 / 95 %" in printed


def test_command_as_json(folder: Path) -> None:
    rows = json.loads(
        run("--data", str(folder), "benchmarks", "--metric", "grr", "--month", "2026-10", "--format", "json")
    )
    kbcm = next(row for row in rows if row["id"] == "kbcm-grr")
    assert kbcm["primary"] is False
    assert kbcm["yours"]["position"] in ("below", "within", "above")
    assert kbcm["not_compared"] is None
    assert all((row["yours"] is None) == bool(row["not_compared"]) for row in rows)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(("--metric", "churnn"), "unknown metric 'churnn'"), (("--month", "October"), "write it as 2026-10")],
)
def test_command_says_what_is_wrong(folder: Path, arguments: tuple[str, ...], said: str) -> None:
    result = CliRunner().invoke(app, ["--data", str(folder), "benchmarks", *arguments])
    assert result.exit_code == 2
    assert said in result.output
