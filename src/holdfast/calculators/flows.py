"""What became of the recurring revenue of the start: given account by account, or in total."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from holdfast.calculators.numbers import plain
from holdfast.calculators.registry import Input
from holdfast.errors import InputError

ZERO = Fraction(0)
ACCOUNT = Input("account", "pairs", "what one account paid at the start and pays at the end, as 500:650; repeat it")
START = Input("start", "money", "MRR at the start, where no accounts are given")
LOSSES = (
    Input("churn", "money", "MRR of those who left"),
    Input("contraction", "money", "what those who stayed pay less"),
)
EXPANSION = Input("expansion", "money", "what those who stayed pay more")
REACTIVATION = Input("reactivation", "money", "MRR of those who came back; some systems count it", default="0")
BY_ACCOUNT = {"account": ("500:650", "1200:1000", "800:0", "300:300")}


@dataclass(frozen=True)
class Flows:
    """What became of the MRR of the start: all amounts 0 or more."""

    start: Fraction
    expansion: Fraction
    contraction: Fraction
    churn: Fraction
    reactivation: Fraction = ZERO
    accounts: tuple[tuple[Fraction, Fraction], ...] = ()

    @property
    def lost(self) -> Fraction:
        return self.churn + self.contraction

    @property
    def notes(self) -> tuple[str, ...]:
        new = sum(1 for before, after in self.accounts if not before and after)
        said = [f"{new} of the accounts paid nothing at the start: they are new, and not counted."] if new else []
        return (*said, *(() if self.start else ("There was no MRR at the start: a share of nothing does not exist.",)))


def flows(name: str, account: tuple[tuple[Fraction, Fraction], ...] | None, **totals: Fraction | None) -> Flows:
    """The flows of accounts one by one, or as they were given in total.

    >>> flows("grr", ((Fraction(500), Fraction(650)), (Fraction(500), Fraction(350)))).lost
    Fraction(150, 1)
    """
    given = {key: value for key, value in totals.items() if value is not None}
    reactivation = given.pop("reactivation", ZERO)
    if account:
        if given:
            raise InputError(
                f"{name} was given accounts and {', '.join(given)}", hint="give the accounts one by one, or the totals"
            )
        return _by_account(account, reactivation)
    if "start" not in given:
        raise InputError(
            f"{name} needs start, the MRR at the start, or accounts; given: {', '.join(given) or 'nothing'}",
            hint=f"such as: holdfast calc {name} --start 100 --churn 10 --contraction 5, or --account 500:650 for each",
        )
    found = Flows(
        start=given["start"],
        expansion=given.get("expansion", ZERO),
        contraction=given.get("contraction", ZERO),
        churn=given.get("churn", ZERO),
        reactivation=reactivation,
    )
    if found.lost > found.start:
        raise InputError(
            f"churn + contraction = {plain(found.lost)} is more than start={plain(found.start)}",
            hint="only what the accounts of the start paid can be lost; losses are given without a sign",
        )
    return found


def _by_account(pairs: tuple[tuple[Fraction, Fraction], ...], reactivation: Fraction) -> Flows:
    old = [(before, after) for before, after in pairs if before]
    return Flows(
        start=sum((before for before, _ in old), ZERO),
        expansion=sum((max(ZERO, after - before) for before, after in old), ZERO),
        contraction=sum((max(ZERO, before - after) for before, after in old if after), ZERO),
        churn=sum((before for before, after in old if not after), ZERO),
        reactivation=reactivation,
        accounts=pairs,
    )
