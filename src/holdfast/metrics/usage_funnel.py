"""Funnels: how far people come along a sequence of events, counted once a period from their first one."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from holdfast.errors import InputError
from holdfast.metrics.activity import MICROSECONDS, OF
from holdfast.metrics.activity import SOURCES as EVENTS
from holdfast.metrics.calendar import literal_table
from holdfast.metrics.columns import PERIOD, count, label, number, rate
from holdfast.metrics.frame import Frame
from holdfast.metrics.policy import heeds
from holdfast.metrics.quantiles import spread
from holdfast.metrics.registry import ChartSpec, Option, register
from holdfast.metrics.standing import SOURCES as STANDING
from holdfast.metrics.standing import every_row, groups_seen
from holdfast.metrics.steps import STEPS, needed, steps_of
from holdfast.metrics.tables import ratio
from holdfast.metrics.trails import Trails
from holdfast.metrics.weekly_use import WeeklyUse, counted_units

HOUR = 3_600 * MICROSECONDS


@register(
    name="funnel",
    unit="rate",
    title="Funnel",
    definition="How many of those who did the first step did the next ones, each at or after the one before and "
    "within the window. A person enters a period once, with the first time in it. Strict: with no "
    "other counting event between two steps. Any: the later steps in any order.",
    formula="people who reached the step / people who did the first step",
    columns=(
        PERIOD,
        label("step", "number of the step"),
        label("event", "name of its event"),
        count("people", "who reached it"),
        rate("rate", "share of those who did the first step; null over 0"),
        rate("step_rate", "share of those who reached the step before; null over 0"),
        number("median_hours", "hours from the first step within which half of those who reached it had; or null"),
    ),
    sources=(*EVENTS, *STANDING),
    worked=("rate = people / entered", "step_rate = people / reached_before"),
    heeds=heeds(),
    chart=ChartSpec("bars", "How many reached each step", ("people",), x="event", split=("period",)),
    options=(
        STEPS,
        Option("window", 14, "days of 24 hours, from the first step, within which the last one counts"),
        Option(
            "order",
            "sequential",
            "whether other events may lie between two steps (sequential), may not (strict), or steps may come in any "
            "order after the first",
            ("sequential", "strict", "any"),
        ),
        OF,
    ),
    pure_count=True,
    periods_back=1,
    example={"steps": "Signed up, Project created"},
)
def funnel(frame: Frame) -> ir.Table:
    steps = _steps(frame)
    reached = _reached(frame, steps)
    keys = [*frame.dims, "idx", "step"]
    every = _grid(frame).cross_join(_listed(steps))
    table = spread(every, reached, keys, "taken", {"microseconds": 50}, of_all="people", of_known="timed")
    table = table.mutate(median_hours=table.microseconds / float(HOUR)).drop("microseconds", "timed")
    return _with_rates(frame, table)


def _steps(frame: Frame) -> list[str]:
    steps = needed("funnel", steps_of(frame.choice("steps")))
    twice = [name for name in dict.fromkeys(steps) if steps.count(name) > 1]
    if frame.choice("order") == "any" and twice:
        raise InputError(f"with --order any each step stands once; {twice[0]!r} is named {steps.count(twice[0])} times")
    return steps


def _listed(steps: list[str]) -> ir.Table:
    return literal_table([{"step": number, "event": event} for number, event in enumerate(steps, 1)])


def _grid(frame: Frame) -> ir.Table:
    if not frame.dims:
        return every_row(frame)
    return every_row(frame, groups_seen(frame, WeeklyUse(frame).ever(counted_units(frame))))


def _reached(frame: Frame, steps: list[str]) -> ir.Table:
    """One row for each step that somebody reached: idx, dims, step, and `taken`, microseconds since the first step."""
    entered = Trails(frame, steps).entered()
    numbers = literal_table([{"number": number} for number in range(1, len(steps) + 1)])
    each = entered.cross_join(numbers)
    each = each.mutate(
        taken=ibis.cases(*((each.number == n, each[f"t{n}"]) for n in range(1, len(steps) + 1))) - each.t1
    )
    limit = frame.option("window") * 24 * HOUR
    each = each.filter(each.taken.notnull() & (each.taken <= limit))
    # in any order the second step is the second that was done; in sequence this changes nothing
    order = ibis.window(group_by=["idx", *frame.dims, "unit"], order_by=["taken", "number"])
    return each.select("idx", *frame.dims, "taken", step=ibis.row_number().over(order).cast("int64") + 1)


def _with_rates(frame: Frame, table: ir.Table) -> ir.Table:
    whole = ibis.window(group_by=["idx", *frame.dims])
    in_order = ibis.window(group_by=["idx", *frame.dims], order_by="step")
    first = ibis.ifelse(table.step == 1, table.people, ibis.literal(0, "int64"))
    table = table.mutate(
        entered=first.sum().over(whole).cast("int64"),
        reached_before=ibis.ifelse(table.step == 1, table.people, table.people.lag(1).over(in_order)),
    )
    return table.mutate(rate=ratio(table.people, table.entered), step_rate=ratio(table.people, table.reached_before))
