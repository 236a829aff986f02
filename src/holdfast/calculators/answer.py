"""What a calculator answers: a number, how it came about, what others would say, and what to know about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from holdfast.calculators.numbers import Unit, shown


@dataclass(frozen=True)
class Figure:
    """One more number that comes with the answer. Rates are fractions, money is in major units; null does not exist."""

    name: str
    value: Fraction | None
    unit: Unit
    steps: str = ""
    """How it came about, where that is not the answer's own formula."""

    def to_json(self) -> dict[str, Any]:
        return {"name": self.name, "value": as_number(self.value), "unit": self.unit, "steps": self.steps}


@dataclass(frozen=True)
class Variant:
    """The same figures by a named rule, and the systems that use it."""

    used_by: tuple[str, ...]
    rule: str
    steps: str
    value: Fraction | None

    def to_json(self) -> dict[str, Any]:
        return {
            "used_by": list(self.used_by),
            "rule": self.rule,
            "steps": self.steps,
            "value": as_number(self.value),
        }


@dataclass(frozen=True)
class Answer:
    """The answer of a calculator. `str(answer)` is the number as people read it; `answer["name"]` a further one.

    >>> Answer(Fraction(1, 20), "rate", ("50 / 1,000",))
    <5.0 %>
    """

    value: Fraction | None
    unit: Unit
    steps: tuple[str, ...]
    """The formula with the figures put in, one line for each step."""
    figures: tuple[Figure, ...] = ()
    variants: tuple[Variant, ...] = ()
    """Where systems differ: the rule that gave `value` first."""
    notes: tuple[str, ...] = ()
    calculator: str = ""
    inputs: Mapping[str, str] = field(default_factory=dict)
    """What was given, as it was read."""

    def __getitem__(self, name: str) -> Fraction | None:
        return next(figure.value for figure in self.figures if figure.name == name)

    def __float__(self) -> float:
        if self.value is None:
            raise ValueError(f"the answer of {self.calculator} does not exist: {' '.join(self.notes)}")
        return float(self.value)

    def __str__(self) -> str:
        return shown(self.value, self.unit)

    def __repr__(self) -> str:
        return f"<{self}>"

    def to_json(self) -> dict[str, Any]:
        """Plain data, as `--format json` prints it; `exact` is the fraction behind a value that has one."""
        return {
            "calculator": self.calculator,
            "inputs": dict(self.inputs),
            "value": as_number(self.value),
            "exact": None if self.value is None else str(self.value),
            "unit": self.unit,
            "steps": list(self.steps),
            "figures": [figure.to_json() for figure in self.figures],
            "variants": [variant.to_json() for variant in self.variants],
            "notes": list(self.notes),
        }


def as_number(value: Fraction | None) -> float | None:
    return None if value is None else float(value)
