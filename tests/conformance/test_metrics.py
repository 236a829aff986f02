"""Every metric on every engine over three companies, cell by cell against plain Python."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from holdfast.lake import Lake
from holdfast.metrics import catalog
from holdfast.settings import Settings
from holdfast.simulate import simulate
from holdfast.sources.importer import import_files
from holdfast.workspace import Workspace
from tests.conformance.questions import Case, plain, split, turned, usage
from tests.conformance.stored import facts_of
from tests.oracle import Facts, answer, assert_same
from tests.strategies import TODAY, random_company, write_csv
from tests.system import asked
from tests.usage_strategies import random_usage_company
from tests.usage_system import stored_usage

SIMULATED_ACCOUNTS, SIMULATED_MONTHS, SIMULATED_END = 60, 12, date(2026, 3, 20)
RANDOM_ACCOUNTS, RANDOM_SEED = 25, 20
USAGE_SEED = 8


@dataclass(frozen=True)
class Company:
    folder: Path
    facts: Facts
    answers: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def expected(self, case: Case) -> list[dict[str, Any]]:
        """What the oracle says; it is slow, and asked once for all engines."""
        if case.name not in self.answers:
            self.answers[case.name] = answer(self.facts, case.question, case.policy)
        return self.answers[case.name]


def simulated(folder: Path) -> Company:
    simulate(folder, accounts=SIMULATED_ACCOUNTS, months=SIMULATED_MONTHS, end=SIMULATED_END)
    return Company(folder, facts_of(Lake(folder / "lake")))


def random(folder: Path) -> Company:
    facts = random_company(RANDOM_SEED, RANDOM_ACCOUNTS)
    folder.mkdir()
    lake, settings = Lake(folder / "lake"), Settings.load(folder)
    for kind, file in write_csv(folder / "csv", facts).items():
        import_files(lake, settings, kind, [file])
    return Company(folder, facts)


def using(folder: Path) -> Company:
    facts = random_usage_company(USAGE_SEED)
    return Company(stored_usage(folder, facts), facts)


SIMULATED = (date(2025, 7, 1), SIMULATED_END)
RANDOM = (date(2024, 6, 5), TODAY)
COMPANIES: dict[str, tuple[Callable[[Path], Company], list[Case]]] = {
    "simulated": (simulated, [*plain(*SIMULATED), *turned(*SIMULATED)]),
    "random": (random, split(*RANDOM)),
    "using": (using, usage()),
}
QUESTIONS = [pytest.param(name, case, id=f"{name}-{case}") for name, (_, asked) in COMPANIES.items() for case in asked]


@pytest.fixture(scope="module")
def companies(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Company]:
    """Makes each company once; all engines read the same files."""
    return cache(lambda name: COMPANIES[name][0](tmp_path_factory.mktemp("companies") / name))


@pytest.fixture(scope="module")
def workspaces(companies: Callable[[str], Company]) -> Iterator[Callable[..., Workspace]]:
    """Opens each company once an engine, which makes every roll-up itself: none is taken from another engine."""
    with ExitStack() as stack:

        @cache
        def open_once(company: str, engine: str, options: tuple[tuple[str, str], ...]) -> Workspace:
            folder = companies(company).folder
            return stack.enter_context(Workspace(folder, engine, dict(options), keep_rollups=False))

        yield open_once


@pytest.mark.parametrize(("company", "case"), QUESTIONS)
def test_every_cell_is_the_oracles(
    company: str,
    case: Case,
    engine_name: str,
    engine_options: dict[str, str],
    companies: Callable[[str], Company],
    workspaces: Callable[..., Workspace],
    record_property: Callable[[str, object], None],
) -> None:
    expected = companies(company).expected(case)
    workspace = workspaces(company, engine_name, tuple(engine_options.items()))
    started = time.perf_counter()
    rows = asked(workspace, case.question, case.policy)
    record_property("query_seconds", round(time.perf_counter() - started, 3))
    assert_same(rows, expected)


def test_every_metric_is_asked() -> None:
    asked_of = {name: {case.question.metric for case in found} for name, (_, found) in COMPANIES.items()}
    assert asked_of["simulated"] == asked_of["random"] == set(catalog.load()) - asked_of["using"]


def test_answers_can_be_written_as_json(
    companies: Callable[[str], Company],
    workspaces: Callable[..., Workspace],
    engine_name: str,
    engine_options: dict[str, str],
) -> None:
    """No NaN and no infinity on any engine: JSON has neither."""
    workspace = workspaces("random", engine_name, tuple(engine_options.items()))
    case = COMPANIES["random"][1][0]
    json.dumps(asked(workspace, case.question, case.policy), default=str, allow_nan=False)
