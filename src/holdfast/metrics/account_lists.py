"""Lists of accounts by period: who is looked at, how each stands, and how a figure moved since the period before."""

from __future__ import annotations

from datetime import timedelta

import ibis
import ibis.expr.types as ir

from holdfast.metrics import standing
from holdfast.metrics.columns import PERIOD, label
from holdfast.metrics.frame import ACCOUNT, Frame
from holdfast.metrics.registry import OutColumn

FIRST_COLUMNS = (
    PERIOD,
    OutColumn("account", "dimension", "account"),
    label("status", "paying, trial, free or none at the period's close"),
)


def one_period_more(frame: Frame) -> Frame:
    """The same question with the period before its range, which trends are measured from."""
    return frame.over(frame.periods[0].first - timedelta(days=1), frame.query.end)


def acted(frame: Frame, rows: ir.Table) -> ir.Table:
    """What accounts did in the range, with idx."""
    return frame.in_range(rows.filter(rows[ACCOUNT].notnull()))


def with_trend(rows: ir.Table, value: str, *keys: str) -> ir.Table:
    """Rows with `trend`: the value less that of the same account (and keys) in the period before."""
    in_order = ibis.window(group_by=[ACCOUNT, *keys], order_by="idx")
    rows = rows.mutate(last_idx=rows.idx.lag(1, -1).over(in_order), last_value=rows[value].lag(1).over(in_order))
    follows = rows.last_idx == rows.idx - 1
    trend = ibis.ifelse(follows, rows[value] - rows.last_value, ibis.null(rows[value].type()))
    return rows.mutate(trend=trend).drop("last_idx", "last_value")


def shown(frame: Frame, rows: ir.Table) -> ir.Table:
    """Rows (idx, account_id, close, status) of the range with period, account, status and the dims of the question."""
    points = frame.points().rename(shown_idx="idx")
    rows = rows.inner_join(points, rows.idx == points.shown_idx).drop("shown_idx")
    return standing.placed(frame, rows).rename(account=ACCOUNT)
