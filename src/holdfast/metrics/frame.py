"""What a metric is computed from: the roll-ups and facts of one question, cut at its day, split and filtered."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

import ibis
import ibis.expr.types as ir

from holdfast.metrics import fx
from holdfast.metrics.calendar import Period, last_day_of, literal_table, number_of, periods_between
from holdfast.metrics.dimensions import Dimensions
from holdfast.metrics.policy import policy_with
from holdfast.metrics.query import Grain, MetricQuery
from holdfast.metrics.tables import union

ACCOUNT = "account_id"
CURRENCY = "currency"
MOVEMENTS = ("new", "reactivation", "expansion", "contraction", "churn")


Make = Callable[[], ir.Table]


@dataclass(frozen=True)
class Facts:
    """The tables of one question, as known at its time: roll-ups under its policy, and facts."""

    spans: ir.Table
    changes: ir.Table
    customers: ir.Table
    table: Callable[[str], ir.Table]
    rates: Callable[[str], ir.Table]
    """The exchange rates of every day to a currency, as `fx.daily_rates` gives them."""
    people: Callable[[], ir.Table | None] = lambda: None
    """Which person an id turned out to be (`id`, `person`); null where every id stands for itself."""
    homes: Callable[[], ir.Table | None] = lambda: None
    """The account that a person belonged to, as `people.homes` gives it; null where no membership is known."""
    day_starts: Callable[[], ir.Table] = lambda: ibis.table({"day": "date", "start": "int64"})
    """The first instant of each day in the company's time zone: `day`, and `start` in microseconds since 1970."""
    event_numbers: Callable[[], Mapping[str, int]] = dict
    """The number of each event in the table `usage_weekly`."""
    kept: Callable[[str, Sequence[str], Make], ir.Table] = lambda _name, _sources, make: make()
    """A stage that other questions need too, by its name and the facts it is made from: where there is a place for it,
    computed once. It may depend on the as-of day, the policy and the usage rules, and on nothing else of the question.
    """


