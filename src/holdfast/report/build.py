"""The report of a month: a workspace is asked, the answers are put in the order in which they are read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from holdfast.charts import words
from holdfast.facts.days import add_months
from holdfast.report import beside, changes, cohorts, sections
from holdfast.report.ask import Asked, Questions, currencies, one_line, records
from holdfast.report.model import Report, Restated, Section

if TYPE_CHECKING:
    from holdfast.metrics.result import MetricResult

MONTHS = 12
TENURE_MONTHS = 24
MOST_CURRENCIES = 4
TEACHES = (
    (
        "Bring in your subscriptions: one row for each subscription or part of one.",
        "holdfast import subscriptions FILE.csv",
    ),
    ("Say more about the accounts, to split every number by it.", "holdfast import accounts FILE.csv"),
    ("Or look at a simulated company first.", "holdfast demo"),
)


@dataclass(frozen=True)
class Range:
    """The months that a report looks at. `month` is the one that it is about; `last` is the last day shown."""

    month: date
    first: date
    last: date
    closed: date

    @classmethod
    def of(cls, month: date | None, today: date) -> Range:
        """Twelve months up to the one that is meant: by default the last one that is over, and the open one after it.

        >>> Range.of(None, date(2026, 11, 12)).month, Range.of(None, date(2026, 11, 12)).last
        (datetime.date(2026, 10, 1), datetime.date(2026, 11, 12))
        """
        about = (month or add_months(today.replace(day=1), -1)).replace(day=1)
        closed = words.last_day(about, "month")
        last = closed if month else max(closed, today)
        return cls(about, add_months(about, 1 - MONTHS), min(last, max(today, closed)), min(closed, max(today, about)))


def build_report(
    workspace: Asked,
    *,
    month: date | None = None,
    currency: str | None = None,
    policy: str | None = None,
    as_of: Any = None,
    restated: tuple[Restated, ...] = (),
    progress: Callable[[str], None] = lambda said: None,
) -> Report:
    """The report of a month; of the last one that is over where none is named.

    `restated` holds the figures that differ from when they were last shown.
    """
    asked = Range.of(month, workspace.today)
    questions = Questions(workspace, policy, currency, as_of, progress)
    if workspace.is_empty():
        return _empty(workspace, asked, policy)
    movements = questions.ask("mrr-movements", asked.first, asked.last)
    churn = _churn(questions, asked)
    codes = currencies(movements, currency, workspace.settings.currency)
    moved = changes.movers(questions, asked.month, asked.closed, codes[:MOST_CURRENCIES])
    money = tuple(
        sections.money(code, asked.month, movements, churn, moved, questions.definitions)
        for code in codes[:MOST_CURRENCIES]
    )
    retention = questions.ask("cohort-retention", add_months(asked.month, -MONTHS), asked.closed)
    divergence = questions.ask("cohort-divergence", asked.first, asked.closed)
    tenure = _tenure(questions, asked)
    return Report(
        company=one_line(workspace.settings.company),
        month=asked.month,
        today=movements.query.today,
        policy=movements.query.policy.name,
        month_is_open=words.is_open(asked.month, "month", movements.query.today),
        money=money,
        triangle=cohorts.triangle(records(retention), questions.definitions["cohort-retention"]),
        looks=cohorts.worth_a_look(records(retention), records(divergence)),
        looks_rule=cohorts.RULE,
        looks_definitions=tuple(questions.definitions[name] for name in ("cohort-retention", "cohort-divergence")),
        tenure=tenure,
        benchmarks=beside.compared(questions, asked.month),
        restated=restated,
        definitions=tuple(questions.definitions.values()),
        notes=(*_notes(movements, asked), *_left_out(codes)),
    )


def _churn(questions: Questions, asked: Range) -> dict[str, MetricResult]:
    names = ("customer-churn", "revenue-churn", "customer-retention", "nrr", "grr")
    return {name: questions.ask(name, asked.first, asked.last) for name in names}


def _tenure(questions: Questions, asked: Range) -> Section | None:
    result = questions.ask("churn-by-tenure", add_months(asked.month, 1 - TENURE_MONTHS), asked.closed)
    return sections.tenure(result, questions.definitions["churn-by-tenure"])


def _notes(movements: MetricResult, asked: Range) -> tuple[str, ...]:
    moved = ("new", "reactivation", "expansion", "contraction", "churn")
    if any(row[name] for row in records(movements) for name in moved):
        return ()
    span = f"{words.period(asked.first, 'month')} to {words.period(asked.month, 'month')}"
    return (f"Nothing moved from {span}. Where your data end earlier, name their last month: --month 2024-12.",)


def _left_out(codes: tuple[str, ...]) -> tuple[str, ...]:
    if len(codes) <= MOST_CURRENCIES:
        return ()
    rest = ", ".join(codes[MOST_CURRENCIES:])
    return (f"Not shown: {rest}. With --currency {codes[0]} everything is converted and shown together.",)


def _empty(workspace: Asked, asked: Range, policy: str | None) -> Report:
    return Report(
        company=one_line(workspace.settings.company),
        month=asked.month,
        today=workspace.today,
        policy=policy or workspace.settings.policy,
        month_is_open=False,
        is_empty=True,
        teaches=TEACHES,
    )
