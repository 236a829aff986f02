"""Questioning a number: what it is made of, why another system says another one, and what changed since."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any, TypeVar

from holdfast.errors import InputError, LakeError
from holdfast.explain.accounts import AccountRow, as_fact, as_use, facts_of, ranked, use_of
from holdfast.explain.bridge import Bridge, bridge
from holdfast.explain.diff import Diff, diff
from holdfast.explain.explanation import Explanation
from holdfast.explain.switches import SwitchUse, present, uses
from holdfast.explain.walk import Walk, by_account
from holdfast.metrics.activity import Activity
from holdfast.metrics.calendar import months_before
from holdfast.metrics.evidence import event_examples, examples_left_out, is_left_out
from holdfast.metrics.naming import day_in, period_named
from holdfast.metrics.said import Said

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from holdfast.metrics.policy import Policy
    from holdfast.metrics.query import MetricQuery
    from holdfast.metrics.registry import Metric
    from holdfast.metrics.result import MetricResult
    from holdfast.workspace.workspace import Workspace

Told = TypeVar("Told")
TERMS = "subscription_terms"
EXAMPLES = 3
NAMED = 50
"""Accounts of a step whose names are looked up."""
ATTEMPTS = 3
FACTS_OF = 200
"""Accounts whose facts are looked up at most, at a time."""


class Inquiry:
    """Questions about the answers of one workspace. `progress` is told what is being computed."""

    def __init__(self, workspace: Workspace, progress: Callable[[str], None] = lambda said: None) -> None:
        self.workspace = workspace
        self.progress = progress

    # explain

    def explain(self, result: MetricResult, rows: str | date | None, limit: int) -> Explanation:
        """The explanation of an answer, and of one period's number down to the row."""
        if rows is None:
            return Explanation(result, left_out=self._left_out(result.metric, result.query))
        return self.with_accounts(self.with_switches(self.of_period(result, rows)), limit)

    def of_period(self, result: MetricResult, rows: str | date) -> Explanation:
        """The explanation of one period's number."""
        query = at_period(result.metric, result.query, rows, "--rows")
        one = self.workspace.answer(result.metric, query)
        return Explanation(one, left_out=self._left_out(result.metric, query), at=cohort_of(result.metric, query))

    def with_switches(self, told: Explanation) -> Explanation:
        """The same, with the switches that mattered."""
        return replace(told, switches=tuple(self._switches(told.result)))

    def with_accounts(self, told: Explanation, limit: int) -> Explanation:
        """The same, with the accounts behind the number: the `limit` that matter most."""
        one = told.result
        if one.metric.splits is not None:
            return replace(
                told, why_no_accounts=Said("%(metric)s is not known by account: spend is not.", metric=one.metric.name)
            )
        self.progress("finding the accounts")
        people = ranked(one.metric, self.workspace.answer(one.metric, by_account(one.query)), dict(told.at))
        shown = self._with_facts(people[:limit], one)
        return replace(told, accounts=tuple(shown), accounts_in_all=len(people))

    def _switches(self, one: MetricResult) -> list[SwitchUse]:
        terms = self._terms(one.query)
        found = self.workspace.engine.to_arrow(present(terms, one.query.policy)).to_pylist()[0]
        with self.workspace.rollups.passing(one.query.policy):
            return uses(one.metric, one.query, lambda q: self.workspace.answer(one.metric, q), found, self.progress)

    def _left_out(self, metric: Metric, query: MetricQuery) -> tuple[Mapping[str, Any], ...]:
        rows = self.workspace.engine.to_arrow(self._examples(metric, query)).to_pylist()
        found: dict[str, dict[str, Any]] = {}
        for row in sorted(rows, key=lambda one: (one["reason"], one["place"])):
            entry = found.setdefault(row["reason"], {"reason": row["reason"], "rows": row["rows"], "examples": []})
            entry["examples"].append(Said("%(what)s of %(day)s", what=row["what"], day=row["occurred_day"]))
        return tuple(entry for entry in found.values() if is_left_out(metric, entry["reason"]))

    def _examples(self, metric: Metric, query: MetricQuery) -> ir.Table:
        if metric.counts_events:
            return event_examples(self.workspace.counted("events", query), query, EXAMPLES)
        found = examples_left_out(self._terms(query), query, EXAMPLES)
        return found.rename(what="subscription_id", occurred_day="valid_from_day")

    def _terms(self, query: MetricQuery) -> ir.Table:
        return self.workspace.counted(TERMS, query)

    def _with_facts(self, people: Sequence[AccountRow], one: MetricResult) -> list[AccountRow]:
        ids = [row.account for row in people[:FACTS_OF]]
        if not ids:
            return list(people)
        by_id: dict[str, list[Any]] = {}
        for row in self.workspace.engine.to_arrow(self._facts(one, ids)).to_pylist():
            fact = as_use(row) if one.metric.counts_events else as_fact(row)
            by_id.setdefault(row["account_id"], []).append(fact)
        names = self.workspace.account_names(ids, one.query)
        return [
            replace(row, name=names.get(row.account) or row.account, facts=tuple(by_id.get(row.account, ())))
            for row in people
        ]

    def _facts(self, one: MetricResult, accounts: Sequence[str]) -> ir.Table:
        first, last = days_looked_at(one.metric, one.query)
        if one.metric.counts_events:
            plain = replace(one.query, by=(), where=(), cohort_by=None)
            return use_of(Activity(self.workspace.frame(one.metric, plain)).rows, accounts, first, last)
        return facts_of(self._terms(one.query), one.query, accounts, first, last)

    # bridge and diff

    def bridge(
        self, metric: Metric, query: MetricQuery, to_policy: Policy, column: str | None, age: int | None
    ) -> Bridge:
        """From the question's policy to another."""
        followed, at = column or metric.figure, cell(metric, query, age)
        with self.workspace.rollups.passing(query.policy, to_policy):
            found = self._undisturbed(
                metric, lambda: bridge(metric, query, to_policy, self._asking(metric), followed, at)
            )
        return replace(found, names=self._names(found.walks, query))

    def _undisturbed(self, metric: Metric, compute: Callable[[], Told]) -> Told:
        """What comes of several questions, all over the same facts: asked again where another process wrote some."""
        for _ in range(ATTEMPTS):
            before = self.workspace.remembered.versions(metric)
            told = compute()
            if self.workspace.remembered.versions(metric) == before:
                return told
            self.progress("facts came in meanwhile: asking again")
        raise LakeError(
            f"the facts behind {metric.name} changed {ATTEMPTS} times while it was being questioned",
            hint="try again when the import has ended, or ask with --as-of",
        )

    def diff(
        self, metric: Metric, earlier: MetricQuery, later: MetricQuery, column: str | None, age: int | None
    ) -> Diff:
        """From what was known to what was known later."""

        def news(table: str) -> tuple[int, int]:
            return self.workspace.standing.news(table, earlier.as_of, later.as_of)

        followed, at = column or metric.figure, cell(metric, earlier, age)
        told = self._undisturbed(metric, lambda: diff(metric, earlier, later, self._asking(metric), followed, at, news))
        return replace(told, names=self._names(told.walks, later))

    def _names(self, walks: Sequence[Walk], query: MetricQuery) -> dict[str, str]:
        steps = [step for walk in walks for step in walk.steps]
        shown = {one.account for step in steps for one in step.accounts[:NAMED]}
        return self.workspace.account_names(sorted(shown), query) if shown else {}

    def _asking(self, metric: Metric) -> Callable[[MetricQuery], MetricResult]:
        def ask(query: MetricQuery) -> MetricResult:
            self.progress(f"computing {metric.name} under {query.policy.name}")
            return self.workspace.answer(metric, query)

        return ask


