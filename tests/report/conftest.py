"""The hostile company's report, made once; published figures are only looked up where a test asks for them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest

from holdfast.report import beside, build_report
from holdfast.report.model import Benchmark, Report, Restated
from holdfast.workspace import Workspace
from tests.report.companies import MONTH, hostile_company, settle
from tests.system import stored

BENCHMARKS = (
    Benchmark(
        "Quick ratio", "4 and over", "3.2", "3.2 in June 2024, below 4.", "Gained / lost.", "A, 2015.", 3.2, "number"
    ),
    Benchmark("Annual churn", "5 – 7%", "", "Your ARPA is 77 USD.", "Annual.", "B, 2020."),
)


@pytest.fixture(autouse=True)
def _no_benchmarks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if "benchmarked" not in request.keywords:
        monkeypatch.setattr(beside, "compared", lambda questions, month: ())


@pytest.fixture(scope="session")
def open_hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    folder = stored(settle(tmp_path_factory.mktemp("hostile")), hostile_company())
    with Workspace(folder) as workspace:
        yield workspace


@pytest.fixture(scope="session")
def hostile(open_hostile: Workspace) -> Report:
    """The report of June 2024, with published figures and a restated one put in."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(beside, "compared", lambda questions, month: BENCHMARKS)
        report = build_report(open_hostile, month=MONTH)
    definition = report.definitions[0]
    restated = Restated("MRR", "money", 1234.5, 1300.0, date(2024, 7, 3), "a late | invoice", "USD", definition)
    return replace(report, restated=(restated,))
