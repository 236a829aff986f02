"""Worked equations: how one figure of an answer follows from others, with the figures put in.

A metric declares them as text, such as `rate = churned_accounts / base`. Names are columns of the answer, shown or
not, without `_micros`; they are evaluated in exact arithmetic.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

OPERATIONS: dict[type[ast.operator], Callable[[Fraction, Fraction], Fraction]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
SIGNS: dict[type[ast.operator], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "x", ast.Div: "/"}
TOLERANCE = Fraction(1, 500_000)
"""Money is rounded to millionths; shares are floats."""


@dataclass(frozen=True)
class Equation:
    """One line of the working: `result` is what `right` comes to."""

    result: str
    right: ast.expr

    @classmethod
    def parse(cls, text: str) -> Equation:
        """
        >>> Equation.parse("rate = churned / base").names
        ('churned', 'base')
        """
        result, _, right = text.partition("=")
        return cls(result.strip(), ast.parse(right.strip(), mode="eval").body)

    @property
    def names(self) -> tuple[str, ...]:
        """The columns that the right side needs, in the order in which they stand."""
        return tuple(dict.fromkeys(node.id for node in _walked(self.right) if isinstance(node, ast.Name)))

    def value(self, row: Mapping[str, Any]) -> Fraction | None:
        """What the right side comes to; None where a part is missing or the divisor is 0."""
        try:
            return _value(self.right, row)
        except (ZeroDivisionError, KeyError):
            return None

    def holds(self, row: Mapping[str, Any]) -> bool:
        """Whether it gives the figure that stands in the row; false where there is none."""
        found, figure = self.value(row), row.get(self.result)
        if found is None or figure is None:
            return False
        gap = abs(found - Fraction(figure))
        return gap <= TOLERANCE * max(Fraction(1), abs(found))

    def words(self) -> str:
        """The equation in words.

        >>> Equation.parse("rate = (end_accounts - acquired) / start_accounts").words()
        'rate = (end accounts - acquired) / start accounts'
        """
        return f"{_spoken(self.result)} = {_text(self.right, _spoken)}"

    def figures(self, shown: Callable[[str], str]) -> str:
        """The right side with figures put in: `shown` writes the figure of a column.

        >>> Equation.parse("rate = churned / base").figures({"churned": "50", "base": "1,000"}.__getitem__)
        '50 / 1,000'
        """
        return _text(self.right, shown)


def _spoken(name: str) -> str:
    return name.replace("_", " ")


def _walked(node: ast.expr) -> list[ast.AST]:
    if isinstance(node, ast.BinOp):
        return [*_walked(node.left), *_walked(node.right)]
    return [node]


def _value(node: ast.expr, row: Mapping[str, Any]) -> Fraction:
    if isinstance(node, ast.BinOp):
        return OPERATIONS[type(node.op)](_value(node.left, row), _value(node.right, row))
    if isinstance(node, ast.Constant):
        return Fraction(str(node.value))
    found = row[node.id] if isinstance(node, ast.Name) else None
    if found is None:
        raise KeyError(ast.dump(node))
    return Fraction(found)


def _text(node: ast.expr, shown: Callable[[str], str], outer: str = "") -> str:
    if isinstance(node, ast.BinOp):
        sign = SIGNS[type(node.op)]
        inner = f"{_text(node.left, shown, sign)} {sign} {_text(node.right, shown, sign + 'r')}"
        return f"({inner})" if outer and (sign in "+-") and outer[0] in "x/" else inner
    if isinstance(node, ast.Constant):
        return str(node.value)
    return shown(node.id) if isinstance(node, ast.Name) else ast.unparse(node)


def in_major_units(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row with its amounts as decimals in major units, under names without `_micros`.

    >>> in_major_units({"mrr_micros": 1_500_000, "accounts": 3})
    {'mrr': Decimal('1.5'), 'accounts': 3}
    """
    return {name.removesuffix("_micros"): _major(name, value) for name, value in row.items()}


def _major(name: str, value: Any) -> Any:
    if value is None or not name.endswith("_micros"):
        return value
    return Decimal(value) / 1_000_000
