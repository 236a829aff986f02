"""What is missing or impossible is refused with what was given, what is allowed, and what to do."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from holdfast import calculators
from holdfast.calculators import CALCULATORS, find
from holdfast.calculators.numbers import exact
from holdfast.errors import InputError, UnknownName

REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("churn", {}, "churn needs start and lost; given: nothing"),
    ("churn", {"lost": 3}, "churn needs start; given: lost=3"),
    ("churn", {"start": -5, "lost": 0}, "start=-5 is not possible: it is 0 or more"),
    ("churn", {"start": 2.5, "lost": 0}, "start=2.5 is not a whole number"),
    ("churn", {"start": "12,5", "lost": 0}, "start='12,5' is not a number"),
    ("churn", {"start": True, "lost": 0}, "start=True is not a number"),
    ("churn", {"start": "1e9", "lost": 0}, "start='1e9' is not a number"),
    ("churn", {"start": "nan", "lost": 0}, "start='nan' is not a number"),
    ("churn", {"start": 10, "lost": 11}, "lost=11 is more than start=10"),
    ("churn", {"start": 10, "lost": 1, "joined": 2, "joined_and_lost": 3}, "joined-and-lost=3 is more than joined=2"),
    ("churn", {"start": 10, "lost": 1, "per": "decade"}, "per='decade' is not known; it takes month, quarter, year"),
    ("retention", {"start": 10, "end": 30, "joined": 5}, "end=30 is more than start + joined = 15"),
    ("retention", {"start": 10, "end": 1, "joined": 5, "joined_and_lost": 2}, "it lies between 3 and 13"),
    ("nrr", {}, "nrr needs start, the MRR at the start, or accounts; given: nothing"),
    ("nrr", {"account": ["5:6"], "start": 5}, "nrr was given accounts and start"),
    ("nrr", {"account": ["5"]}, "account='5' cannot be read"),
    ("grr", {"start": 10, "churn": 6, "contraction": 5}, "churn + contraction = 11 is more than start=10"),
    ("ltv", {"arpa": 100, "churn": 5}, "churn=5 is not possible: it lies between 0.0 % and 100.0 %"),
    ("ltv", {"arpa": 100, "churn": "120%"}, "churn=120% is not possible"),
    ("compound", {"rate": "-3%"}, "a churn rate lies between 0 % and 100 %"),
    ("cac-payback", {"arpa": 100}, "cac-payback needs cac, or spend and new"),
    ("cac-payback", {"arpa": 100, "cac": 5, "spend": 5, "new": 1}, "cac-payback needs cac, or spend and new"),
    ("mrr", {"item": "50"}, "item='50' cannot be read"),
    ("mrr", {"item": "50/fortnight"}, "item='50/fortnight' cannot be read"),
    ("mrr", {"item": "50/0 months"}, "cannot be read"),
    ("mrr", {"item": "50/month less 110%"}, "cannot be read"),
    ("trial-conversion", {"begun": 5, "begun_paying": 6}, "begun-paying=6 is more than begun=5"),
    ("trial-conversion", {"begun": 5, "begun_paying": 5, "ended": 3}, "ended and ended-paying belong together"),
    ("ces", {"score": ["8:1"]}, "score=8:1 is not possible"),
]


@pytest.mark.parametrize(("name", "given", "message"), REFUSED, ids=str)
def test_refused(name: str, given: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as refused:
        find(name).answer(**given)
    assert message in refused.value.message


def test_a_bare_number_for_a_rate_is_answered_with_both_ways_to_write_it() -> None:
    with pytest.raises(InputError) as refused:
        calculators.ltv(arpa=100, churn=5)
    assert refused.value.hint == "write 5 % as 5% or 0.05"


def test_unknown_names_are_answered_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match="did you mean 'joined'"):
        calculators.churn(start=1, lost=0, joind=3)
    with pytest.raises(UnknownName, match="did you mean 'churn'"):
        find("chrun")


@pytest.mark.parametrize("written", ["0.05", "5%", "5 %", 0.05, Decimal("0.05"), Fraction(1, 20), "1/20"])
def test_a_rate_is_read_exactly_however_it_is_written(written: Any) -> None:
    assert exact(written) == Fraction(1, 20)


@pytest.mark.parametrize("written", ["", "%", "1/0", "12,5", "1,2345", "--5", "5%%", "inf", "٣", "9" * 60, None])
def test_what_is_no_number_is_none(written: Any) -> None:
    assert exact(written) is None


@pytest.mark.parametrize("name", CALCULATORS)
def test_each_is_declared_in_full_and_can_be_called(name: str) -> None:
    declared = CALCULATORS[name]
    assert all([declared.title, declared.says, declared.formula, declared.counted, declared.not_counted])
    assert all(one.meaning for one in declared.inputs)
    answer = getattr(calculators, declared.snake_name)(**declared.example)
    assert answer == declared.answer(**declared.example)
    assert answer.value is not None and answer.steps
    assert set(answer.inputs) >= set(declared.example)
