"""From subscription terms to MRR spans: what each item was worth a month, from which day to which, under a policy."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from holdfast.metrics.policy import Policy
from holdfast.metrics.said import Said

ITEM_KEY = ("source", "subscription_id", "item_id")
PAST_DUE_GRACE_DAYS = 30


def mrr_spans(terms: ir.Table, plans: ir.Table, policy: Policy) -> ir.Table:
    """One row for each span in which an item counted: shape of the `mrr_spans` roll-up, `source` beside it.

    The rules are in `docs/definitions.md`. Rows that never count are left out; under `zero_price=stay` rows of
    price zero stay in, with an MRR of 0. Refunds are not looked at; see `less_refunds`.
    """
    ended = with_ends(terms, policy)
    counted = ended.filter(reason_left_out(ended, policy).isnull())
    counted = counted.mutate(mrr_micros=item_mrr(counted, policy))
    if policy["metered"] == "mean-3":
        counted = _smooth_metered(counted)
    if policy["zero_price"] == "churn":
        counted = counted.filter(counted.mrr_micros > 0)
    return with_product(counted, plans).select(
        *ITEM_KEY,
        "account_id",
        "currency",
        "plan",
        "product",
        from_day="valid_from_day",
        to_day="to_day",
        mrr_micros="mrr_micros",
        anchor_day="valid_from_day",
        billing_interval="billing_interval",
        interval_count="interval_count",
    )


def with_ends(terms: ir.Table, policy: Policy) -> ir.Table:
    """Terms with `to_day`: the end that the source gave, the policy's churn date, or the item's next
    row, whichever is first.
    """
    order = ibis.window(group_by=ITEM_KEY, order_by=_in_time(terms))
    cancelled = terms.access_ends_day if policy["churn_date"] == "access-ends" else _not_before_start(terms)
    given = ibis.coalesce(terms.valid_to_day, cancelled)
    ended = terms.mutate(given_end=given, next_from=terms.valid_from_day.lead().over(order))
    ended = ended.mutate(to_day=earlier(ended.given_end, ended.next_from))
    if policy["past_due"] == "churn-after-30d":
        grace = ended.valid_from_day + ibis.interval(days=PAST_DUE_GRACE_DAYS)
        lapsed = earlier(ended.to_day, grace)
        ended = ended.mutate(to_day=ibis.ifelse(ended.status == "past_due", lapsed, ended.to_day))
    return ended


def _in_time(terms: ir.Table) -> list[ir.Value]:
    return [terms.valid_from_day.asc(), terms.valid_from_at.asc(nulls_first=True), terms.row_key.asc()]


def _not_before_start(terms: ir.Table) -> ir.DateColumn:
    late = terms.cancelled_day >= terms.valid_from_day
    return ibis.ifelse(late | terms.cancelled_day.isnull(), terms.cancelled_day, terms.valid_from_day)


def earlier(one: ir.DateColumn, other: ir.DateColumn) -> ir.DateColumn:
    """The earlier of two days, where null means never (engines disagree on `least` with nulls)."""
    return ibis.ifelse(one.isnull() | (other < one), ibis.coalesce(other, one), one)


def reason_left_out(ended: ir.Table, policy: Policy) -> ir.StringColumn:
    """Why a row is never looked at, in a person's words; null where it counts. First reason wins."""
    cases = [
        (ended.to_day <= ended.valid_from_day, Said("empty span")),
        (ended.status == "trialing", Said("trial")),
        (ended.status.isin(["incomplete", "incomplete_expired", "unpaid"]), Said("never paid (incomplete or unpaid)")),
    ]
    if policy["paused"] == "zero":
        cases.append((ended.status == "paused", Said("paused (policy paused=zero)")))
    if policy["metered"] == "exclude":
        cases.append((ended.metered, Said("billed by use (policy metered=exclude)")))
    return ibis.cases(*((test.fill_null(False), reason) for test, reason in cases), else_=ibis.null("string"))


def item_mrr(terms: ir.Table, policy: Policy) -> ir.IntegerColumn:
    """MRR of a row: the given one, else amount per billing period x month factor, rounded half away
    from zero, exactly.
    """
    value, numerator, denominator = _amount_a_month(terms, policy)
    return ibis.coalesce(terms.given_mrr_micros, times_fraction(value, numerator, denominator)).cast("int64")


def costs_nothing(terms: ir.Table, policy: Policy) -> ir.BooleanValue:
    """Whether `item_mrr` is 0, said without a division."""
    value, numerator, denominator = _amount_a_month(terms, policy)
    small = ibis.ifelse(value < denominator, value, denominator)
    return ibis.coalesce(terms.given_mrr_micros == 0, small * numerator * 2 < denominator)


def _amount_a_month(terms: ir.Table, policy: Policy) -> tuple[ir.IntegerColumn, ir.IntegerColumn, ir.IntegerColumn]:
    """Amount per billing period, and the fraction that makes a month's amount of it."""
    column = {"running": "net_micros", "forever": "forever_micros", "none": "gross_micros"}[policy["discounts"]]
    factors = policy.factors
    numerator = _by_interval(terms, {interval: factor.numerator for interval, factor in factors.items()})
    denominator = _by_interval(terms, {interval: factor.denominator for interval, factor in factors.items()})
    return terms[column], numerator, denominator * terms.interval_count


def _by_interval(terms: ir.Table, values: dict[str, int]) -> ir.IntegerColumn:
    branches = [(terms.billing_interval == name, ibis.literal(value, "int64")) for name, value in values.items()]
    return ibis.cases(*branches).cast("int64")


def times_fraction(
    value: ir.IntegerColumn, numerator: ir.IntegerValue, denominator: ir.IntegerValue
) -> ir.IntegerColumn:
    """value x numerator / denominator, of non-negative integers, rounded half up, without leaving int64.

    Engines divide int64 through a float; the quotient is corrected by its remainder, so the result is exact.
    """
    whole = exact_quotient(value, denominator)
    rest = value - whole * denominator
    return whole * numerator + exact_quotient(rest * numerator * 2 + denominator, denominator * 2)


def exact_quotient(value: ir.IntegerColumn, divisor: ir.IntegerValue) -> ir.IntegerColumn:
    """Floor of value / divisor for non-negative int64, exact beyond 2^53."""
    guess = (value.cast("float64") / divisor.cast("float64")).floor().cast("int64")
    rest = value - guess * divisor
    return guess + (rest >= divisor).cast("int64") - (rest < 0).cast("int64")


def _smooth_metered(valued: ir.Table) -> ir.Table:
    """Metered rows at the mean of the last three present, rounded half up."""
    window = ibis.window(group_by=(*ITEM_KEY, "metered"), order_by=_in_time(valued), preceding=2, following=0)
    total, rows = valued.mrr_micros.sum().over(window), valued.mrr_micros.count().over(window)
    smoothed = valued.mutate(last_total=total.cast("int64"), last_rows=rows.cast("int64"))
    mean = times_fraction(smoothed.last_total, ibis.literal(1, "int64"), smoothed.last_rows)
    return smoothed.mutate(mrr_micros=ibis.ifelse(smoothed.metered, mean, smoothed.mrr_micros))


def with_product(spans: ir.Table, plans: ir.Table) -> ir.Table:
    named = plans.select(known_plan="plan_id", plan_product="product")
    joined = spans.left_join(named, spans.plan_id == named.known_plan)
    return joined.mutate(plan=joined.plan_id, product=ibis.coalesce(joined.product, joined.plan_product))
