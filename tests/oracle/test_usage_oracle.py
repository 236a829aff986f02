"""The oracle of usage agrees with every worked example, and with what must hold of any company."""

from __future__ import annotations

import pytest

from tests.golden.cases import Case, check
from tests.golden.usage import USAGE_CASES
from tests.oracle import answer
from tests.oracle.usage import USAGE


@pytest.mark.parametrize("case", USAGE_CASES, ids=lambda case: case.name)
def test_worked_example(case: Case) -> None:
    check(answer, [case])


def test_every_metric_has_an_example() -> None:
    assert {case.question.metric for case in USAGE_CASES} == set(USAGE)
    assert len({case.name for case in USAGE_CASES}) == len(USAGE_CASES)
