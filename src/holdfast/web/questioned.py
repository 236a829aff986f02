"""A number questioned: what it is made of, the accounts behind it, other rules, and what changed since."""

from __future__ import annotations

from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from holdfast.explain.bridge import Bridge
    from holdfast.explain.diff import Diff
    from holdfast.explain.explanation import Explanation
    from holdfast.web.company import Company, Kept, Question
    from holdfast.workspace import Workspace

MOST_ACCOUNTS = 200
ACCOUNTS = 25


def explanation(company: Company, question: Question, period: str = "") -> Explanation:
    """What a number is made of; where a period is named, that period's."""

    def told(workspace: Workspace) -> Explanation:
        return _gathered(_explained(workspace, question, period))

    return company.once(("explanation", period, *question.key), told, question.metric)


def accounts(company: Company, question: Question, period: str, most: int = ACCOUNTS) -> Future[Kept]:
    """The accounts behind one period's number, with their facts: an `Explanation`, in the end."""

    def told(workspace: Workspace) -> Explanation:
        found = workspace.inquire().with_accounts(_explained(workspace, question, period), most)
        return _gathered(found)

    return company.study(("accounts", period, most, *question.key), told)


def switches(company: Company, question: Question, period: str) -> Future[Kept]:
    """Which rules mattered to one period's number: an `Explanation`, in the end."""

    def told(workspace: Workspace) -> Explanation:
        return _gathered(workspace.inquire().with_switches(_explained(workspace, question, period)))

    return company.study(("switches", period, *question.key), told)


def everything(company: Company, question: Question, period: str, most: int = ACCOUNTS) -> Future[Kept]:
    """A period's number with its accounts and the rules that mattered: an `Explanation`, in the end."""

    def told(workspace: Workspace) -> Explanation:
        inquiry = workspace.inquire()
        return _gathered(inquiry.with_accounts(inquiry.with_switches(_explained(workspace, question, period)), most))

    return company.study(("everything", period, most, *question.key), told)


def bridge(company: Company, question: Question, to_policy: str, at: dict[str, Any]) -> Future[Kept]:
    """From the question's policy to another: a `Bridge`, in the end. `at` may name period, column and age."""
    asked = dict(question.asked)
    own = asked.pop("policy", None)

    def told(workspace: Workspace) -> Bridge:
        return workspace.bridge(question.metric, to_policy, own, **at, **asked)

    return company.study(("bridge", to_policy, repr(at), *question.key), told)


def diff(company: Company, question: Question, since: str, at: dict[str, Any]) -> Future[Kept]:
    """What changed since a day: a `Diff`, in the end."""
    asked = dict(question.asked)
    later = asked.pop("as_of", None)

    def told(workspace: Workspace) -> Diff:
        return workspace.diff(question.metric, since, later, **at, **asked)

    return company.study(("diff", since, repr(at), *question.key), told)


def _explained(workspace: Workspace, question: Question, period: str) -> Explanation:
    result, inquiry = question.put(workspace), workspace.inquire()
    return inquiry.of_period(result, period) if period else inquiry.explain(result, None, 0)


def _gathered(told: Explanation) -> Explanation:
    """The same, with all that only the thread of the workspace can find out."""
    _ = told.result.evidence
    return told
