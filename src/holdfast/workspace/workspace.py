"""The one object that a person opens: lake, engine and settings together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from holdfast.errors import InputError, MissingRate
from holdfast.facts import TABLES
from holdfast.facts.days import day_of
from holdfast.settings import Settings
from holdfast.workspace.asking import (
    Day,
    check_splits,
    cohort_by_of,
    currency_of,
    day_of_text,
    grain_of,
    instant_of,
    options_of,
    range_of,
    week_start_of,
)
from holdfast.workspace.garbage import left_for_later

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from holdfast.engines import Engine
    from holdfast.explain.bridge import Bridge
    from holdfast.explain.diff import Diff
    from holdfast.explain.explanation import Explanation
    from holdfast.lake import Lake
    from holdfast.metrics.frame import Facts, Frame
    from holdfast.metrics.policy import Policy
    from holdfast.metrics.query import Known, MetricQuery
    from holdfast.metrics.registry import Metric
    from holdfast.metrics.result import MetricResult
    from holdfast.rollups.mrr import MrrRollups
    from holdfast.rollups.people import PeopleTables
    from holdfast.rollups.stages import Stages
    from holdfast.rollups.usage import UsageRollups
    from holdfast.workspace.accounts import AccountList
    from holdfast.workspace.decided import Decided
    from holdfast.workspace.inquiry import Inquiry
    from holdfast.workspace.remembered import Remembered
    from holdfast.workspace.standing import StandingFacts

LAKE_FOLDER = "lake"


class Workspace:
    """A company's data folder, opened on an engine. Close it, or use it in a `with`, to give the engine back."""

    def __init__(
        self,
        folder: Path | str,
        engine: str = "duckdb",
        engine_options: Mapping[str, str] | None = None,
        *,
        keep_rollups: bool = True,
    ) -> None:
        self.folder = Path(folder)
        self.settings = Settings.load(self.folder)
        self._engine_name = engine
        self._engine_options = dict(engine_options or {})
        self._keep_rollups = keep_rollups
        self._noted = False

    @cached_property
    def lake(self) -> Lake:
        from holdfast.lake import Lake

        lake = Lake(self.folder / LAKE_FOLDER)
        lake.check_zone(self.settings.timezone)
        return lake

    @cached_property
    def engine(self) -> Engine:
        from holdfast.engines import open_engine

        return open_engine(self._engine_name, self._engine_options, lake_root=self.lake.root)

    @cached_property
    def standing(self) -> StandingFacts:
        from holdfast.workspace.standing import StandingFacts

        return StandingFacts(self.lake, self.engine)

    @cached_property
    def remembered(self) -> Remembered:
        from holdfast.workspace.remembered import Remembered

        return Remembered(self.lake)

    @cached_property
    def accounts(self) -> AccountList:
        from holdfast.workspace.accounts import AccountList

        return AccountList(self)

    @cached_property
    def rollups(self) -> MrrRollups:
        from holdfast.rollups.mrr import MrrRollups

        return MrrRollups(self.lake, self.engine, keep=self._keep_rollups)

    @cached_property
    def usage(self) -> UsageRollups:
        from holdfast.rollups.usage import UsageRollups

        return UsageRollups(self.lake, self.engine, keep=self._keep_rollups)

    @cached_property
    def people(self) -> PeopleTables:
        from holdfast.rollups.people import PeopleTables

        return PeopleTables(self.lake, self.usage.scratch)

    @cached_property
    def stages(self) -> Stages:
        from holdfast.rollups.stages import Stages

        return Stages(self.lake, self.usage.scratch)

    def close(self) -> None:
        for held in ("rollups", "usage"):
            if held in self.__dict__:
                getattr(self, held).close()
        if "engine" in self.__dict__:
            self.engine.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    # tables

    def table(self, name: str, *, as_of: Day | datetime = None) -> ir.Table:
        """A canonical table as an Ibis expression: the facts that stand, or stood at a time."""
        from holdfast.metrics.policy import unknown
        from holdfast.metrics.query import Known

        if name not in TABLES:
            raise unknown("table", name, TABLES)
        return self.standing.table(name, Known(instant_of(as_of, self.settings.zone)))

    def is_empty(self) -> bool:
        """Whether no subscription is known yet."""
        return not self.lake.files("subscription_terms")

    # questions

    def query(
        self,
        metric: str,
        *,
        start: Day = None,
        end: Day = None,
        grain: str | None = None,
        by: Iterable[str] | str = (),
        where: Iterable[str] | str = (),
        policy: str | None = None,
        set: Mapping[str, str] | None = None,  # noqa: A002 (as the command line has it)
        currency: str | None = None,
        as_of: Day | datetime = None,
        cohort_by: str | None = None,
        week_start: str | None = None,
        **options: int | str,
    ) -> MetricResult:
        """Ask for a metric. Days are dates or ISO text; `start` and `end` are both inside.

        `cohort_by` names a dimension that makes the cohorts of a cohort metric, in place of the first month.
        `week_start` is monday or sunday, for this question alone.

        Raises `UnknownName` or `InputError` that say what was given and what is allowed.
        """
        return self.answer(
            *self.asked(
                metric, start=start, end=end, grain=grain, by=by, where=where, policy=policy, set=set,
                currency=currency, as_of=as_of, cohort_by=cohort_by, week_start=week_start, **options,
            )
        )  # fmt: skip

    def _explain(self, result: MetricResult, rows: str | date | None, limit: int) -> Explanation:
        return self.inquire().explain(result, rows, limit)

    def inquire(self, progress: Callable[[str], None] = lambda said: None) -> Inquiry:
        """The workspace's answers questioned; `progress` is told what is being computed."""
        from holdfast.workspace.inquiry import Inquiry

        return Inquiry(self, progress)

    def bridge(
        self,
        metric: str,
        to_policy: str,
        from_policy: str | None = None,
        *,
        period: str | date | None = None,
        column: str | None = None,
        age: int | None = None,
        progress: Callable[[str], None] = lambda said: None,
        **question: Any,
    ) -> Bridge:
        """What each switch contributes to the difference between two policies, for one period (the last one that is
        over by default). `column` is the figure that is followed, `age` the cell of a cohort; the rest as in `query`.
        """
        from holdfast.workspace.inquiry import at_period

        found, query = self.asked(metric, policy=from_policy, **question)
        target = self.policy(to_policy)
        return self.inquire(progress).bridge(found, at_period(found, query, period), target, column, age)

    def diff(
        self,
        metric: str,
        as_of: Day | datetime,
        later: Day | datetime = None,
        *,
        period: str | date | None = None,
        column: str | None = None,
        age: int | None = None,
        progress: Callable[[str], None] = lambda said: None,
        **question: Any,
    ) -> Diff:
        """What changed of a period's number between what was known at `as_of` and `later` (now by default), by
        account and by cause. The period is the last one that was over at `as_of`; the rest as in `query`.
        """
        from holdfast.workspace.inquiry import at_period

        found, query = self.asked(metric, as_of=as_of, **question)
        earlier = at_period(found, query, period)
        _, after = self.asked(metric, as_of=later, **question)
        if after.as_of is not None and earlier.as_of is not None and after.as_of < earlier.as_of:
            raise InputError(f"--as-of {later} lies before {as_of}; name the earlier time first")
        return self.inquire(progress).diff(
            found, earlier, replace(after, start=earlier.start, end=earlier.end), column, age
        )

    def policy(self, name: str | None = None, overrides: Mapping[str, str] | None = None) -> Policy:
        """A policy by name, the settings' one by default, with overrides."""
        from holdfast.metrics.policy import policy

        return policy(name or self.settings.policy, overrides, self.settings.policies)

    def answer(self, metric: Metric, query: MetricQuery) -> MetricResult:
        """The answer to one question, computed where it is not remembered."""
        return self.remembered.answer(metric, query, lambda: self._compute(metric, query))

    def _compute(self, metric: Metric, query: MetricQuery) -> MetricResult:
        import pyarrow as pa

        from holdfast.metrics.result import MetricResult, key_columns, shape, zeros

        frame = self.frame(metric, query)
        dimensions = frame.dimensions
        with left_for_later():
            expression = self._expression(metric, frame)
            sql = self.engine.sql(expression)
        rows = self.engine.run(sql, expression)
        self.refuse_missing_rates(frame)
        shown = dimensions.split[:-1] if query.cohort_by else dimensions.split
        dims = {dimension.column: dimension.name for dimension in shown}
        if not rows.num_rows and not dims and key_columns(metric) == ["period"] and not metric.lists:
            empty = zeros(metric, frame.periods, query.currency or self.settings.currency)
            rows = pa.Table.from_pylist(empty, rows.schema)
        table, working = shape(metric, query, rows, dims)
        return MetricResult(
            metric,
            query,
            table,
            sql,
            expression,
            lambda: self._evidence(metric, query, frame, table),
            working,
            self._explain,
        )

    def frame(self, metric: Metric, query: MetricQuery) -> Frame:
        """What the metric is computed from."""
        from holdfast.metrics.dimensions import Dimensions
        from holdfast.metrics.frame import Frame

        own = {column.name for column in metric.columns}
        by_currency = not metric.pure_count and (query.currency is None or metric.splits is not None)
        own |= {"currency"} if by_currency else set()
        by = [name for name in query.by if name not in own.intersection(("cohort", "currency"))]
        by += [query.cohort_by] if query.cohort_by else []
        attributes = self._attribute_names(query)
        dimensions = Dimensions(by, query.where, attributes, money=not metric.pure_count, own=metric.dimensions)
        return Frame(self._facts(query), query, dimensions)

    def _expression(self, metric: Metric, frame: Frame) -> ir.Table:
        from holdfast.metrics.steps import NoSteps, frequent

        try:
            return metric.compute(frame)
        except NoSteps as error:
            raise error.among(self.engine.to_arrow(frequent(frame))["event"].to_pylist()) from None

    def asked(
        self,
        metric: str,
        *,
        start: Day = None,
        end: Day = None,
        grain: str | None = None,
        by: Iterable[str] | str = (),
        where: Iterable[str] | str = (),
        policy: str | None = None,
        set: Mapping[str, str] | None = None,  # noqa: A002
        currency: str | None = None,
        as_of: Day | datetime = None,
        cohort_by: str | None = None,
        week_start: str | None = None,
        **options: int | str,
    ) -> tuple[Metric, MetricQuery]:
        """The metric and the question that were meant."""
        from holdfast.metrics import catalog
        from holdfast.metrics.query import MetricQuery

        found = catalog.find(metric)
        known_at = instant_of(as_of, self.settings.zone)
        today = self.today if known_at is None else day_of(known_at, self.settings.zone)
        chosen = grain_of(found, grain)
        first, last = range_of(found, chosen, day_of_text(start, "--from"), day_of_text(end, "--to"), today)
        split = (by,) if isinstance(by, str) else tuple(by)
        check_splits(found, split)
        decided = self._decided(known_at)
        return found, MetricQuery(
            metric=found.name,
            start=first,
            end=last,
            grain=chosen,
            today=today,
            by=split,
            where=(where,) if isinstance(where, str) else tuple(where),
            policy=self.policy(policy, set) if policy else decided.policy(set),
            currency=currency_of(currency),
            as_of=known_at,
            week_start=week_start_of(week_start, decided.week_start),
            margin=decided.margin,
            usage=decided.usage,
            cohort_by=cohort_by_of(found, cohort_by),
            options=options_of(found, options),
        )

    def _decided(self, known_at: datetime | None) -> Decided:
        """The company's policy, margin and week as they were known at a time."""
        from holdfast.workspace.decided import Decided, decided_at, note

        now = Decided.of(self.settings)
        if not self._noted:
            note(self.lake, now)
            self._noted = True
        return now if known_at is None else decided_at(self.lake, known_at) or now

    @property
    def today(self) -> date:
        """Today's date in the company's time zone."""
        return day_of(datetime.now(UTC), self.settings.zone)

    def _facts(self, query: MetricQuery) -> Facts:
        merges = self.standing.merges(query.known("account_merges"))
        named = self.rollups.merge_table(merges) if merges else None

        def happened(name: str, table: ir.Table) -> ir.Table:
            # a refund that is not paid back yet has not happened
            return table.filter(table.paid_day <= query.today) if name == "payments" else table

        def standing(name: str) -> ir.Table:
            return happened(name, self.standing.table(name, query.known(name)))

        def counted(name: str) -> ir.Table:
            if name in ("usage_daily", "usage_weekly"):
                made = self.usage.daily if name == "usage_daily" else self.usage.weekly
                return self.standing.under_merged(name, made(query, standing), named)
            return happened(name, self.standing.counted(name, query.known(name), named))

        return replace(
            self.rollups.facts(query, standing, counted, merges),
            people=lambda: self.people.people(query, standing),
            homes=lambda: self.people.homes(query, standing, counted, tuple(merges.items())),
            day_starts=lambda: self.people.day_starts(self.settings.zone, standing("events")),
            event_numbers=lambda: self.usage.event_numbers(query, standing),
            kept=partial(self.stages.kept, query, tuple(merges.items())),
        )

    def counted(self, name: str, query: MetricQuery) -> ir.Table:
        """A canonical table as the question sees it: what was known, under the accounts that are counted."""
        merges = self.standing.merges(query.known("account_merges"))
        named = self.rollups.merge_table(merges) if merges else None
        return self.standing.counted(name, query.known(name), named)

    def account_names(self, accounts: Sequence[str], query: MetricQuery) -> dict[str, str]:
        """Display names of accounts, of those that have one."""
        table = self.counted("accounts", query)
        rows = self.engine.to_arrow(table.filter(table.account_id.isin(list(accounts))).select("account_id", "name"))
        return {row["account_id"]: row["name"] for row in rows.to_pylist() if row["name"]}

    def refresh(self) -> None:
        """Bring the roll-ups of the company's own policy up to date with the facts."""
        from holdfast.metrics.query import Known

        self.rollups.refresh(self.policy(), lambda name: self.standing.table(name, Known()))
        self.usage.refresh()

    def _attribute_names(self, query: MetricQuery) -> list[str]:
        if not query.by and not query.where and not query.cohort_by:
            return []
        return self.attribute_names(query.known("account_attributes"))

    def attribute_names(self, known: Known | None = None) -> list[str]:
        """The names of all attributes that accounts have."""
        from holdfast.metrics.query import Known

        names = self.standing.table("account_attributes", known or Known()).select("name").distinct()
        return sorted(self.engine.to_arrow(names)["name"].to_pylist())

    def refuse_missing_rates(self, frame: Frame) -> None:
        for table in frame.converted:
            rows = self.engine.to_arrow(table.order_by("rate_day", "own_currency").limit(1)).to_pylist()
            if rows:
                own, day = rows[0]["own_currency"], rows[0]["rate_day"]
                raise MissingRate(
                    f"no exchange rate from {own} to {frame.query.currency} for {day} (nor in the 7 days before it)",
                    hint="import one: holdfast import fx-rates FILE, with the columns day, from, to, rate",
                )

    def _evidence(self, metric: Metric, query: MetricQuery, frame: Frame, rows: Any) -> dict[str, Any]:
        from holdfast.metrics.evidence import event_reasons, gather, term_reasons

        base, reasons_of = ("events", event_reasons) if metric.counts_events else ("subscription_terms", term_reasons)
        reasons = self.engine.to_arrow(reasons_of(self.standing.table(base, query.known(base)), query))
        versions = {name: version for name in metric.sources if (version := self.lake.version(name)) is not None}
        evidence = gather(metric, query, reasons, frame.periods, rows, versions)
        return {**evidence, "notes": [*evidence["notes"], *self._expired_note(metric)]}

    def _expired_note(self, metric: Metric) -> list[str]:
        """From which day on single events are there, where older ones have expired."""
        from holdfast.lake.expiry import expired_before

        first = expired_before(self.lake) if metric.counts_events else None
        if first is None:
            return []
        kept = f"Single events before {first} have expired; what was done each day before is kept"
        return [f"{kept}. Times of day, answers as of a past time and the rows counted here begin with {first}"]


__all__ = ["LAKE_FOLDER", "Workspace"]
