"""The one object that a person opens: lake, engine and settings together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from holdfast.errors import InputError, MissingRate
from holdfast.facts import TABLES
from holdfast.facts.days import day_of, end_of_day
from holdfast.settings import Settings

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from holdfast.engines import Engine
    from holdfast.lake import Lake
    from holdfast.metrics.frame import Facts, Frame
    from holdfast.metrics.policy import Policy
    from holdfast.metrics.query import MetricQuery
    from holdfast.metrics.registry import Metric
    from holdfast.metrics.result import MetricResult
    from holdfast.rollups.mrr import MrrRollups

Day = date | str | None
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
    def rollups(self) -> MrrRollups:
        from holdfast.rollups.mrr import MrrRollups

        return MrrRollups(self.lake, self.engine, keep=self._keep_rollups)

    def close(self) -> None:
        if "rollups" in self.__dict__:
            self.rollups.close()
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

        if name not in TABLES:
            raise unknown("table", name, TABLES)
        return self._standing(name, self._instant(as_of))

    def _standing(self, name: str, as_of: datetime | None) -> ir.Table:
        import ibis

        table = self.engine.parquet(self.lake.files(name), TABLES[name].schema, name=name)
        if TABLES[name].derived:
            return table
        if as_of is None:
            return table.filter(table.superseded_at.isnull())
        moment = ibis.literal(as_of, "timestamp('UTC')")
        later = table.superseded_at.isnull() | (table.superseded_at > moment)
        return table.filter((table.recorded_at <= moment) & later)

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
        **options: int,
    ) -> MetricResult:
        """Ask for a metric. Days are dates or ISO text; `start` and `end` are both inside.

        `cohort_by` names a dimension that makes the cohorts of a cohort metric, in place of the first month.

        Raises `UnknownName` or `InputError` that say what was given and what is allowed.
        """
        from holdfast.metrics import catalog

        found = catalog.find(metric)
        asked = self._question(found, start, end, grain, by, where, policy, set, currency, as_of, options)
        return self.answer(found, replace(asked, cohort_by=_cohort_by(found, cohort_by)))

    def policy(self, name: str | None = None, overrides: Mapping[str, str] | None = None) -> Policy:
        """A policy by name, the settings' one by default, with overrides."""
        from holdfast.metrics.policy import policy

        return policy(name or self.settings.policy, overrides, self.settings.policies)

    def answer(self, metric: Metric, query: MetricQuery) -> MetricResult:
        """Compute one question."""
        import pyarrow as pa

        from holdfast.metrics.dimensions import Dimensions
        from holdfast.metrics.frame import Frame
        from holdfast.metrics.result import MetricResult, shape, zeros

        own = {column.name for column in metric.columns}
        by_currency = not metric.pure_count and (query.currency is None or metric.splits is not None)
        own |= {"currency"} if by_currency else set()
        by = [name for name in query.by if name not in own.intersection(("cohort", "currency"))]
        by += [query.cohort_by] if query.cohort_by else []
        dimensions = Dimensions(by, query.where, self._attribute_names(query), money=not metric.pure_count)
        facts = self._facts(query)
        frame = Frame(facts, query, dimensions)
        expression = metric.compute(frame)
        sql, rows = self.engine.ask(expression)
        self._refuse_missing_rates(frame)
        shown = dimensions.split[:-1] if query.cohort_by else dimensions.split
        dims = {dimension.column: dimension.name for dimension in shown}
        if not rows.num_rows and not dims and "period" in rows.column_names:
            empty = zeros(metric, frame.periods, query.currency or self.settings.currency)
            rows = pa.Table.from_pylist(empty, rows.schema)
        table = shape(metric, query, rows, dims)
        return MetricResult(metric, query, table, sql, expression, lambda: self._evidence(metric, query, frame, table))

    def _question(
        self,
        metric: Metric,
        start: Day,
        end: Day,
        grain: str | None,
        by: Iterable[str] | str,
        where: Iterable[str] | str,
        policy: str | None,
        overrides: Mapping[str, str] | None,
        currency: str | None,
        as_of: Day | datetime,
        options: Mapping[str, int],
    ) -> MetricQuery:
        from holdfast.metrics.calendar import shift
        from holdfast.metrics.query import MetricQuery

        known_at = self._instant(as_of)
        today = self.today if known_at is None else day_of(known_at, self.settings.zone)
        chosen = _grain(metric, grain)
        last = _day(end, "--to") or today
        first = _day(start, "--from") or shift(last, chosen, -metric.periods_back)
        split = (by,) if isinstance(by, str) else tuple(by)
        _check_splits(metric, split)
        return MetricQuery(
            metric=metric.name,
            start=first,
            end=last,
            grain=chosen,
            today=today,
            by=split,
            where=(where,) if isinstance(where, str) else tuple(where),
            policy=self.policy(policy, overrides),
            currency=_currency(currency),
            as_of=known_at,
            week_start=self.settings.week_start,
            margin=self.settings.margin,
            options=_options(metric, options),
        )

    @property
    def today(self) -> date:
        """Today's date in the company's time zone."""
        return day_of(datetime.now(UTC), self.settings.zone)

    def _instant(self, as_of: Day | datetime) -> datetime | None:
        """The instant that is meant: of a date, the end of that day in the company's time zone."""
        if as_of is None:
            return None
        if isinstance(as_of, str):
            as_of = _moment(as_of)
        if isinstance(as_of, datetime):
            aware = as_of if as_of.tzinfo else as_of.replace(tzinfo=self.settings.zone)
            return aware.astimezone(UTC)
        return end_of_day(as_of, self.settings.zone)

    def _facts(self, query: MetricQuery) -> Facts:
        def standing(name: str) -> ir.Table:
            table = self._standing(name, query.as_of)
            # a refund that is not paid back yet has not happened
            return table.filter(table.paid_day <= query.today) if name == "payments" else table

        return self.rollups.facts(query.policy, query.as_of, query.today, standing)

    def refresh(self) -> None:
        """Bring the roll-ups of the company's own policy up to date with the facts."""
        self.rollups.refresh(self.policy(), lambda name: self._standing(name, None))

    def _attribute_names(self, query: MetricQuery) -> list[str]:
        if not query.by and not query.where and not query.cohort_by:
            return []
        names = self._standing("account_attributes", query.as_of).select("name").distinct()
        return sorted(self.engine.to_arrow(names)["name"].to_pylist())

    def _refuse_missing_rates(self, frame: Frame) -> None:
        for table in frame.converted:
            rows = self.engine.to_arrow(table.order_by("rate_day", "own_currency").limit(1)).to_pylist()
            if rows:
                own, day = rows[0]["own_currency"], rows[0]["rate_day"]
                raise MissingRate(
                    f"no exchange rate from {own} to {frame.query.currency} for {day} (nor in the 7 days before it)",
                    hint="import one: holdfast import fx-rates FILE, with the columns day, from, to, rate",
                )

    def _evidence(self, metric: Metric, query: MetricQuery, frame: Frame, rows: Any) -> dict[str, Any]:
        from holdfast.metrics.evidence import gather, term_reasons

        reasons = self.engine.to_arrow(term_reasons(self._standing("subscription_terms", query.as_of), query))
        versions = {name: version for name in metric.sources if (version := self.lake.version(name)) is not None}
        return gather(metric, query, reasons, frame.periods, rows, versions)


