"""What a number rests on: rows counted, rows left out and why, periods still open, samples too small."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ibis
import ibis.expr.types as ir

from holdfast.metrics.calendar import Period
from holdfast.metrics.policy import Policy
from holdfast.metrics.query import MetricQuery
from holdfast.metrics.registry import Metric
from holdfast.metrics.said import Said
from holdfast.metrics.spans import item_mrr, reason_left_out, with_ends

if TYPE_CHECKING:
    import pyarrow as pa

SMALL_SAMPLE = 30
TRIALS, TRIAL = "trials", "trial"
"""What metrics over this table count is what is left out of MRR for this reason."""
CALL = "a call of the type "
BASES = ("start_accounts", "accounts", "at_risk", "people", "eligible", "started")


def term_reasons(terms: ir.Table, query: MetricQuery) -> ir.Table:
    """Subscription rows by the reason for which they are left out; null for those counted."""
    named = _with_reason(terms, query)
    return named.group_by("reason").agg(rows=named.count().cast("int64"))


def examples_left_out(terms: ir.Table, query: MetricQuery, most: int) -> ir.Table:
    """Of each reason to leave rows out: how many there are, and the first few (reason, rows, place, subscription_id,
    valid_from_day).
    """
    named = _with_reason(terms, query).filter(lambda t: t.reason.notnull())
    named = named.select("reason", "row_key", "subscription_id", "valid_from_day")
    whole = ibis.window(group_by="reason")
    order = ibis.window(group_by="reason", order_by="row_key")
    counted = named.mutate(
        rows=named.row_key.count().over(whole).cast("int64"), place=ibis.row_number().over(order).cast("int64")
    )
    return counted.filter(counted.place < most)


def event_reasons(events: ir.Table, query: MetricQuery) -> ir.Table:
    """Events by the reason for which they do not count; null for those that do."""
    named = _with_event_reason(events, query)
    return named.group_by("reason").agg(rows=named.count().cast("int64"))


def event_examples(events: ir.Table, query: MetricQuery, most: int) -> ir.Table:
    """Of each reason for which events do not count: how many there are, and the first few (reason, rows, place, what,
    occurred_day).
    """
    named = _with_event_reason(events, query).filter(lambda t: t.reason.notnull())
    named = named.select("reason", "row_key", "occurred_day", what=ibis.coalesce(named.event, named.type))
    whole = ibis.window(group_by="reason")
    order = ibis.window(group_by="reason", order_by="row_key")
    counted = named.mutate(
        rows=named.row_key.count().over(whole).cast("int64"), place=ibis.row_number().over(order).cast("int64")
    )
    return counted.filter(counted.place < most)


def _with_event_reason(events: ir.Table, query: MetricQuery) -> ir.Table:
    nothing = ibis.null("string")
    ignored = events.event.isin(list(query.usage.ignored)) if query.usage.ignored else ibis.literal(False)
    reason = ibis.cases(
        (events.occurred_day > ibis.literal(query.today), Said("happens after the as-of day")),
        (events.type != "track", ibis.literal(CALL).concat(events.type)),
        (events.event.isnull(), Said("has no name")),
        (ignored.fill_null(False), Said("on the ignore list")),
        else_=nothing,
    )
    return events.mutate(reason=reason)


def _with_reason(terms: ir.Table, query: MetricQuery) -> ir.Table:
    ended = with_ends(terms, query.policy)
    future = (ended.valid_from_day > ibis.literal(query.today)).fill_null(False)
    free = (item_mrr(ended, query.policy) == 0).fill_null(False)
    reason = ibis.coalesce(
        ibis.ifelse(future, Said("begins after the as-of day"), ibis.null("string")),
        reason_left_out(ended, query.policy),
        ibis.ifelse(free, Said("price of zero"), ibis.null("string")),
    )
    return ended.mutate(reason=reason)


def worded(reason: str) -> str:
    """A reason out of an answer, as it can be said in another language.

    >>> worded("a call of the type page").sentence
    'a call of the type %(type)s'
    """
    if reason.startswith(CALL):
        return Said("a call of the type %(type)s", type=reason.removeprefix(CALL))
    return reason


def is_left_out(metric: Metric, reason: str | None) -> bool:
    """Whether a reason to leave rows out of MRR keeps them out of the metric, too."""
    return reason != TRIAL or TRIALS not in metric.sources


def gather(
    metric: Metric,
    query: MetricQuery,
    reasons: pa.Table,
    periods: list[Period],
    rows: pa.Table,
    versions: dict[str, int],
) -> dict[str, Any]:
    """The evidence of one answer as plain data."""
    counted = {row["reason"]: row["rows"] for row in reasons.to_pylist()}
    for reason in [one for one in counted if not is_left_out(metric, one)]:
        counted[None] = counted.get(None, 0) + counted.pop(reason)
    periods = [] if metric.periods_ahead is not None else periods
    left_out = [
        {"reason": reason, "rows": n} for reason, n in sorted(counted.items(), key=lambda i: i[0] or "") if reason
    ]
    return {
        "counted": "events" if metric.counts_events else "subscription rows",
        "rows_counted": counted.get(None, 0),
        "rows_left_out": sum(entry["rows"] for entry in left_out),
        "left_out": left_out,
        "open_periods": [period.first.isoformat() for period in periods if period.is_open],
        "as_of": query.as_of.isoformat() if query.as_of else None,
        "today": query.today.isoformat(),
        "tables": versions,
        "policy_switches": heeded(metric, query.policy),
        "notes": [*_unknown_note(metric, counted, query), *_open_note(periods, query), *_small_note(metric, rows)],
    }


def heeded(metric: Metric, policy: Policy) -> dict[str, str]:
    """The values of the switches that the metric heeds."""
    return {switch: policy[switch] for switch in metric.heeds}


def _unknown_note(metric: Metric, counted: dict[str | None, int], query: MetricQuery) -> list[str]:
    if counted or query.as_of is None:
        return []
    what = Said("No event was known yet") if metric.counts_events else Said("No subscription was known yet")
    return [
        Said(
            "%(what)s at %(moment)s: facts are known from the moment of their import, or from the one that"
            " `holdfast import --known-at` gives.",
            what=what,
            moment=query.as_of.isoformat(),
        )
    ]


def _open_note(periods: list[Period], query: MetricQuery) -> list[str]:
    if not any(period.is_open for period in periods):
        return []
    return [Said("Open periods are not over: they are measured at the close of %(today)s.", today=query.today)]


def _small_note(metric: Metric, rows: pa.Table) -> list[str]:
    base = next((name for name in BASES if name in rows.column_names), None)
    if base is None or not any(column.kind == "rate" for column in metric.columns):
        return []
    small = sum(1 for value in rows[base].to_pylist() if value is not None and 0 < value < SMALL_SAMPLE)
    if not small:
        return []
    counts = {"small": small, "rows": rows.num_rows, "least": SMALL_SAMPLE, "base": base}
    if metric.counts_events:
        return [
            Said(
                "%(small)s of %(rows)s rows rest on fewer than %(least)s people or accounts (%(base)s): read their"
                " rates with care.",
                **counts,
            )
        ]
    return [
        Said(
            "%(small)s of %(rows)s rows rest on fewer than %(least)s accounts (%(base)s): read their rates with care.",
            **counts,
        )
    ]
