"""How a portability case is checked on one engine."""

from __future__ import annotations

from math import isclose
from typing import TYPE_CHECKING, Any

import pytest

from holdfast.engines import Engine
from tests.engines.portability import DIFFERENT, SAFE, Different, Safe, answer

if TYPE_CHECKING:
    import ibis.expr.types as ir

PORTABILITY = (*SAFE, *DIFFERENT)


def check(engine: Engine, table: ir.Table, case: Safe | Different) -> None:
    expected = case.expected if isinstance(case, Safe) else getattr(case, engine.name)
    if isinstance(expected, str) and expected.endswith(("Exception", "Error")):
        with pytest.raises(Exception) as raised:  # noqa: PT011 (each engine has its own classes; the name is checked)
            answer(engine, table, case.build)
        assert type(raised.value).__name__ == expected
    else:
        assert same(answer(engine, table, case.build), expected)


def same(given: Any, expected: Any) -> bool:
    """Equal in value and type; floats to twelve digits."""
    if isinstance(expected, list | tuple):
        return len(given) == len(expected) and all(map(same, given, expected))
    if isinstance(expected, float) and isinstance(given, float):
        return isclose(given, expected, rel_tol=1e-12, abs_tol=1e-12)
    return type(given) is type(expected) and given == expected
