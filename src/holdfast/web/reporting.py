"""The questions of a report, answered by the company's desks, so that a page and a report tell the same."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, cast

from holdfast.report.ask import Asked, Questions
from holdfast.web.company import Company, Question

if TYPE_CHECKING:
    from holdfast.metrics.result import MetricResult
    from holdfast.web.view import View


class Desk:
    """The company, as a report asks a workspace."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self.settings = company.settings

    @property
    def today(self) -> date:
        return self.company.today

    def is_empty(self) -> bool:
        return self.company.is_empty()

    def query(self, metric: str, **question: Any) -> MetricResult:
        asked = {name: value for name, value in question.items() if value is not None}
        return self.company.answers([Question(metric, asked)])[0].result


class WebQuestions(Questions):
    """A report's questions, seen with a view."""

    def __init__(self, company: Company, view: View) -> None:
        super().__init__(cast("Asked", Desk(company)), view.policy or None, view.currency or None, view.as_of or None)
        self.where = (*view.where, *view.meant)
        self.company = company

    def ask(self, metric: str, start: date, end: date, by: str | tuple[str, ...] = ()) -> MetricResult:
        result = self.company.answers([self.question(metric, start, end, by)])[0].result
        self._define(result.metric)
        return result

    def question(self, metric: str, start: date, end: date, by: str | tuple[str, ...] = ()) -> Question:
        asked = {
            "start": start, "end": end, "grain": "month", "by": by, "where": self.where, "policy": self.policy,
            "currency": self.currency, "as_of": self.as_of,
        }  # fmt: skip
        return Question(metric, {name: value for name, value in asked.items() if value})

    def names(self, accounts: list[str]) -> dict[str, str]:
        return self.company.once(("names", *accounts, self.as_of), lambda workspace: self.of(workspace).names(accounts))

    def of(self, workspace: Asked) -> Questions:
        """The same questions, put to a workspace."""
        return Questions(workspace, self.policy, self.currency, self.as_of)
