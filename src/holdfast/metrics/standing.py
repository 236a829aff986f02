"""How an account stands at the close of a day (paying, in trial, free or neither), and in which group of a split."""

from __future__ import annotations

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir

from holdfast.metrics import trials
from holdfast.metrics.frame import ACCOUNT, Frame
from holdfast.metrics.policy import policy_with
from holdfast.metrics.spans import costs_nothing, mrr_spans, reason_left_out, with_ends, with_product
from holdfast.metrics.tables import union

SOURCES = ("subscription_terms", "plans", "trials", "invoices")
PAYING, TRIAL, FREE, NONE = "paying", "trial", "free", "none"
ITEM = ("plan", "product", "own_currency")
OF_DIMENSION = {"plan": "plan", "product": "product", "currency": "own_currency"}
PAIR = (ACCOUNT, "close")
CUSTOMER, PAID_ITEM, TRIED, FREE_ITEM = range(4)
"""What a span says of its account. Only the items of one that pays say what it pays for, not that it does."""
STATUS = {CUSTOMER: PAYING, TRIED: TRIAL, FREE_ITEM: FREE}
"""The first that is found is the account's status."""


def placed(frame: Frame, rows: ir.Table, at: str = "close") -> ir.Table:
    """Rows (account_id, which may be null, and a day `at`) with the question's dimensions as their account stands at
    the close of that day, less those that the conditions leave out.
    """
    wanted = [dimension for dimension in frame.dimensions.all if dimension.of_item]
    if wanted:
        pairs = rows.select(ACCOUNT, close=at)
        found = known_at(frame, pairs, tuple(OF_DIMENSION[dimension.name] for dimension in wanted))
        columns = {dimension.column: found[OF_DIMENSION[dimension.name]] for dimension in wanted}
        rows = _beside(rows, found.select(*PAIR, **columns), at)
    return frame.keep(frame.tag(rows))


def groups_seen(frame: Frame, accounts: ir.Table) -> ir.Table:
    """The groups (distinct dims) in which the accounts (account_id, which may be null) stand at a period's close;
    of a question that is not split nothing to go by.
    """
    rows = accounts.select(ACCOUNT).distinct()
    if not frame.dims:
        return rows
    if any(dimension.of_item for dimension in frame.dimensions.all):
        rows = rows.cross_join(frame.points(close=lambda p: p.close))
    else:
        rows = rows.mutate(close=ibis.literal(frame.query.today))
    return placed(frame, rows).select(*frame.dims).distinct()


def every_row(frame: Frame, *groups: ir.Table) -> ir.Table:
    """idx and period of each period, with each of the groups where the question is split."""
    points = frame.points()
    return union(*groups, distinct=True).cross_join(points) if frame.dims else points


def begun(frame: Frame) -> ir.Table:
    """idx, period and close of the periods that have begun by the as-of day."""
    points = frame.points(close=lambda p: p.close)
    return points.filter(points.period <= ibis.literal(frame.query.today))


def looked_at(frame: Frame, active: ir.Table, names: Sequence[str] = ("plan",)) -> ir.Table:
    """idx, account_id, close, status and what is named of `ITEM`: for each period that has begun, of the accounts
    that pay or are in trial at its close, and of those in `active` (idx, account_id; null for none).
    """
    points = begun(frame).select("idx", "close")
    rows = stretches(frame, names).cross_join(points.select("close"))
    known = rows.filter(Frame.covers(rows, rows.close)).drop("from_day", "to_day")
    live = known.filter(known.status.isin([PAYING, TRIAL])).inner_join(points, "close")
    acted = active.select("idx", ACCOUNT).inner_join(points, "idx")
    rows = union(live.select("idx", *PAIR), acted.select("idx", *PAIR), distinct=True)
    rows = _beside(rows, known)
    return rows.mutate(status=rows.status.fill_null(NONE))


def known_at(frame: Frame, pairs: ir.Table, names: Sequence[str]) -> ir.Table:
    """account_id and close of `pairs` with the account's status and what is named of `ITEM`, the combination with
    most of its MRR; without accounts that are nothing then.
    """
    wanted = pairs.filter(pairs[ACCOUNT].notnull()).select(*PAIR).distinct()
    rows = stretches(frame, names).inner_join(wanted, ACCOUNT)
    return rows.filter(Frame.covers(rows, rows.close)).drop("from_day", "to_day")


# stretches of days on which nothing changes

KEPT_OF = (*SOURCES, "payments")


