"""From start to value: how long it takes until the product shows what it is for, and the steps of a checklist."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from holdfast.metrics.activity import OF_ACCOUNTS
from holdfast.metrics.beginnings import SOURCES, WITHIN, began, grid
from holdfast.metrics.calendar import literal_table
from holdfast.metrics.columns import PERIOD, count, label, number, rate
from holdfast.metrics.frame import Frame
from holdfast.metrics.policy import heeds
from holdfast.metrics.quantiles import QUARTILES, spread
from holdfast.metrics.registry import ChartSpec, Option, register
from holdfast.metrics.steps import STEPS, needed, steps_of
from holdfast.metrics.tables import ratio

START = (
    "The start of an account is the first day on which anything is known of it: its creation, a trial, a "
    "subscription, an event; of a user, its creation or an event."
)


@register(
    name="time-to-value",
    unit="days",
    title="Time to value",
    definition="Of those who started in the period: how many came to the key event, and how many days after "
    f"their start they did so first. {START} Without a key event, any counting event is one.",
    formula="quartiles, median and 90th percentile of (day of the first key event - day of the start)",
    columns=(
        PERIOD,
        count("started", "who started in the period"),
        count("reached", "those of them who came to the key event"),
        rate("rate", "reached / started; null over 0"),
        number("p25_days", "days within which a quarter of those who reached it had; null where nobody did"),
        number("median_days", "days within which half of them had"),
        number("p75_days", "days within which three quarters of them had"),
        number("p90_days", "days within which nine in ten of them had"),
    ),
    sources=SOURCES,
    worked=("rate = reached / started",),
    heeds=heeds(),
    chart=ChartSpec("line", "Days from the start to the first key event", ("median_days", "p90_days")),
    options=(
        Option("key_event", "", "the event that shows value; the setting `key_event` by default, else any event"),
        OF_ACCOUNTS,
        WITHIN,
    ),
    pure_count=True,
)
def time_to_value(frame: Frame) -> ir.Table:
    found = began(frame, [frame.choice("key_event") or frame.query.usage.key_event])
    keys = [*frame.dims, "idx"]
    table = spread(grid(frame, found), found, keys, "days_0", QUARTILES, of_all="started", of_known="reached")
    return table.mutate(rate=ratio(table.reached, table.started))


@register(
    name="onboarding",
    unit="rate",
    title="Onboarding checklist",
    definition="Of those who started in the period: how many did each step of the checklist, in any order, and after "
    f"how many days; and in the last row, how many did all of them. {START}",
    formula="done / started, for each step by itself; days from the start to the first time",
    columns=(
        PERIOD,
        label("step", "number of the step; the last one is all steps together"),
        label("event", "name of the event; null: all of them"),
        count("started", "who started in the period"),
        count("done", "those of them who did it"),
        rate("rate", "done / started; null over 0"),
        number("median_days", "days within which half of those who did it had; null where nobody did"),
    ),
    sources=SOURCES,
    worked=("rate = done / started",),
    heeds=heeds(),
    chart=ChartSpec("bars", "Share of those who started who did each step", ("rate",), x="step", split=("period",)),
    options=(STEPS, OF_ACCOUNTS, WITHIN),
    pure_count=True,
    periods_back=1,
    example={"steps": "Signed up, Project created"},
)
def onboarding(frame: Frame) -> ir.Table:
    steps = steps_of(frame.choice("steps")) or needed("onboarding", frame.query.usage.onboarding, "onboarding")
    found = began(frame, steps)
    tried = found.cross_join(_listed(steps))
    tried = tried.mutate(days=_days_of_step(tried, len(steps)))
    keys = [*frame.dims, "idx", "step"]
    every = grid(frame, found).cross_join(_listed(steps))
    table = spread(every, tried, keys, "days", {"median_days": 50}, of_all="started", of_known="done")
    return table.mutate(rate=ratio(table.done, table.started))


def _listed(steps: list[str]) -> ir.Table:
    """step and event of each step, and a last one for all of them."""
    rows = [{"step": number, "event": event} for number, event in enumerate([*steps, ""], 1)]
    table = literal_table(rows)
    return table.mutate(event=ibis.ifelse(table.step == len(rows), ibis.null("string"), table.event))


def _days_of_step(tried: ir.Table, steps: int) -> ir.IntegerValue:
    """Days to the step of the row; for all steps, to the last of their first times."""
    own = [tried[f"days_{place}"] for place in range(steps)]
    all_done = ibis.ifelse(ibis.and_(*(days.notnull() for days in own)), ibis.greatest(*own), ibis.null("int64"))
    return ibis.cases(*((tried.step == place + 1, days) for place, days in enumerate(own)), else_=all_done)
