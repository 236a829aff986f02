"""Trials that become customers."""

from __future__ import annotations

from fractions import Fraction

from holdfast.calculators.answer import Answer, Variant
from holdfast.calculators.customers import ratio
from holdfast.calculators.numbers import plain, shown
from holdfast.calculators.registry import Input, calculator
from holdfast.errors import InputError


@calculator(
    name="trial-conversion",
    title="Trial conversion",
    unit="rate",
    says="The share of trials that become paying customers.",
    formula="of the trials begun in the period, those that ever paid / begun",
    counted="Trials by the period they began in, and whether they ever paid, however late.",
    not_counted="Trials begun in other periods that ended or paid in this one: other systems count those.",
    inputs=(
        Input("begun", "count", "trials that began in the period", required=True),
        Input("begun_paying", "count", "of those, how many have paid since", required=True),
        Input("ended", "count", "trials that ended in the period, whenever they began"),
        Input("ended_paying", "count", "of those, how many paid a first invoice"),
    ),
    example={"begun": 100, "begun_paying": 30, "ended": 40, "ended_paying": 20},
)
def trial_conversion(
    *, begun: Fraction, begun_paying: Fraction, ended: Fraction | None, ended_paying: Fraction | None
) -> Answer:
    """Conversion by the start of trials; with `ended` also by their end, and by new customers.

    >>> answer = trial_conversion(begun=100, begun_paying=30, ended=40, ended_paying=20)
    >>> answer, [float(variant.value) for variant in answer.variants]
    (<30.0 %>, [0.3, 0.5, 0.2])
    """
    _check(begun, begun_paying, ended, ended_paying)
    value, steps = ratio(begun_paying, begun), f"{plain(begun_paying)} / {plain(begun)}"
    variants = [Variant(("holdfast", "chartmogul", "profitwell", "recurly", "maxio"), "by start", steps, value)]
    if ended is not None and ended_paying is not None:
        by_end, by_new = (f"{plain(ended_paying)} / {plain(below)}" for below in (ended, begun))
        variants += [
            Variant(("stripe",), "by end: paid / ended", by_end, ratio(ended_paying, ended)),
            Variant(("baremetrics",), "by new: paid / begun", by_new, ratio(ended_paying, begun)),
        ]
    note = "Trials that are still open count as not converted: the rate rises while they last."
    return Answer(value, "rate", (f"{steps} = {shown(value, 'rate')}",), variants=tuple(variants), notes=(note,))


def _check(begun: Fraction, begun_paying: Fraction, ended: Fraction | None, ended_paying: Fraction | None) -> None:
    if begun_paying > begun:
        raise InputError(f"begun-paying={plain(begun_paying)} is more than begun={plain(begun)}, of which it is a part")
    if (ended is None) != (ended_paying is None):
        raise InputError("ended and ended-paying belong together: give both, or neither")
    if ended is not None and ended_paying is not None and ended_paying > ended:
        raise InputError(f"ended-paying={plain(ended_paying)} is more than ended={plain(ended)}, of which it is a part")
