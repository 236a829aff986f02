"""A company as its own facts show it: what a what-if begins with, asked of a workspace by metrics that exist."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Protocol

from holdfast.errors import InputError
from holdfast.facts.days import add_months
from holdfast.insights.hazards import Hazards, Observed
from holdfast.insights.what_if import Company, Group

if TYPE_CHECKING:
    from holdfast.metrics.result import MetricResult

WINDOW = 6
"""Complete months whose new customers, expansion and contraction are pooled."""


class Asked(Protocol):
    """What is needed of a workspace."""

    @property
    def today(self) -> date: ...
    @property
    def settings(self) -> Any: ...
    def is_empty(self) -> bool: ...
    def query(self, metric: str, **question: Any) -> MetricResult: ...


@dataclass(frozen=True)
class Observation:
    """A company at the close of a month, and what a reader needs to know of where it comes from."""

    company: Company
    month: date
    """First day of the last complete month; what is to come begins after it."""
    currency: str
    policy: str
    measured_churn: float | None
    """Monthly churn as the metric `ltv` has it: what happened, not what the model makes of it."""


@dataclass
class _Questions:
    """A workspace with the conditions that hold for every question."""

    workspace: Asked
    conditions: dict[str, Any]
    progress: Callable[[str], None]

    def ask(self, metric: str, start: date, end: date) -> MetricResult:
        self.progress(metric)
        return self.workspace.query(metric, start=start, end=end, grain="month", **self.conditions)


def observe(
    workspace: Asked,
    *,
    month: date | None = None,
    currency: str | None = None,
    policy: str | None = None,
    as_of: Any = None,
    progress: Callable[[str], None] = lambda said: None,
) -> Observation:
    """The company at the close of `month`, by default the last one that is over.

    Raises `InputError` where there is too little history, or several currencies and none was chosen.
    """
    if workspace.is_empty():
        raise InputError("no subscription is known yet", hint="bring data in: holdfast import subscriptions FILE")
    questions = _Questions(workspace, {"currency": currency, "policy": policy, "as_of": as_of}, progress)
    about = _month(month, _today(workspace, as_of))
    last = add_months(about, 1) - timedelta(days=1)
    movements = questions.ask("mrr-movements", add_months(about, 1 - WINDOW), last)
    code = _currency(_rows(movements, None), about, currency)
    cohorts = _rows(questions.ask("revenue-by-cohort", about, last), code)
    first = min((row["cohort"] for row in cohorts), default=about)
    _enough_history(first, about)
    tenure = questions.ask("churn-by-tenure", first, last).arrow.to_pylist()
    company = _company(_rows(movements, code), cohorts, tenure, about, float(workspace.settings.margin))
    _enough_months(company.hazards)
    measured = _rows(questions.ask("ltv", about, last), code)
    return Observation(
        company, about, code, movements.query.policy.name, measured[0]["churn_rate"] if measured else None
    )


def _today(workspace: Asked, as_of: Any) -> date:
    return workspace.today if as_of is None else workspace.query("mrr", as_of=as_of).query.today


def _month(wanted: date | None, today: date) -> date:
    """The first day of the last month that is over at the close of `today`, or of the one that is wanted."""
    complete = add_months((today + timedelta(days=1)).replace(day=1), -1)
    if wanted is not None and wanted > complete:
        raise InputError(
            f"--month {wanted:%Y-%m} is not over on {today}; the last complete month is {complete:%Y-%m}",
            hint="leave --month out to begin after the last complete month",
        )
    return complete if wanted is None else wanted


def _rows(result: MetricResult, currency: str | None) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = result.arrow.to_pylist()
    split = currency is not None and "currency" in result.arrow.column_names
    return [row for row in rows if row["currency"] == currency] if split else rows


def _currency(movements: list[dict[str, Any]], about: date, wanted: str | None) -> str:
    """The one currency that customers pay in. Raises `InputError` where there are several, or nobody pays."""
    now = [row for row in movements if row["period"] == about and row["closing"] > 0]
    if not now:
        raise InputError(
            f"nobody is a customer at the close of {about:%B %Y}: there is nothing to project",
            hint="where your data end earlier, name their last month: --month 2024-12",
        )
    if wanted is not None:
        return wanted.strip().upper()
    codes = sorted({str(row["currency"]) for row in now})
    if len(codes) > 1:
        raise InputError(
            f"customers pay in {', '.join(codes)}, and a projection has one currency",
            hint=f"convert everything into one of them: --currency {codes[0]}",
        )
    return codes[0]


def _enough_history(first: date, about: date) -> None:
    months = _months_between(first, about) + 1
    if months < WINDOW:
        raise InputError(
            f"there is too little history: {months} complete months up to {about:%B %Y}; it takes {WINDOW} to know how "
            f"many customers come, what they pay and how many leave",
            hint="until then, work with figures of your own: holdfast calc ltv --arpa 100 --churn 5%",
        )


def _enough_months(hazards: Hazards) -> None:
    if hazards.at_risk < hazards.fewest:
        raise InputError(
            f"there is too little history: all customers together have lived {hazards.at_risk} whole subscription "
            f"months, and a churn rate rests on {hazards.fewest} at least",
            hint="until then, work with figures of your own: holdfast calc ltv --arpa 100 --churn 5%",
        )


def _company(
    movements: list[dict[str, Any]],
    cohorts: list[dict[str, Any]],
    tenure: list[dict[str, Any]],
    about: date,
    margin: float,
) -> Company:
    """A group's place is the subscription month that ends in the first month to come."""
    total = {name: sum(row[name] for row in movements) for name in _SUMMED}
    kept = total["opening"] + total["churn"]
    return Company(
        groups={
            _months_between(row["cohort"], about) + 1: Group(float(row["accounts"]), float(row["mrr"]))
            for row in cohorts
            if row["accounts"]
        },
        hazards=Hazards({int(row["age"]): Observed(row["at_risk"], row["churned"]) for row in tenure}),
        new_customers=total["new_accounts"] / WINDOW,
        sale_price=float(total["new"] / total["new_accounts"]) if total["new_accounts"] else 0.0,
        expansion=float(total["expansion"] / kept) if kept else 0.0,
        contraction=float(-total["contraction"] / kept) if kept else 0.0,
        margin=margin,
    )


_SUMMED = ("opening", "churn", "new", "new_accounts", "expansion", "contraction")


def _months_between(first: date, last: date) -> int:
    return (last.year - first.year) * 12 + last.month - first.month
