"""The oracle agrees with every example that the definitions print."""

from __future__ import annotations

import pytest

from tests.golden import CASES, Case, check
from tests.oracle import answer


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_oracle(case: Case) -> None:
    check(answer, [case])


def test_names_are_unique() -> None:
    assert len({case.name for case in CASES}) == len(CASES)