class Frame:
    """One question's tables. Every method gives an Ibis table; none of them runs more than the stages that are kept."""

    def __init__(self, facts: Facts, query: MetricQuery, dimensions: Dimensions) -> None:
        self.facts = facts
        self.query = query
        self.policy = query.policy
        self.dimensions = dimensions
        self.converted: list[ir.Table] = []

    # periods

    @cached_property
    def periods(self) -> list[Period]:
        q = self.query
        return periods_between(q.start, q.end, q.grain, q.today, q.week_start)

    @property
    def bound(self) -> date:
        """The last day that is looked at."""
        return min(self.periods[-1].last, self.query.today)

    @property
    def opening(self) -> date:
        """The day whose close is the start of the whole range."""
        return self.periods[0].opening

    def option(self, name: str) -> int:
        """An option that is a number."""
        return int(self.query.options[name])

    def choice(self, name: str) -> str:
        """An option that is a word or a text."""
        return str(self.query.options[name])

    def points(self, **days: Callable[[Period], date]) -> ir.Table:
        """One row a period: idx, period (its first day) and the days asked for."""
        return literal_table(
            [{"idx": p.index, "period": p.first, **{name: day(p) for name, day in days.items()}} for p in self.periods]
        )

    def number(self, day: ir.DateColumn, grain: Grain | None = None) -> ir.IntegerColumn:
        return number_of(day, grain or self.query.grain, self.query.week_start)

    def over(self, start: date, end: date, grain: Grain | None = None) -> Frame:
        """The same question over another range or at another grain."""
        query = replace(self.query, start=start, end=end, grain=grain or self.query.grain)
        other = Frame(self.facts, query, self.dimensions)
        other.converted = self.converted
        return other

    def showing_all(self) -> Frame:
        """The same question with nobody hidden for being new and gone in one period."""
        shown = policy_with(self.policy, same_period="both")
        other = Frame(self.facts, replace(self.query, policy=shown), self.dimensions)
        other.converted = self.converted
        return other

    def counting(self) -> Frame:
        """The same question about accounts alone: an account's currency is that of its main item.

        Where `--by currency` was asked for, `dims` holds the currency too, which amounts have beside them.
        """
        by_currency = CURRENCY in self.query.by and not self.query.currency
        other = Frame(self.facts, self.query, self.dimensions.of_accounts(by_currency=by_currency))
        other.converted = self.converted
        return other

    # keys

    @property
    def dims(self) -> list[str]:
        """Columns that the answer is split by."""
        return self.dimensions.columns

    @property
    def money_keys(self) -> list[str]:
        """The same with the currency, which every amount of money is split by."""
        return [CURRENCY, *self.dims]

    # roll-ups, cut at the as-of day

    @cached_property
    def _today(self) -> ir.DateScalar:
        return ibis.literal(self.query.today)

    @cached_property
    def _all_customers(self) -> ir.Table:
        spans = self.facts.customers
        spans = spans.filter(spans.from_day <= self._today)
        over = spans.to_day > self._today
        return spans.mutate(to_day=ibis.ifelse(over, ibis.null("date"), spans.to_day))

    @cached_property
    def first_days(self) -> ir.Table:
        """account_id and first_day of every account that ever was a customer."""
        return self._all_customers.filter(lambda t: t.ordinal == 0).select(ACCOUNT, "first_day")

    @cached_property
    def spans(self) -> ir.Table:
        """Spans of items that began by the as-of day, with own_currency beside currency."""
        spans = self.facts.spans.filter(lambda t: t.from_day <= self._today)
        return spans.mutate(own_currency=spans.currency)

    def tag(self, table: ir.Table) -> ir.Table:
        """Add the account's dimensions."""
        attributes = self.facts.table("account_attributes")
        return self.dimensions.tag_accounts(table, attributes, self.first_days)

    def keep(self, table: ir.Table) -> ir.Table:
        """Rows that meet the question's conditions."""
        return self.dimensions.keep(table)

    @property
    def customers(self) -> ir.Table:
        """Customer spans of every account; conditions act later, in `place`."""
        return self._all_customers

    # money

    @cached_property
    def changes(self) -> ir.Table:
        """Every change of MRR up to the as-of day, each in its own currency, with dims and idx.

        Only good for running sums without --currency, and for which groups were ever seen; see `moves`.
        """
        changes = self.facts.changes.filter(lambda t: t.day <= self._today)
        return self._tagged(changes)

    def moves(self, first: date, last: date) -> ir.Table:
        """Changes of MRR from day `first` to day `last`, in the currency asked for, with dims and idx."""
        days = (ibis.literal(first), ibis.literal(min(last, self.bound)))
        changes = self.facts.changes.filter(lambda t: (t.day >= days[0]) & (t.day <= days[1]))
        return self._tagged(self._converted_changes(changes) if self.query.currency else changes)

    def _tagged(self, changes: ir.Table) -> ir.Table:
        changes = changes.mutate(idx=self.number(changes.day))
        return self.keep(self.tag(self.dimensions.tag_items(self.owned(changes))))

    def owned(self, rows: ir.Table) -> ir.Table:
        """Rows with own_currency, and in `currency` the one asked for."""
        rows = rows.mutate(own_currency=rows[CURRENCY])
        return rows.mutate(currency=ibis.literal(self.query.currency)) if self.query.currency else rows

    def _converted_changes(self, moved: ir.Table) -> ir.Table:
        """Each item's change of a day at the rate that the policy names, under the movement of its account."""
        turning = moved.select(ACCOUNT, "day").distinct()
        kept = self.spans
        item = ["account_id", "subscription_id", "item_id", "plan", "product", "own_currency"]
        interval = ["anchor_day", "billing_interval", "interval_count"]
        rises = kept.select(*item, *interval, day="from_day", delta="mrr_micros", rank=ibis.literal(0, "int64"))
        ended = kept.filter(kept.to_day.notnull())
        falls = ended.select(*item, *interval, day="to_day", delta=-ended.mrr_micros, rank=ibis.literal(1, "int64"))
        events = union(rises, falls).semi_join(turning, [ACCOUNT, "day"])
        place = ibis.window(
            group_by=["account_id", "subscription_id", "item_id", "day"], order_by=["rank", "anchor_day"]
        )
        governing = events.mutate(**{name: events[name].first().over(place) for name in interval})
        if self.policy["fx"] == "service-start":
            governing = fx.with_interval_start(governing, "day", "rate_day")
        else:
            last = last_day_of(governing.day, self.query.grain, self.query.week_start)
            governing = governing.mutate(rate_day=ibis.ifelse(last > self._today, self._today, last))
        net = governing.group_by(*item, "day", "rate_day").agg(delta_micros=governing.delta.sum().cast("int64"))
        worth = self._exchanged(net, str(self.query.currency), "delta_micros")
        on = [worth.account_id == moved.account_id, worth.day == moved.day, worth.own_currency == moved.currency]
        on += [worth[name].identical_to(moved[name]) for name in ("plan", "product")]
        joined = worth.inner_join(moved, on)
        return joined.select(
            ACCOUNT,
            "day",
            moved.currency.name(CURRENCY),
            worth.plan.name("plan"),
            worth.product.name("product"),
            worth.delta_micros.name("delta_micros"),
            "movement",
            "moved",
            "new_product",
            "first_day",
        )

    @cached_property
    def rates(self) -> ir.Table:
        return self.facts.rates(str(self.query.currency))

    def snapshot(self, points: ir.Table, on: str = "at") -> ir.Table:
        """What every item is worth at the close of the days `on` of `points`: idx, account, dims, mrr_micros.

        In the currency asked for; conditions on items are applied.
        """
        tagged = self.tag(self.dimensions.tag_items(self.live(points, on)))
        return self.keep(tagged)

    def snapshot_of(self, points: ir.Table) -> ir.Table:
        """The same with all the columns of `points`, which holds several days `at` for one idx."""
        rows = self.spans.cross_join(points)
        worth = self._worth(rows.filter(self.covers(rows, rows["at"])))
        return self.keep(self.tag(self.dimensions.tag_items(worth)))

    def live(self, points: ir.Table, on: str = "at") -> ir.Table:
        """Every item at the close of the days `on` of `points`, in the currency asked for."""
        days = points.select("idx", at=points[on])
        rows = self.spans.cross_join(days)
        return self._worth(rows.filter(self.covers(rows, rows["at"])))

    def worth_on(self, accounts: ir.Table) -> ir.Table:
        """What the items of accounts are worth at the close of each row's own day `at`, with the row's columns."""
        extra = [name for name in accounts.columns if name not in (ACCOUNT, *self.spans.columns)]
        rows = self.spans.inner_join(accounts.select(ACCOUNT, *extra), ACCOUNT)
        return self._worth(rows.filter(self.covers(rows, rows["at"])))

    def _worth(self, rows: ir.Table) -> ir.Table:
        """Rows with a day `at`: their MRR in the currency asked for."""
        if not self.query.currency:
            return rows
        if self.policy["fx"] == "service-start":
            return self.at_rate(fx.with_interval_start(rows, "at", "rate_day"), "mrr_micros")
        return self.at_rate(rows.mutate(rate_day=rows["at"]), "mrr_micros")

    def at_rate(self, rows: ir.Table, amount: str) -> ir.Table:
        """Rows with own_currency and rate_day: column `amount` in the currency asked for."""
        if not self.query.currency:
            return rows
        worth = self._exchanged(rows, self.query.currency, amount)
        return worth.mutate(currency=ibis.literal(self.query.currency))

    def _exchanged(self, rows: ir.Table, target: str, amount: str) -> ir.Table:
        self.converted.append(fx.missing_rates(rows, self.rates, target, amount))
        return fx.convert(rows, self.rates, target, amount)

    # accounts

    def roster(self, **days: Callable[[Period], date]) -> ir.Table:
        """Who was a customer at the close of a day of each period: idx, account_id, one boolean a day.

        Only accounts that were a customer on at least one of the days are in it.
        """
        points = self.points(**days)
        rows = self.customers.cross_join(points)
        flags = {name: self.covers(rows, rows[name]) for name in days}
        rows = rows.mutate(**{f"at_{name}": flag for name, flag in flags.items()})
        rows = rows.filter(ibis.or_(*(rows[f"at_{name}"] for name in days)))
        return rows.group_by("idx", ACCOUNT).agg(**{name: rows[f"at_{name}"].any() for name in days})

    @staticmethod
    def covers(spans: ir.Table, day: ir.DateValue) -> ir.BooleanColumn:
        """Whether a span is live at the close of a day."""
        return (spans.from_day <= day) & (spans.to_day.isnull() | (spans.to_day > day))

    def turns(self) -> ir.Table:
        """Every day of the range on which an account became or stopped being a customer: idx, account_id, day, turn.

        turn is new, reactivation or churn. Left out are those that the policy hides (`same_period=neither`).
        """
        spans = self.customers
        starts = spans.select(ACCOUNT, day="from_day", turn="start_movement")
        ends = spans.filter(spans.to_day.notnull()).select(ACCOUNT, day="to_day", turn=ibis.literal("churn"))
        return self.visible(self.in_range(union(starts, ends)))

    def in_range(self, table: ir.Table, day: str = "day") -> ir.Table:
        """Rows whose day lies inside the range, with the number of their period."""
        first, last = ibis.literal(self.periods[0].first), ibis.literal(self.bound)
        inside = table.filter((table[day] >= first) & (table[day] <= last))
        return inside.mutate(idx=self.number(inside[day]))

    def visible(self, rows: ir.Table) -> ir.Table:
        """Rows (idx, account_id) without those of accounts new and gone in one period, where the policy hides them."""
        if self.policy["same_period"] == "both":
            return rows
        return rows.anti_join(self._new_and_gone, ["idx", ACCOUNT])

    @cached_property
    def _new_and_gone(self) -> ir.Table:
        spans = self._all_customers
        started = (
            self.in_range(spans.filter(spans.start_movement == "new"), "from_day").select("idx", ACCOUNT).distinct()
        )
        present = self.roster(opening=lambda p: p.opening, close=lambda p: p.close)
        return started.anti_join(present, ["idx", ACCOUNT])

    def place(self, rows: ir.Table, *, at: str, otherwise: str | None = None) -> ir.Table:
        """Rows (idx, account_id, days) with their dimensions, less those that the conditions leave out.

        An account stands in the plan (product, currency) with most of its MRR at the close of day `at`, or, where
        it has none then, of day `otherwise`; ties go by name.
        """
        if self.dimensions.main_item_columns:
            rows = self._with_main_item(rows, at, otherwise)
        if self.dimensions.own_currency is not None:
            rows = rows.mutate(**{self.dimensions.own_currency.column: rows.own_currency})
        return self.keep(self.tag(rows))

    def _with_main_item(self, rows: ir.Table, at: str, otherwise: str | None) -> ir.Table:
        names = self.dimensions.main_item_columns
        key = ["idx", ACCOUNT]
        days = rows.select(*key, first_choice=rows[at], second_choice=rows[otherwise or at]).distinct()
        items = self.dimensions.tag_items(self.spans)
        joined = items.select(ACCOUNT, "from_day", "to_day", "mrr_micros", *names).inner_join(days, ACCOUNT)
        first = self.covers(joined, joined.first_choice)
        second = self.covers(joined, joined.second_choice)
        chosen = joined.mutate(choice=ibis.cases((first, 0), (second, 1), else_=2)).filter(lambda t: t.choice < 2)
        sums = chosen.group_by(*key, "choice", *names).agg(worth=chosen.mrr_micros.sum().cast("int64"))
        order = [sums.choice.asc(), sums.worth.desc(), *(sums[name].asc(nulls_first=False) for name in names)]
        ranked = sums.mutate(rank=ibis.row_number().over(ibis.window(group_by=key, order_by=order)))
        main = ranked.filter(ranked["rank"] == 0).select(*key, *names)
        renamed = main.rename({f"main_{name}": name for name in key})
        matches = [rows[name] == renamed[f"main_{name}"] for name in key]
        return rows.left_join(renamed, matches).select(*rows.columns, *names)

    # shapes

    def groups(self, keys: Sequence[str], *results: ir.Table) -> ir.Table:
        """Every group ever seen, or found in one of the results: the distinct keys.

        With --currency and no other split there is one group, whether or not anything was ever paid.
        """
        paid = self.changes.filter(lambda t: t.delta_micros != 0)
        tables = [table.select(*keys) for table in (paid, *results)]
        if self.query.currency and list(keys) == [CURRENCY]:
            tables.append(literal_table([{CURRENCY: self.query.currency}]))
        return union(*tables, distinct=True)

    def every_period(self, keys: Sequence[str], *results: ir.Table) -> ir.Table:
        """Each period with each group ever seen, or found in one of the results: idx, period and the keys."""
        points = self.points()
        return self.groups(keys, *results).cross_join(points) if keys else points
