"""Customers counted: churn and retention."""

from __future__ import annotations

from fractions import Fraction

from holdfast.calculators.answer import Answer, Figure, Variant
from holdfast.calculators.compounding import PER, other_periods
from holdfast.calculators.numbers import plain, shown
from holdfast.calculators.registry import Input, calculator
from holdfast.errors import InputError

START = Input("start", "count", "customers at the close of the day before the period", required=True)
JOINED = Input("joined", "count", "who became customers in the period, whether or not they stayed", default="0")


def ratio(above: Fraction, below: Fraction) -> Fraction | None:
    """above / below; null over 0."""
    return above / below if below else None


@calculator(
    name="churn",
    title="Customer churn",
    unit="rate",
    says="The share of the customers at the start that are none at the end.",
    formula="lost / start",
    counted="Accounts that were customers at the start and are none at the end, each once.",
    not_counted="Who joined and left within the period, who left and came back within it, and all money.",
    inputs=(
        START,
        Input("lost", "count", "of those at the start, how many are no customers at the end", required=True),
        JOINED,
        Input("joined_and_lost", "count", "of those who joined, how many left again in the period", default="0"),
        PER,
    ),
    example={"start": 1000, "lost": 50, "joined": 500, "joined_and_lost": 12},
)
def churn(*, start: Fraction, lost: Fraction, joined: Fraction, joined_and_lost: Fraction, per: str) -> Answer:
    """Customer churn, beside what the rules of other systems make of the same figures.

    >>> churn(start=1000, lost=50, joined=500, joined_and_lost=12)
    <5.0 %>
    """
    _check_churn(start, lost, joined, joined_and_lost)
    value, left = ratio(lost, start), lost + joined_and_lost
    steps = f"{plain(lost)} / {plain(start)}"
    variants = (
        Variant(("holdfast", "chartmogul", "profitwell", "recurly", "maxio"), "lost / start", steps, value),
        Variant(("baremetrics",), "all who left / start", f"{plain(left)} / {plain(start)}", ratio(left, start)),
        Variant(
            ("stripe",),
            "all who left / (start + joined)",
            f"{plain(left)} / {plain(start + joined)}",
            ratio(left, start + joined),
        ),
    )
    return Answer(
        value,
        "rate",
        (f"{steps} = {shown(value, 'rate')} a {per}",),
        figures=() if value is None else other_periods(value, per),
        variants=variants,
        notes=_churn_notes(start, per),
    )


def _check_churn(start: Fraction, lost: Fraction, joined: Fraction, joined_and_lost: Fraction) -> None:
    if lost > start:
        raise InputError(
            f"lost={plain(lost)} is more than start={plain(start)}: no more can leave than there were",
            hint="who joined and left within the period goes into joined-and-lost",
        )
    if joined_and_lost > joined:
        raise InputError(
            f"joined-and-lost={plain(joined_and_lost)} is more than joined={plain(joined)}",
            hint="joined counts all who joined in the period, those who left again too",
        )


def _churn_notes(start: Fraction, per: str) -> tuple[str, ...]:
    notes = [f"The rate of a {per} is turned into others by compounding, never by multiplying."]
    if not start:
        notes.append("There were no customers at the start: a share of nothing does not exist.")
    elif start < 30:
        notes.append(f"It rests on {plain(start)} customers: with fewer than 30, one of them moves the rate a lot.")
    notes.append(
        "Systems that count every departure count a customer who leaves twice in the period twice; nobody is taken to."
    )
    return tuple(notes)


@calculator(
    name="retention",
    title="Customer retention",
    unit="rate",
    says="The customers at the end, less those acquired, over those at the start.",
    formula="(end - joined) / start",
    counted="Customers at the end, less all who became customers in the period, whether or not they stayed.",
    not_counted="Money; and it is not 1 - churn where somebody joined and left within the period.",
    inputs=(
        START,
        Input("end", "count", "customers at the close of the period's last day", required=True),
        Input("joined", "count", JOINED.meaning, required=True),
        Input("joined_and_lost", "count", "of those who joined, how many left again in the period"),
        PER,
    ),
    example={"start": 1000, "end": 1438, "joined": 500, "joined_and_lost": 12},
)
def retention(
    *, start: Fraction, end: Fraction, joined: Fraction, joined_and_lost: Fraction | None, per: str
) -> Answer:
    """Customer retention by the usual formula; with `joined_and_lost` also 1 - churn, and why they differ.

    >>> answer = retention(start=1000, end=1438, joined=500, joined_and_lost=12)
    >>> answer, float(answer["1 - churn"])
    (<93.8 %>, 0.95)
    """
    _check_retention(start, end, joined, joined_and_lost)
    value = ratio(end - joined, start)
    steps = f"({plain(end)} - {plain(joined)}) / {plain(start)} = {shown(value, 'rate')} a {per}"
    if joined_and_lost is None:
        note = "It is 1 - churn only if nobody joined and left within the period: joined-and-lost shows both."
        return Answer(value, "rate", (steps,), notes=(note,))
    kept = ratio(end - joined + joined_and_lost, start)
    says = f"({plain(end)} - ({plain(joined)} - {plain(joined_and_lost)})) / {plain(start)}"
    why = (
        f"{plain(joined_and_lost)} joined and left: they are taken off as acquired, and are not among those at the end."
        if joined_and_lost
        else "Nobody joined and left within the period, so it is 1 - churn."
    )
    return Answer(value, "rate", (steps,), figures=(Figure("1 - churn", kept, "rate", says),), notes=(why,))


def _check_retention(start: Fraction, end: Fraction, joined: Fraction, joined_and_lost: Fraction | None) -> None:
    if end - joined > start:
        raise InputError(
            f"end={plain(end)} is more than start + joined = {plain(start + joined)}",
            hint="joined counts all who became customers in the period, also those who had been customers before",
        )
    if joined_and_lost is None:
        return
    if joined_and_lost > joined:
        raise InputError(f"joined-and-lost={plain(joined_and_lost)} is more than joined={plain(joined)}")
    if not joined - joined_and_lost <= end <= start + joined - joined_and_lost:
        lowest, highest = joined - joined_and_lost, start + joined - joined_and_lost
        raise InputError(
            f"end={plain(end)} does not fit: of {plain(joined)} who joined {plain(lowest)} stayed, so it lies "
            f"between {plain(lowest)} and {plain(highest)}"
        )
