"""Revenue retention: net and gross, and revenue churn."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from holdfast.metrics.balances import balances
from holdfast.metrics.calendar import months_before
from holdfast.metrics.columns import PERIOD, START_MRR, money, rate
from holdfast.metrics.frame import ACCOUNT, CURRENCY, Frame
from holdfast.metrics.movements import flows
from holdfast.metrics.policy import heeds
from holdfast.metrics.recurring import TERMS
from holdfast.metrics.registry import ChartSpec, Option, register
from holdfast.metrics.runs import running_sums, with_run
from holdfast.metrics.tables import fill, ratio, union

WINDOW = Option("window", 12, "months between the two dates compared")


def compared(frame: Frame, points: ir.Table) -> ir.Table:
    """Each customer of day `start` on that day and on day `end`: idx, account, money keys, start_micros, end_micros.

    `points` holds idx, start and end. A customer is compared in every currency it has items in on either day;
    `ran` is above 0 where it ran some at the start.
    """
    base = _customers_at_start(frame, points)
    was = frame.live(points, on="start")
    now = frame.live(points, on="end")
    columns = ["idx", ACCOUNT, CURRENCY]
    if frame.dimensions.own_currency is not None and frame.query.currency:
        columns.append("own_currency")
    nothing = ibis.literal(0, "int64")
    one = ibis.literal(1, "int64")
    rows = union(
        was.select(*columns, start_micros=was.mrr_micros, end_micros=nothing, ran=one),
        now.select(*columns, start_micros=nothing, end_micros=now.mrr_micros, ran=nothing),
    )
    sums = rows.group_by(*columns).agg(
        **{name: rows[name].sum().cast("int64") for name in ("start_micros", "end_micros", "ran")}
    )
    dated = sums.inner_join(base, ["idx", ACCOUNT])
    if frame.dimensions.own_currency is not None and not frame.query.currency:
        dated = dated.mutate(own_currency=dated[CURRENCY])
    return frame.place(dated, at="start")


def _customers_at_start(frame: Frame, points: ir.Table) -> ir.Table:
    rows = frame.customers.cross_join(points)
    return rows.filter(frame.covers(rows, rows.start)).select("idx", ACCOUNT, "start", "end").distinct()


def compared_sums(frame: Frame, points: ir.Table) -> ir.Table:
    """idx, period, money keys and the sums of `compared`: start, end, kept (the lesser per account),
    for every period.
    """
    rows = compared(frame, points)
    kept = ibis.ifelse(rows.end_micros < rows.start_micros, rows.end_micros, rows.start_micros)
    sums = rows.group_by(*frame.money_keys, "idx").agg(
        start_mrr_micros=rows.start_micros.sum().cast("int64"),
        end_mrr_micros=rows.end_micros.sum().cast("int64"),
        kept_micros=kept.sum().cast("int64"),
    )
    return fill(
        frame.every_period(frame.money_keys, sums),
        sums,
        [*frame.money_keys, "idx"],
        ["start_mrr_micros", "end_mrr_micros", "kept_micros"],
    )


def carried_sums(frame: Frame, points: ir.Table) -> ir.Table:
    """Start and end as in `compared_sums`, for any number of periods at the cost of one pass over the spans.

    Each span, and each customer span of its account, is live on a run of consecutive days. Where both runs overlap the
    span's MRR is added, and taken away after. Only where no account has to be placed by its main item.
    """
    keys = frame.money_keys
    tagged = frame.keep(frame.tag(frame.dimensions.tag_items(frame.spans)))
    customers = with_run(frame.customers, points, "start", "then").select(ACCOUNT, "then_first", "then_end")
    now = with_run(tagged, points, "end", "now").inner_join(customers, ACCOUNT)
    ends = _overlapping(now, keys, now.now_first, now.now_end)
    then = with_run(tagged, points, "start", "was")
    starts = _steps(then, keys, then.was_first, then.was_end)
    table = frame.every_period(keys)
    for name, steps in (("start_mrr_micros", starts), ("end_mrr_micros", ends)):
        sums = running_sums(steps, points, keys, "step").rename({name: "step"})
        table = fill(table, sums, [*keys, "idx"], [name])
    return table


def _overlapping(rows: ir.Table, keys: list[str], first: ir.IntegerColumn, end: ir.IntegerColumn) -> ir.Table:
    later = ibis.ifelse(first > rows.then_first, first, rows.then_first)
    sooner = ibis.ifelse(end < rows.then_end, end, rows.then_end)
    cut = rows.mutate(run_first=later, run_end=sooner).filter(lambda t: t.run_first < t.run_end)
    return _steps(cut, keys, cut.run_first, cut.run_end)


def _steps(rows: ir.Table, keys: list[str], first: ir.IntegerColumn, end: ir.IntegerColumn) -> ir.Table:
    added = rows.select(*keys, place=first, step=rows.mrr_micros)
    return union(added, rows.select(*keys, place=end, step=-rows.mrr_micros))


def window_points(frame: Frame) -> ir.Table:
    """idx, start and end of each period's comparison: its close, and the close `window` months earlier."""
    window = frame.option("window")
    return frame.points(start=lambda p: months_before(p.close, window), end=lambda p: p.close).drop("period")


