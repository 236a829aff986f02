"""MRR and customers at the start and the end of each period, which many metrics share."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from holdfast.metrics.frame import ACCOUNT, CURRENCY, Frame
from holdfast.metrics.tables import fill


def balances(frame: Frame, *results: ir.Table) -> ir.Table:
    """idx, period, money keys, opening_micros and closing_micros, for every period and group ever seen.

    `results` are other tables by the same keys, whose groups are shown too.
    """
    keys = frame.money_keys
    grid = frame.every_period(keys, *results)
    if frame.query.currency:
        return _from_snapshots(frame, grid)
    first = frame.periods[0].index
    changes = frame.changes
    clipped = changes.mutate(idx=ibis.ifelse(changes.idx < first, first - 1, changes.idx))
    net = clipped.group_by(*keys, "idx").agg(net=clipped.delta_micros.sum().cast("int64"))
    before = net.filter(net.idx == first - 1)
    filled = fill(grid, net, [*keys, "idx"], ["net"])
    filled = fill(filled, before.rename(carried="net"), keys, ["carried"])
    so_far = ibis.window(group_by=keys, order_by="idx", preceding=None, following=0)
    closing = (filled.carried + filled.net.sum().over(so_far)).cast("int64")
    closed = filled.mutate(closing_micros=closing)
    return closed.select("idx", "period", *keys, "closing_micros", opening_micros=closed.closing_micros - closed.net)


def _from_snapshots(frame: Frame, grid: ir.Table) -> ir.Table:
    keys = frame.money_keys
    for name, points in (
        ("opening_micros", frame.points(at=lambda p: p.opening)),
        ("closing_micros", frame.points(at=lambda p: p.close)),
    ):
        rows = frame.snapshot(points)
        sums = rows.group_by(*keys, "idx").agg(rows.mrr_micros.sum().cast("int64").name(name))
        grid = fill(grid, sums, [*keys, "idx"], [name])
    return grid


def accounts_at_close(frame: Frame) -> ir.Table:
    """idx, money keys, accounts: customers at each period's close that have MRR in the currency.

    Customers that pay nothing (`zero_price=stay`) count in the currencies of the items that they run. An account
    stands in one plan and one product of each currency: the one with most of its MRR there at the close.
    """
    points = frame.points(at=lambda p: p.close)
    rows = frame.live(points)
    present = rows.filter(rows.mrr_micros > 0)
    if frame.policy["zero_price"] == "stay":
        paid = rows.mrr_micros.sum().over(ibis.window(group_by=["idx", ACCOUNT]))
        rows = rows.mutate(paid=paid).filter(lambda t: (t.mrr_micros > 0) | (t.paid == 0))
        present = rows.semi_join(frame.roster(close=lambda p: p.close), ["idx", ACCOUNT])
    pairs = present.select("idx", ACCOUNT, CURRENCY, "own_currency", "at").distinct()
    placed = frame.place(pairs, at="at")
    return placed.group_by("idx", *frame.money_keys).agg(accounts=placed[ACCOUNT].nunique().cast("int64"))
