"""A what-if about the simulated company: it begins where the metrics end and comes near what happened."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from holdfast.cli.main import app
from holdfast.insights import Outlook, look_ahead
from holdfast.insights.assumptions import UNKNOWN
from holdfast.simulate import Model, simulate
from holdfast.workspace import Workspace

pytestmark = pytest.mark.slow

END = date(2026, 6, 30)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("company")
    without = ("invoices", "payments", "users", "memberships", "events")
    simulate(folder, accounts=700, end=END, model=Model(one_currency=True), without=without)
    return folder


@pytest.fixture(scope="module")
def workspace(folder: Path) -> Iterator[Workspace]:
    with Workspace(folder) as workspace:
        yield workspace


@pytest.fixture(scope="module")
def outlook(workspace: Workspace) -> Outlook:
    """Three months ahead of a month that lies three months back, so that what happened is known."""
    return look_ahead(workspace, churn="-1pp", price="+3%", months=3, month=date(2026, 3, 1))


def run(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["--data", str(folder), "what-if", *arguments], env={"COLUMNS": "80"})


def test_it_begins_where_the_metrics_end_and_comes_near_what_happened(workspace: Workspace, outlook: Outlook) -> None:
    rows = workspace.query("mrr", start="2026-03-01", end=END).arrow.to_pylist()
    base = outlook.found.base.months
    assert base[0].customers == rows[0]["accounts"]
    assert base[0].mrr == pytest.approx(float(rows[0]["mrr"]), abs=1e-3)
    assert base[-1].customers == pytest.approx(rows[-1]["accounts"], rel=0.05)
    assert base[-1].mrr == pytest.approx(float(rows[-1]["mrr"]), rel=0.1)


def test_its_churn_is_near_the_measured_one(outlook: Outlook) -> None:
    measured = outlook.observation.measured_churn
    assert measured is not None
    assert outlook.found.base.churn == pytest.approx(measured, rel=0.5)
    assert outlook.found.changed.churn == pytest.approx(outlook.found.base.churn - 0.01)


def test_less_churn_and_a_higher_price_are_worth_more(outlook: Outlook) -> None:
    differences = {line.name: line.difference for line in outlook.lines}
    assert all(differences[name] > 0 for name in ("mrr", "revenue", "ltv", "customers", "annual_retention"))
    assert differences["mrr"] == outlook.monthly[-1]["difference"]
    assert outlook.monthly[0]["difference"] == 0


def test_the_assumptions_carry_their_figures(outlook: Outlook) -> None:
    said = " ".join(outlook.assumptions)
    for part in (
        "the close of March 2026",
        "USD",
        "churn −1 point",
        "price +3 %",
        "fewer than 30",
        "ltv measured",
    ):
        assert part in said


def test_as_a_person_types_it(folder: Path, tmp_path: Path) -> None:
    chart = tmp_path / "what-if.svg"
    shown = run(
        folder,
        "--retention",
        "+5pp",
        "--months",
        "2",
        "--month",
        "2026-06",
        "--chart",
        str(chart),
    )
    assert shown.exit_code == 0, shown.stderr
    assert shown.stdout.startswith("What if: retention +5 points\n2 months from the close of June 2026, USD")
    assert max(map(len, shown.stdout.splitlines())) <= 80
    flat = " ".join(shown.stdout.split())
    for line in ("MRR at the end", "lifetime value", "Aug 2026", "customer retention a year", *UNKNOWN):
        assert line.replace("- ", "") in flat
    assert "MRR with retention +5 points" in chart.read_text(encoding="utf-8")


def test_json_is_one_object(outlook: Outlook) -> None:
    answer = json.loads(json.dumps(outlook.to_json(), allow_nan=False))
    assert [line["name"] for line in answer["results"]] == [
        "mrr", "revenue", "ltv", "customers", "monthly_churn", "annual_retention",
    ]  # fmt: skip
    assert [row["month"] for row in answer["monthly"]] == ["2026-03-01", "2026-04-01", "2026-05-01", "2026-06-01"]
    assert answer["changes"] == {"churn": "−1 point", "price": "+3 %"}
    for line in answer["results"]:
        assert line["difference"] == line["changed"] - line["base"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "nothing is changed"),
        (("--churn", "-1"), "--churn '-1' cannot be read"),
        (("--churn", "-1pp", "--months", "0"), "--months 0 is not possible; it takes 1 to 120"),
        (("--churn", "-1pp", "--month", "June"), "--month 'June' is not a month"),
    ],
)
def test_what_is_impossible_exits_with_2_and_a_sentence(folder: Path, arguments: tuple[str, ...], message: str) -> None:
    refused = run(folder, *arguments)
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert message in refused.stderr
