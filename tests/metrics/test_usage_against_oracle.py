"""Usage metrics of random companies in several time zones are the oracle's answer, cell by cell.

Every registered metric of the modules `usage_*` is asked; grain, split, condition, options, as-of day and --as-of go
round, so that each metric meets all of them. Part of `make faults`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from holdfast.metrics import catalog, event_sets
from holdfast.metrics.policy import policy
from holdfast.metrics.registry import Metric
from holdfast.metrics.result import MetricResult
from holdfast.metrics.worked import Equation, in_major_units
from holdfast.workspace import Workspace
from tests.golden.cases import Case, check
from tests.golden.usage import USAGE_CASES
from tests.oracle import Question, answer, assert_same
from tests.oracle.usage import USAGE
from tests.oracle.usage_facts import UsageFacts
from tests.system import asked, result_of
from tests.usage_questions import question
from tests.usage_strategies import FIRST, LAST, random_usage_company, usage_companies
from tests.usage_system import stored_usage

Opener = Callable[[UsageFacts], Workspace]
SEEDS = (8, 10, 2, 5, 4)
"""Companies in Cairo, Apia, Lord Howe, Kathmandu and New York."""
FAST, TURNS = 0, 3
"""How often `make test` asks each metric, and how often all of the tests do: compiling each question takes its time."""


def registered() -> list[Metric]:
    """The usage metrics that there are."""
    return [m for m in catalog.load().values() if ".usage_" in m.compute.__module__ or m.name in USAGE]


@dataclass(frozen=True)
class Turn:
    seed: int
    question: Question

    def __str__(self) -> str:
        q = self.question
        parts = [q.metric, q.grain, *q.by, *(f"{name}={value}" for name, value in q.where.items())]
        return " ".join([*parts, f"seed {self.seed}"])


@cache
def company(seed: int) -> UsageFacts:
    return random_usage_company(seed)


def turns() -> Iterator[Any]:
    for place, metric in enumerate(registered()):
        for turn in range(TURNS):
            seed = SEEDS[place % 2] if turn < FAST else SEEDS[(place + turn) % len(SEEDS)]
            one = Turn(seed, question(metric, place + turn))
            yield pytest.param(one, id=f"{turn} {one}", marks=() if turn < FAST else (pytest.mark.slow,))


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opener]:
    """Opens the data folder of a company, which is stored the first time that it is asked for."""
    with ExitStack() as stack:
        kept: dict[int, tuple[UsageFacts, Workspace]] = {}

        def open_once(facts: UsageFacts) -> Workspace:
            if id(facts) not in kept:
                folder: Path = tmp_path_factory.mktemp("usage")
                kept[id(facts)] = (facts, stack.enter_context(Workspace(stored_usage(folder, facts))))
            return kept[id(facts)][1]

        yield open_once


@pytest.fixture
def many_pages(monkeypatch: pytest.MonkeyPatch) -> UsageFacts:
    monkeypatch.setattr(event_sets, "EVENTS_A_PAGE", 2)
    return paged()


@cache
def paged() -> UsageFacts:
    """A copy of its own: `opened` keeps a workspace for each company, and this one is rolled up in another way."""
    return replace(random_usage_company(SEEDS[1]))


def test_the_oracle_knows_every_usage_metric() -> None:
    assert {metric.name for metric in registered()} <= set(USAGE)


def test_random_companies_use_their_product() -> None:
    """What the comparison rests on: events of each kind, in each of the companies."""
    for seed in SEEDS:
        facts = company(seed)
        assert {event.type for event in facts.events} >= {"track", "page"}
        assert any(event.account_id is None for event in facts.events)
        assert any(event.user_id is None and event.anonymous_id is None for event in facts.events)
        assert all(FIRST <= (event.day or FIRST) <= LAST for event in facts.events)


if TURNED := list(turns()):

    @pytest.mark.parametrize("turn", TURNED)
    def test_usage_of_a_random_company(turn: Turn, opened: Opener) -> None:
        facts = company(turn.seed)
        expected = answer(facts, turn.question, policy())
        result = result_of(opened(facts), turn.question, policy())
        assert_same(result.arrow.to_pylist(), expected)
        can_be_worked_out(result)

    @pytest.mark.slow
    @pytest.mark.parametrize("place", range(len(registered())), ids=[metric.name for metric in registered()])
    def test_events_on_many_pages(place: int, many_pages: UsageFacts, opened: Opener) -> None:
        """The sets of the weekly roll-up hold two events each: what needs several is found all the same."""
        for turn in range(2):
            one = question(registered()[place], place + turn)
            result = result_of(opened(many_pages), one, policy())
            assert_same(result.arrow.to_pylist(), answer(many_pages, one, policy()))

    KNOWN_CASES = [case for case in USAGE_CASES if case.question.metric in {metric.name for metric in registered()}]
    QUICK = ("PostHog", "9,644", "12,800")

    @pytest.mark.parametrize(
        "case",
        [
            pytest.param(case, id=case.name, marks=() if case.name.startswith(QUICK) else (pytest.mark.slow,))
            for case in KNOWN_CASES
        ],
    )
    def test_worked_example(case: Case, opened: Opener) -> None:
        check(lambda facts, q, rules: asked(opened(whole(facts)), q, rules), [case])

    @pytest.mark.slow
    @settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
    @given(facts=usage_companies(), data=st.data())
    def test_any_small_company(
        facts: UsageFacts, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        with Workspace(stored_usage(tmp_path_factory.mktemp("small"), facts)) as workspace:
            for metric in registered():
                one = replace(question(metric, data.draw(st.integers(0, 999))), as_of=None)
                expected = answer(facts, one, policy())
                assert_same(asked(workspace, one, policy()), expected, note=f"in {one}")


def can_be_worked_out(result: MetricResult) -> None:
    """The metric's own equations give its figures."""
    rows = [in_major_units(row) for row in result.working.to_pylist()]
    for text in result.metric.worked:
        equation = Equation.parse(text)
        known = [row for row in rows if equation.value(row) is not None and row[equation.result] is not None]
        assert all(equation.holds(row) for row in known), text


def whole(facts: Any) -> UsageFacts:
    assert isinstance(facts, UsageFacts)
    return facts
