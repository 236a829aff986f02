"""Published figures as rows of the report: those beside an own figure first."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from holdfast.report.model import Benchmark

if TYPE_CHECKING:
    from holdfast.benchmarks import Comparison
    from holdfast.report.ask import Questions


def compared(questions: Questions, month: date) -> tuple[Benchmark, ...]:
    """The published figures, with the company's own where both mean the same."""
    from holdfast.benchmarks import compare

    questions.progress("benchmarks")
    found = compare(
        questions.workspace, currency=questions.currency, policy=questions.policy, as_of=questions.as_of, month=month
    )
    rows = [_row(comparison) for comparison in found]
    return tuple(sorted(rows, key=lambda row: not row.compared))


def _row(comparison: Comparison) -> Benchmark:
    from holdfast.benchmarks import words

    published, own = comparison.benchmark, comparison.own_value
    about = [published.definition] if own is not None else [published.definition, published.segment.text]
    return Benchmark(
        title=published.title,
        published=_tight(words.published(published)),
        own="" if own is None else _tight(words.number(own, published.unit)),
        said=_sentences(_said(comparison), *comparison.notes),
        definition=_sentences(*about),
        source=_sentences(words.source(published)),
        value=own,
        kind="rate" if published.unit == "rate" else "number",
    )


def _said(comparison: Comparison) -> str:
    if comparison.own_value is None:
        return comparison.reason
    return comparison.sentence.removeprefix(f"{comparison.benchmark.title}: ")


def _sentences(*parts: str) -> str:
    """
    >>> _sentences("annual logo churn", "of only 9 accounts.")
    'Annual logo churn. Of only 9 accounts.'
    """
    ends = (".", "?", "!")
    return " ".join(_tight(part[:1].upper() + part[1:] + ("" if part.endswith(ends) else ".")) for part in parts)


def _tight(text: str) -> str:
    """Percentages as the rest of the report writes them.

    >>> _tight("3.4 %")
    '3.4%'
    """
    return text.replace(" %", "%")
