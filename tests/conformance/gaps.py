"""What an engine cannot do. A gap that closes fails its test, so that it is taken off this list."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pytest


@dataclass(frozen=True)
class Gap:
    """`test` is the name of a test, or of one of its cases as pytest shows it between brackets."""

    engine: str
    test: str
    raises: type[Exception]
    reason: str


GAPS: tuple[Gap, ...] = ()


def mark(items: Iterable[pytest.Item], gaps: Iterable[Gap] = GAPS) -> None:
    """Turn the tests of declared gaps into strict expected failures."""
    gaps = tuple(gaps)
    for item in items:
        parameters = getattr(getattr(item, "callspec", None), "params", {})
        names = {item.name.partition("[")[0], *map(str, parameters.values())}
        for gap in gaps:
            if gap.engine == parameters.get("engine_name") and gap.test in names:
                item.add_marker(pytest.mark.xfail(raises=gap.raises, reason=gap.reason, strict=True))
