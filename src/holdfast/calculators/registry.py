"""Every calculator is declared once; the command, the Python function, the docs and the tests come from that."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import wraps
from typing import Any, Literal

from holdfast.calculators.answer import Answer
from holdfast.calculators.numbers import Unit, read, read_count, read_rate
from holdfast.errors import InputError, UnknownName

Kind = Literal["count", "money", "rate", "number", "choice", "pairs", "texts"]


@dataclass(frozen=True)
class Input:
    """What a calculator is given. An input that is not required and has no default may be missing."""

    name: str
    kind: Kind
    meaning: str
    required: bool = False
    default: str | None = None
    choices: tuple[str, ...] = ()
    least: int = 0
    most: int | None = None
    """Limits of a rate, where they are not 0 and 1."""

    @property
    def option(self) -> str:
        """Its name as the command line has it."""
        return self.name.replace("_", "-")

    @property
    def repeated(self) -> bool:
        return self.kind in ("pairs", "texts")

    def read(self, value: Any) -> Any:
        """The value, checked. Raises `InputError` that says what was given and what is allowed."""
        if self.kind == "count":
            return read_count(self.option, value)
        if self.kind == "rate":
            return read_rate(self.option, value, 1 if self.most is None else self.most, self.least)
        if self.kind == "choice":
            return _choice(self, value)
        if self.kind == "pairs":
            return tuple(_pair(self.option, pair) for pair in value)
        if self.kind == "texts":
            return tuple(str(text) for text in ([value] if isinstance(value, str) else value))
        return read(self.option, value)


def _choice(declared: Input, value: Any) -> str:
    text = str(value).strip().lower()
    if text not in declared.choices:
        raise InputError(f"{declared.option}={value!r} is not known; it takes {', '.join(declared.choices)}")
    return text


def _pair(name: str, pair: Any) -> tuple[Any, Any]:
    parts = pair.split(":") if isinstance(pair, str) else tuple(pair)
    if len(parts) != 2:
        raise InputError(
            f"{name}={pair!r} cannot be read; write two numbers with a colon between them, such as 500:650"
        )
    return read(name, parts[0]), read(name, parts[1])


@dataclass(frozen=True)
class Calculator:
    """What is known of a calculator without using it."""

    name: str
    title: str
    unit: Unit
    says: str
    """What it answers, in a sentence."""
    formula: str
    counted: str
    not_counted: str
    inputs: tuple[Input, ...]
    example: Mapping[str, Any]
    compute: Callable[..., Answer]

    @property
    def snake_name(self) -> str:
        return self.name.replace("-", "_")

    @property
    def command(self) -> str:
        """Its example as a line to type."""
        words = ["holdfast", "calc", self.name]
        for declared in self.inputs:
            given = self.example.get(declared.name, ())
            for value in given if declared.repeated else ([given] if given != () else []):
                words += [f"--{declared.option}", f'"{value}"' if " " in str(value) else str(value)]
        return " ".join(words)

    def answer(self, **given: Any) -> Answer:
        """Compute it. Raises `InputError` where something is missing or impossible, `UnknownName` for a wrong name."""
        values = self._read({name: value for name, value in given.items() if value is not None and value != ()})
        found = self.compute(**values)
        return replace(found, calculator=self.name, inputs=self._as_read(values))

    def _read(self, given: Mapping[str, Any]) -> dict[str, Any]:
        known = {declared.name: declared for declared in self.inputs}
        for name in given:
            if name not in known:
                raise _unknown(f"{self.name} takes no {name!r}; it takes", name, list(known))
        missing = [declared.option for declared in self.inputs if declared.required and declared.name not in given]
        if missing:
            got = ", ".join(f"{known[name].option}={value}" for name, value in given.items()) or "nothing"
            raise InputError(
                f"{self.name} needs {' and '.join(missing)}; given: {got}", hint=f"such as: {self.command}"
            )
        chosen = {name: given.get(name, declared.default) for name, declared in known.items()}
        return {name: None if value is None else known[name].read(value) for name, value in chosen.items()}

    def _as_read(self, values: Mapping[str, Any]) -> dict[str, str]:
        return {name: _text(value) for name, value in values.items() if value not in (None, ())}


def _text(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(":".join(map(_text, one)) if isinstance(one, tuple) else _text(one) for one in value)
    return str(value)


CALCULATORS: dict[str, Calculator] = {}


def calculator(**details: Any) -> Callable[[Callable[..., Answer]], Callable[..., Answer]]:
    """Declare the decorated function as a calculator; `details` are the fields of `Calculator`.

    What the function gets is read and checked: fractions, or null for an input that was left out.
    """

    def keep(function: Callable[..., Answer]) -> Callable[..., Answer]:
        declared = Calculator(compute=function, **details)
        CALCULATORS[declared.name] = declared

        @wraps(function)
        def ask(**given: Any) -> Answer:
            return declared.answer(**given)

        return ask

    return keep


MODULES = ("customers", "revenue", "value", "recurring", "trials", "surveys", "compounding")


def listed() -> list[Calculator]:
    """Every calculator, in the order in which a newcomer meets them."""
    return sorted(CALCULATORS.values(), key=lambda one: MODULES.index(one.compute.__module__.rsplit(".", 1)[-1]))


def find(name: str) -> Calculator:
    """The calculator of that name. Raises `UnknownName` with the nearest one.

    >>> find("ltv").title
    'Lifetime value'
    """
    normal = name.strip().lower().replace("_", "-")
    if normal not in CALCULATORS:
        raise _unknown(f"unknown calculator {name!r}; there are", normal, list(CALCULATORS))
    return CALCULATORS[normal]


def _unknown(said: str, name: str, known: list[str]) -> UnknownName:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return UnknownName(f"{said}: {', '.join(known)}", hint=f"did you mean {near[0]!r}?" if near else None)