def _grain(metric: Metric, grain: str | None) -> Any:
    chosen = (grain or metric.grain).strip().lower()
    if chosen not in metric.grains:
        raise InputError(f"{metric.name} cannot be asked by {chosen!r}; it takes {', '.join(metric.grains)}")
    return chosen


def _check_splits(metric: Metric, by: tuple[str, ...]) -> None:
    if metric.splits is not None:
        for name in by:
            if name not in metric.splits:
                raise InputError(
                    f"{metric.name} cannot be split by {name!r}, only by {', '.join(metric.splits)}: spend is "
                    f"not known by account"
                )


def _cohort_by(metric: Metric, name: str | None) -> str | None:
    if name is not None and not metric.any_cohort:
        raise InputError(
            f"{metric.name} has no cohorts that {name!r} could make; cohort-retention and cohort-revenue have"
        )
    return name


def _options(metric: Metric, given: Mapping[str, int]) -> dict[str, int | str]:
    known = {option.name: option.default for option in metric.options}
    for name, value in given.items():
        if name not in known:
            allowed = ", ".join(known) or "none"
            raise InputError(f"{metric.name} takes no option {name!r}; it takes: {allowed}")
        if not isinstance(value, int) or not 0 < value <= 600:
            raise InputError(f"{name}={value!r} is not allowed; it takes a whole number from 1 to 600")
    return {**known, **given}


def _day(value: Day, option: str) -> date | None:
    if value is None or (isinstance(value, date) and not isinstance(value, datetime)):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise InputError(f"{option} {value!r} is not a date; write it as 2026-10-31") from None


def _moment(text: str) -> date | datetime:
    try:
        return date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text)
    except ValueError:
        raise InputError(
            f"--as-of {text!r} is neither a date nor an instant; write 2026-10-31 or 2026-10-31T12:00:00+01:00"
        ) from None


def _currency(code: str | None) -> str | None:
    if code is None:
        return None
    normal = code.strip().upper()
    if len(normal) != 3 or not normal.isalpha():
        raise InputError(f"--currency {code!r} is not a currency; use a three-letter ISO 4217 code such as EUR")
    return normal


__all__ = ["LAKE_FOLDER", "Workspace"]
