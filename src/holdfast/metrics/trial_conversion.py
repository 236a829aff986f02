"""Trial to paid: which share of trials converts, and after how many days."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from holdfast.metrics import trials
from holdfast.metrics.columns import PERIOD, count, number, rate
from holdfast.metrics.frame import Frame
from holdfast.metrics.policy import heeds
from holdfast.metrics.registry import ChartSpec, Option, register
from holdfast.metrics.tables import beside, fill, ratio, union

TALLIES = ["trials", "converted", "open"]
QUANTILES = {"p25_days": 0.25, "median_days": 0.5, "p75_days": 0.75, "p90_days": 0.9}


@register(
    name="trial-conversion",
    unit="rate",
    title="Trial conversion rate",
    definition="Share of trials that lead to a first payment: of those begun in the period, by default. The policy "
    "says which trials are meant: those begun in it, those ended in it, or conversions in it over trials begun in it. "
    "A trial still running may yet convert: it is counted and shown as open.",
    formula="trials that led to the account's first payment / trials",
    columns=(
        PERIOD,
        count("trials", "trials begun in the period; by-end: trials ended in it"),
        count("converted", "those that led to a first payment; by-new: conversions in the period, whenever they began"),
        count("open", "those not converted that are not over, or with --within, not that old yet"),
        rate("rate", "converted / trials; null over 0"),
    ),
    sources=trials.SOURCES,
    worked=("rate = converted / trials",),
    heeds=heeds("trial_conversion"),
    chart=ChartSpec("line", "Share of trials that led to a first payment", ("rate",)),
    options=(Option("within", 0, "days from the trial's start within which a conversion counts; 0 for any time"),),
    dimensions=(trials.CARD,),
    pure_count=True,
)
def trial_conversion(frame: Frame) -> ir.Table:
    found = _judged(frame)
    counted = {"by-start": _by_start, "by-end": _by_end, "by-new": _by_new}[frame.policy["trial_conversion"]]
    rows = counted(frame, found)
    sums = rows.group_by("idx", *frame.dims).agg(**{name: rows[name].sum().cast("int64") for name in TALLIES})
    filled = fill(_grid(frame, found), sums, [*frame.dims, "idx"], TALLIES)
    return filled.mutate(rate=ratio(filled.converted, filled.trials))


def _judged(frame: Frame) -> ir.Table:
    """Every trial with its dimensions, `counts` (1 or 0: it converted in time) and `open`."""
    found = trials.split(frame, trials.trials(frame))
    today, within = ibis.literal(frame.query.today), frame.option("within")
    if within:
        deadline = found.start_day + ibis.interval(days=within)
        in_time, still_open = found.paid_day <= deadline, deadline > today
    else:
        in_time, still_open = found.paid_day.notnull(), found.end_day.isnull() | (found.end_day > today)
    in_time = in_time.fill_null(False)
    return found.mutate(counts=in_time.cast("int64"), open=(still_open & ~in_time).cast("int64"))


def _by_start(frame: Frame, found: ir.Table) -> ir.Table:
    begun = frame.in_range(found, "start_day")
    return begun.select("idx", *frame.dims, "open", trials=ibis.literal(1, "int64"), converted="counts")


def _by_end(frame: Frame, found: ir.Table) -> ir.Table:
    ended = frame.in_range(found.filter(found.end_day.notnull()), "end_day")
    return ended.select("idx", *frame.dims, "open", trials=ibis.literal(1, "int64"), converted="counts")


def _by_new(frame: Frame, found: ir.Table) -> ir.Table:
    one, nothing = ibis.literal(1, "int64"), ibis.literal(0, "int64")
    begun = frame.in_range(found, "start_day")
    paid = frame.in_range(found.filter(found.counts == 1), "paid_day")
    return union(
        begun.select("idx", *frame.dims, "open", trials=one, converted=nothing),
        paid.select("idx", *frame.dims, open=nothing, trials=nothing, converted=one),
    )


def _grid(frame: Frame, found: ir.Table) -> ir.Table:
    """Each period with each group in which there ever was a trial."""
    points = frame.points()
    return found.select(*frame.dims).distinct().cross_join(points) if frame.dims else points


@register(
    name="trial-time-to-convert",
    unit="days",
    title="Days from trial to first payment",
    definition="Of the trials that led to a first payment in the period: how many days passed from their start to "
    "that payment. A period that is over does not change any more.",
    formula="quartiles, median and 90th percentile of (day of the first payment - day the trial began)",
    columns=(
        PERIOD,
        count("converted", "trials that led to a first payment in the period"),
        number("p25_days", "days within which a quarter of them had paid; null where there are none"),
        number("median_days", "days within which half of them had paid"),
        number("p75_days", "days within which three quarters of them had paid"),
        number("p90_days", "days within which nine in ten of them had paid"),
    ),
    sources=trials.SOURCES,
    leads="converted",
    heeds=heeds(),
    chart=ChartSpec("line", "Days from the start of a trial to the first payment", ("median_days", "p90_days")),
    dimensions=(trials.CARD,),
    pure_count=True,
)
def trial_time_to_convert(frame: Frame) -> ir.Table:
    found = trials.split(frame, trials.trials(frame))
    paid = frame.in_range(found.filter(found.paid_day.notnull()), "paid_day")
    paid = paid.mutate(days=(paid.paid_day.epoch_days() - paid.start_day.epoch_days()).cast("float64"))
    keys = [*frame.dims, "idx"]
    spread = paid.group_by(*keys).agg(
        converted=paid.count().cast("int64"), **{name: paid.days.quantile(part) for name, part in QUANTILES.items()}
    )
    filled = fill(_grid(frame, found), spread, keys, ["converted"])
    return beside(filled, spread, keys, list(QUANTILES))