def at_period(metric: Metric, query: MetricQuery, named: str | date | None, option: str = "--period") -> MetricQuery:
    """The question about one period alone (of metrics with ages: about that period's cohort, up to the as-of day);
    where none is named, about the last one that is over.
    """
    if metric.periods_ahead is not None:
        day = query.today if named is None else day_in(named, option)
        return replace(query, start=day, end=day)
    period = period_named(named, query.grain, query.today, query.week_start, option)
    return replace(query, start=period.first, end=query.today if metric.by_age else period.last)


def cohort_of(metric: Metric, query: MetricQuery) -> dict[str, Any]:
    """Of metrics that follow cohorts: the one that the question is about."""
    has_cohort = any(column.name == "cohort" for column in metric.columns)
    return {"cohort": query.start} if metric.by_age and has_cohort else {}


def cell(metric: Metric, query: MetricQuery, age: int | None) -> dict[str, Any]:
    """Which rows of the answer are meant: of metrics with ages one cohort and one age, 1 by default."""
    names = {column.name for column in metric.columns}
    if age is not None and "age" not in names:
        raise InputError(f"{metric.name} has no ages; leave --age out")
    found = cohort_of(metric, query)
    return {**found, "age": 1 if age is None else age} if "age" in names else found


def days_looked_at(metric: Metric, query: MetricQuery) -> tuple[date, date]:
    """The first and last day whose close the answer to a question about one period can depend on."""
    if metric.periods_ahead is not None:
        seen = min(query.start, query.today)
        return seen, seen
    period = period_named(query.start, query.grain, query.today, query.week_start)
    if metric.by_age:
        return query.start, query.today
    if metric.counts_events and {"window", "within"} & set(query.options):
        return period.first, query.today
    if "window" in query.options:
        return months_before(period.close, int(query.options["window"])), period.close
    return period.first if metric.counts_events else period.opening, period.close