def stretches(frame: Frame, names: Sequence[str]) -> ir.Table:
    """account_id, from_day, to_day (null for the last one), status and what is named of `ITEM`: how each account stood
    from day to day, where it was anything.
    """
    return frame.facts.kept(" ".join(["stretches", *names]), KEPT_OF, lambda: _stretches(frame, names))


def _stretches(frame: Frame, names: Sequence[str]) -> ir.Table:
    spans = frame.facts.kept("standing", KEPT_OF, lambda: _spans(frame))
    starts = spans.select(ACCOUNT, close=spans.from_day)
    ends = spans.filter(spans.to_day.notnull()).select(ACCOUNT, close="to_day")
    turns = union(starts, ends, distinct=True)
    following = turns.close.lead().over(ibis.window(group_by=ACCOUNT, order_by="close"))
    until = turns.select(turn_account=ACCOUNT, turn="close", to_day=following)
    found = _best(spans.inner_join(turns, ACCOUNT), names)
    joined = found.inner_join(until, [found[ACCOUNT] == until.turn_account, found.close == until.turn])
    return joined.drop("turn_account", "turn").rename(from_day="close")


def _spans(frame: Frame) -> ir.Table:
    """account_id, from_day, to_day, what the span says (`kind`), its item and its MRR (`worth`)."""
    nothing = ibis.literal(0, "int64")
    customers = frame.customers.mutate(**{name: ibis.null("string") for name in ITEM}, worth=nothing)
    tried = trials.trials(frame).rename(from_day="start_day", to_day="end_day").mutate(worth=nothing)
    free = _free_items(frame).mutate(worth=nothing)
    paid = frame.spans.mutate(worth=frame.spans.mrr_micros)
    columns = (ACCOUNT, "from_day", "to_day", *ITEM, "worth")
    kinds = {CUSTOMER: customers, PAID_ITEM: paid, TRIED: tried, FREE_ITEM: free}
    return union(*(spans.select(*columns, kind=ibis.literal(kind, "int64")) for kind, spans in kinds.items()))


def _free_items(frame: Frame) -> ir.Table:
    """Items that count and cost nothing, whatever the policy makes of a price of zero."""
    table, rules = frame.facts.table, policy_with(frame.policy, zero_price="stay")
    terms, plans = table("subscription_terms"), table("plans")
    if rules["metered"] == "mean-3":
        items = mrr_spans(terms, plans, rules)
        items = items.filter(items.mrr_micros == 0)
    else:
        ended = with_ends(terms, rules)
        items = ended.filter(reason_left_out(ended, rules).isnull() & costs_nothing(ended, rules))
        items = with_product(items, plans).rename(from_day="valid_from_day")
    begun = items.filter(items.from_day <= ibis.literal(frame.query.today))
    return begun.mutate(own_currency=begun.currency)


def _best(rows: ir.Table, names: Sequence[str]) -> ir.Table:
    """Spans beside days `close`: account_id, close, status, and what most of the account's MRR has of `names`.

    Of an account in trial the trial has it, of a free one the first item by name.
    """
    inside = rows.filter(Frame.covers(rows, rows.close))
    says = ibis.ifelse(inside.kind == PAID_ITEM, len(STATUS) + 1, inside.kind).cast("int64")
    inside = inside.mutate(best=says.min().over(ibis.window(group_by=PAIR)).cast("int64"))
    wanted = ibis.ifelse(inside.best == CUSTOMER, PAID_ITEM, inside.best)
    inside = inside.mutate(own=(inside.kind == wanted).cast("int64"))
    sums = inside.group_by(*PAIR, "best", *names).agg(
        own=inside.own.max(), worth=(inside.worth * inside.own).sum().cast("int64")
    )
    order = [sums.own.desc(), sums.worth.desc(), *(sums[name].asc(nulls_first=False) for name in names)]
    place = ibis.row_number().over(ibis.window(group_by=PAIR, order_by=order)).cast("int64")
    ranked = sums.mutate(place=place)
    first = ranked.filter((ranked.place == 0) & ranked.best.isin(list(STATUS)))
    word = ibis.cases(*((first.best == kind, status) for kind, status in STATUS.items()))
    shown = {name: ibis.ifelse(first.own == 1, first[name], ibis.null("string")) for name in names}
    return first.select(*PAIR, status=word, **shown)


def _beside(rows: ir.Table, known: ir.Table, at: str = "close") -> ir.Table:
    """Rows with what is known of their account at the close of the day `at`; null where nothing is."""
    right = known.rename(of_account=ACCOUNT, of_close="close")
    joined = rows.left_join(right, [rows[ACCOUNT] == right.of_account, rows[at] == right.of_close])
    return joined.drop("of_account", "of_close")
