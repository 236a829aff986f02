"""Stages of questions that many of them have in common, computed once for each state of the facts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from holdfast.rollups.scratch import Scratch

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from holdfast.lake import Lake
    from holdfast.metrics.query import MetricQuery


class Stages:
    """What was computed for the questions of one workspace."""

    def __init__(self, lake: Lake, scratch: Scratch) -> None:
        self.lake, self.scratch = lake, scratch
        self._made: dict[tuple[object, ...], ir.Table] = {}

    def kept(
        self,
        query: MetricQuery,
        merges: object,
        name: str,
        sources: Iterable[str],
        make: Callable[[], ir.Table],
    ) -> ir.Table:
        """The stage as the question's time, policy and usage rules make it of its sources."""
        state = tuple((source, query.known(source), self.lake.version(source)) for source in sources)
        key = (name, query.today, query.policy.switches, query.usage, merges, state)
        if key not in self._made:
            self._made[key] = self.scratch.stored(make())
        return self._made[key]
