"""The safe subset of Ibis and the known differences, on every engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from holdfast.engines import Engine
from tests.engines.checks import PORTABILITY, check
from tests.engines.portability import Different, Safe

if TYPE_CHECKING:
    import ibis.expr.types as ir


@pytest.mark.parametrize("case", PORTABILITY, ids=lambda case: case.name)
def test_the_engine_answers_as_documented(engine: Engine, sample: ir.Table, case: Safe | Different) -> None:
    check(engine, sample, case)