@register(
    name="nrr",
    unit="rate",
    title="Net revenue retention",
    definition="What the customers of a year ago pay now, as a share of what they paid then. New "
    "customers are not in it.",
    formula="MRR now of the customers then / their MRR then",
    columns=(
        PERIOD,
        START_MRR,
        money(
            "end_mrr",
            "MRR now of the customers at the start; by movements under policies nrr=movements and baremetrics",
        ),
        rate("rate", "end / start; null over 0"),
    ),
    sources=TERMS,
    worked=("rate = end_mrr / start_mrr",),
    leads="start_mrr - end_mrr",
    heeds=heeds("nrr", "fx"),
    chart=ChartSpec("line", "Revenue kept from the customers of a year before, growth included", ("rate",)),
    options=(WINDOW,),
)
def nrr(frame: Frame) -> ir.Table:
    if frame.policy["nrr"] != "snapshot":
        table = _by_movements(frame)
    elif frame.query.currency or frame.dimensions.main_item_columns:
        table = compared_sums(frame, window_points(frame))
    else:
        table = carried_sums(frame, window_points(frame))
    return table.mutate(rate=ratio(table.end_mrr_micros, table.start_mrr_micros))


def _by_movements(frame: Frame) -> ir.Table:
    """MRR at the start, and that plus the window's churn and expansion; `movements` counts contraction and
    reactivation too.

    Money is divided by item, as movements are.
    """
    kinds = ["churn", "expansion"]
    if frame.policy["nrr"] == "movements":
        kinds += ["contraction", "reactivation"]
    points = window_points(frame)
    first = months_before(frame.periods[0].close, frame.option("window"))
    changes = frame.moves(first, frame.bound).drop("idx")
    rows = changes.filter(changes.movement.isin(kinds)).cross_join(points)
    rows = rows.filter((rows.day > rows.start) & (rows.day <= rows.end))
    keys = [*frame.money_keys, "idx"]
    sums = rows.group_by(*keys).agg(moved_micros=rows.delta_micros.sum().cast("int64"))
    live = frame.snapshot(points, on="start")
    starts = live.group_by(*keys).agg(start_mrr_micros=live.mrr_micros.sum().cast("int64"))
    moved = fill(frame.every_period(frame.money_keys), starts, keys, ["start_mrr_micros"])
    moved = fill(moved, sums, keys, ["moved_micros"])
    return moved.mutate(end_mrr_micros=moved.start_mrr_micros + moved.moved_micros)


@register(
    name="grr",
    unit="rate",
    title="Gross revenue retention",
    definition="The same as NRR with each account counted at most at what it paid then: growth of one "
    "cannot hide the loss of another.",
    formula="sum over the customers then of min(MRR now, MRR then) / their MRR then",
    columns=(
        PERIOD,
        START_MRR,
        money("end_mrr", "MRR now of the customers at the start, each capped at what it paid then"),
        rate("rate", "end / start; null over 0"),
    ),
    sources=TERMS,
    worked=("rate = end_mrr / start_mrr",),
    leads="start_mrr - end_mrr",
    heeds=heeds("fx"),
    chart=ChartSpec("line", "Revenue kept from the customers of a year before, without growth", ("rate",)),
    options=(WINDOW,),
)
def grr(frame: Frame) -> ir.Table:
    table = compared_sums(frame, window_points(frame))
    return table.mutate(end_mrr_micros=table.kept_micros, rate=ratio(table.kept_micros, table.start_mrr_micros))


@register(
    name="revenue-churn",
    unit="rate",
    title="Revenue churn",
    definition="Recurring revenue lost in the period from the customers at its start: gross, and net of "
    "what those customers added.",
    formula="gross = lost / start; net = (lost - gained) / start",
    columns=(
        PERIOD,
        START_MRR,
        money("lost", "MRR lost by churn and contraction"),
        money("gained", "MRR gained that the net rate sets against it"),
        rate("gross_rate", "lost / start; null over 0"),
        rate("net_rate", "(lost - gained) / start; below 0 where more was gained; null over 0"),
    ),
    sources=TERMS,
    worked=("gross_rate = lost / start_mrr", "net_rate = (net_lost - gained) / start_mrr"),
    leads="lost + gained",
    heeds=heeds("nrr", "same_period", "fx"),
    chart=ChartSpec("line", "Share of recurring revenue lost in each period", ("gross_rate", "net_rate")),
)
def revenue_churn(frame: Frame) -> ir.Table:
    table = _lost_by_snapshot(frame) if frame.policy["nrr"] == "snapshot" else _lost_by_movements(frame)
    start = table.start_mrr_micros
    net = table.net_lost_micros - table.gained_micros
    return table.mutate(gross_rate=ratio(table.lost_micros, start), net_rate=ratio(net, start))


def _lost_by_snapshot(frame: Frame) -> ir.Table:
    points = frame.points(start=lambda p: p.opening, end=lambda p: p.close).drop("period")
    table = compared_sums(frame, points)
    lost = table.start_mrr_micros - table.kept_micros
    return table.mutate(lost_micros=lost, net_lost_micros=lost, gained_micros=table.end_mrr_micros - table.kept_micros)


def _lost_by_movements(frame: Frame) -> ir.Table:
    """Gross loss is churn and contraction; `baremetrics` sets only expansion against churn alone in the net."""
    keys = [*frame.money_keys, "idx"]
    names = ["expansion_micros", "reactivation_micros", "contraction_micros", "churn_micros"]
    table = fill(balances(frame), flows(frame), keys, names).rename(start_mrr_micros="opening_micros")
    lost = -(table.contraction_micros + table.churn_micros)
    if frame.policy["nrr"] == "baremetrics":
        return table.mutate(lost_micros=lost, net_lost_micros=-table.churn_micros, gained_micros=table.expansion_micros)
    gained = table.expansion_micros + table.reactivation_micros
    return table.mutate(lost_micros=lost, net_lost_micros=lost, gained_micros=gained)
