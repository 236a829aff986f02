"""A condition made of what was chosen is read as it was meant, whatever the names and values hold."""

from __future__ import annotations

import pytest
from sqlglot import exp

from holdfast.errors import InputError
from holdfast.metrics.condition import TESTS, condition
from holdfast.metrics.dimensions import _column_name, _literal, _parse

NAMES = (
    "country",
    "group",
    "order",
    "select",
    "null",
    "date",
    "interval",
    "1a",
    "a.b",
    'x"y',
    "naïve",
    "国",
    "a b",
    "not",
)
VALUES = ("DE", "o'hara", "' or 1=1 --", "10", "-5", "nan", "", "\\", "日本")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("test", TESTS)
def test_the_dimension_and_the_value_come_back(name: str, test: str) -> None:
    for value in VALUES:
        tree = _parse(condition(name, test, value))
        (column,) = tree.find_all(exp.Column)
        assert _column_name(column) == name
        if "empty" not in test:
            said = _literal(tree.expression)
            assert said == value or said == float(value)


def test_a_size_is_a_number_and_a_text_stays_one() -> None:
    assert condition("seats", "at least", "-5.5") == "seats >= -5.5"
    assert condition("seats", "is", "5") == "seats = '5'"
    assert condition("seats", "at most", "1e9 or 1") == "seats <= '1e9 or 1'"


def test_an_unknown_test_is_told() -> None:
    with pytest.raises(InputError, match="there are: is, is not"):
        condition("country", "like", "D%")
