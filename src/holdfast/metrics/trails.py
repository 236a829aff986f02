"""The way of each person along the steps of a funnel, found in one pass over its instants in time.

An instant is a distinct microsecond at which somebody did something. At an instant several steps can follow one
another, as long as no name comes twice; what follows then lies at a later instant. So with
`F[k, j](y)` the time of step j where step k is reached at instant y (and none of the steps before it at y),

    F[k, j](y) = y                where steps k to j all happened at y and have different names,
               = G[r + 1, j](y)   else, where r is the last step that is reached at y,
    G[k, j](y) = the least F[k, j] of all instants later than y at which step k happened.

Of two instants the earlier one never leads to a later step j: the least is that of the next instant. In strict order
only the next instant of all may hold step k. Each k is one window over instants sorted backwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import ibis
import ibis.expr.types as ir

from holdfast.metrics.activity import Activity
from holdfast.metrics.frame import ACCOUNT, Frame
from holdfast.metrics.standing import placed


class Trails:
    """The instants of one funnel question."""

    def __init__(self, frame: Frame, steps: Sequence[str]) -> None:
        self.frame, self.steps = frame, steps
        self.of, self.order = frame.choice("of"), frame.choice("order")
        self.names = list(dict.fromkeys(steps))
        self.moving = any(dimension.of_item for dimension in frame.dimensions.all)
        """Whether accounts may change their group from period to period: then each period is looked at by itself."""
        self.key = ["unit", *frame.dims, *(["home_idx"] if self.moving else [])]

    def entered(self) -> ir.Table:
        """Those who entered a period: idx, dims, unit, and `t1`, `t2`, ... when each step was reached, or null."""
        timed = self._in_any_order() if self.order == "any" else self._in_sequence()
        starts = self.frame.in_range(timed.filter(self._has(timed, 1)))
        if self.moving:
            starts = starts.filter(starts.idx == starts.home_idx)
        by_period = ibis.window(group_by=["idx", *self.frame.dims, "unit"], order_by="at")
        first = starts.mutate(place=ibis.row_number().over(by_period).cast("int64")).filter(lambda t: t.place == 0)
        later = [f"t{number}" for number in range(2, len(self.steps) + 1)]
        return first.select("idx", *self.frame.dims, "unit", *later, t1="at")

    # when steps are reached

    def _in_sequence(self) -> ir.Table:
        table, last = self._instants(), len(self.steps)
        for step in range(last, 1, -1):
            least = {f"g{step}_{later}": self._next(table, step, later) for later in range(step, last + 1)}
            table = table.mutate(**least)
        return table.mutate(**{f"t{step}": self._time(table, 1, step) for step in range(2, last + 1)})

    def _next(self, table: ir.Table, step: int, later: int) -> ir.IntegerColumn:
        """G: when the later step is reached, if `step` is the next one to come after each instant."""
        own = ibis.ifelse(self._has(table, step), self._time(table, step, later), ibis.null("int64"))
        backwards = table["at"].desc()
        if self.order == "strict":
            return own.lag(1).over(ibis.window(group_by=self.key, order_by=backwards))
        return own.min().over(ibis.window(group_by=self.key, order_by=backwards, preceding=(None, 1)))

    def _time(self, table: ir.Table, step: int, later: int) -> ir.IntegerValue:
        """F: when the later step is reached, where `step` is reached at each instant."""
        if later == step:
            return table["at"]
        cases = [
            (together, table["at"] if end == later else table[f"g{end + 1}_{later}"])
            for end in range(later, step, -1)
            if (together := self._together(table, step, end)) is not None
        ]
        otherwise = table[f"g{step + 1}_{later}"]
        return ibis.cases(*cases, else_=otherwise) if cases else otherwise

    def _together(self, table: ir.Table, first: int, last: int) -> ir.BooleanValue | None:
        """Whether the steps happened at one instant; null where a name comes twice among them."""
        names = self.steps[first - 1 : last]
        if len(set(names)) < len(names):
            return None
        return ibis.and_(*(self._has(table, step) for step in range(first + 1, last + 1)))

    def _in_any_order(self) -> ir.Table:
        table = self._instants()
        onward = ibis.window(group_by=self.key, order_by=table["at"].desc(), preceding=(None, 0))
        times = {
            f"t{step}": ibis.ifelse(self._has(table, step), table["at"], ibis.null("int64")).min().over(onward)
            for step in range(2, len(self.steps) + 1)
        }
        return table.mutate(**times)

    # instants

    def _has(self, table: ir.Table, step: int) -> ir.BooleanColumn:
        return table[f"has_{self.names.index(self.steps[step - 1])}"] == 1

    def _instants(self) -> ir.Table:
        """key, at, day, and of each name whether it happened then (`has_0`, `has_1`, ... 1 or 0)."""
        rows = self._rows()
        happened = {f"has_{place}": (rows.event == name).cast("int64").max() for place, name in enumerate(self.names)}
        return rows.group_by(*self.key, "at").agg(day=rows.day.min(), **happened)

    def _rows(self) -> ir.Table:
        """key, event, day and at of the events that matter, in the groups of their accounts."""
        activity = Activity(self.frame)
        rows = activity.of(activity.instants, self.of)
        rows = rows.filter(
            (rows.day >= ibis.literal(self.frame.periods[0].first)) & (rows.day <= ibis.literal(self._last_day))
        )
        if self.order != "strict":
            rows = rows.filter(rows.event.isin(self.names))
        return self._in_groups(rows) if self.frame.dimensions.all else rows

    @property
    def _reach(self) -> timedelta:
        """How long after a period's last day a step can be reached: a day more where clocks are set back."""
        return timedelta(days=self.frame.option("window") + 1)

    @property
    def _last_day(self) -> object:
        return min(self.frame.query.today, self.frame.bound + self._reach)

    def _in_groups(self, rows: ir.Table) -> ir.Table:
        accounts = rows.select(ACCOUNT).distinct()
        if not self.moving:
            closing = accounts.mutate(close=ibis.literal(self.frame.query.today))
            homes = placed(self.frame, closing).select(*self.frame.dims, home=ACCOUNT)
            return rows.inner_join(homes, rows[ACCOUNT].identical_to(homes.home)).drop("home")
        points = self.frame.points(
            opened=lambda p: p.first, close=lambda p: p.close, until=lambda p: p.last + self._reach
        )
        closing = accounts.cross_join(points)
        homes = placed(self.frame, closing)
        homes = homes.select(*self.frame.dims, "opened", "until", home=ACCOUNT, home_idx="idx")
        joined = rows.inner_join(homes, rows[ACCOUNT].identical_to(homes.home))
        return joined.filter((joined.day >= joined.opened) & (joined.day <= joined.until)).drop("home")
