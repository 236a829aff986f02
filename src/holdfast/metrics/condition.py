"""A condition as text, made of what a person chose: the other way round of what `Dimensions` reads."""

from __future__ import annotations

import re
from collections.abc import Callable

from sqlglot import exp, parse_one

from holdfast.errors import InputError

Tree = exp.Expr
TESTS: dict[str, Callable[[Tree, Tree], Tree]] = {
    "is": lambda column, value: exp.EQ(this=column, expression=value),
    "is not": lambda column, value: exp.NEQ(this=column, expression=value),
    "at least": lambda column, value: exp.GTE(this=column, expression=value),
    "at most": lambda column, value: exp.LTE(this=column, expression=value),
    "is empty": lambda column, value: exp.Is(this=column, expression=exp.Null()),
    "is not empty": lambda column, value: exp.Not(this=exp.Is(this=column, expression=exp.Null())),
}
"""What can be asked of a dimension, in words."""
OF_SIZE = ("at least", "at most")
NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,15})?", re.ASCII)


def condition(dimension: str, test: str, value: str = "") -> str:
    """The condition that says so. Raises `InputError` where there is no such test.

    >>> condition("country", "is", "DE"), condition("seat count", "at least", "10")
    ("country = 'DE'", '"seat count" >= 10')
    >>> condition("account", "is", "o'hara"), condition("industry", "is empty")
    ("account = 'o''hara'", 'industry IS NULL')
    """
    if test not in TESTS:
        raise InputError(f"{test!r} is no test; there are: {', '.join(TESTS)}")
    return TESTS[test](_column(dimension), _literal(value, of_size=test in OF_SIZE)).sql(dialect="duckdb")


def _column(name: str) -> Tree:
    plain = exp.Column(this=exp.to_identifier(name))
    try:
        return plain if parse_one(plain.sql(dialect="duckdb"), dialect="duckdb") == plain else _quoted(name)
    except Exception:  # noqa: BLE001 - a word of SQL: it must stand in quotes
        return _quoted(name)


def _quoted(name: str) -> Tree:
    return exp.Column(this=exp.to_identifier(name, quoted=True))


def _literal(value: str, *, of_size: bool) -> Tree:
    if of_size and NUMBER.fullmatch(value.strip()):
        return exp.Literal.number(value.strip())
    return exp.Literal.string(value)
