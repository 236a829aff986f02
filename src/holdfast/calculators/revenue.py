"""Recurring revenue kept and lost: NRR, GRR, revenue churn, quick ratio."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from holdfast.calculators.answer import Answer, Figure, Variant
from holdfast.calculators.customers import ratio
from holdfast.calculators.flows import ACCOUNT, BY_ACCOUNT, EXPANSION, LOSSES, REACTIVATION, START, Flows, flows
from holdfast.calculators.numbers import plain, shown
from holdfast.calculators.registry import Input, calculator


@calculator(
    name="nrr",
    title="Net revenue retention",
    unit="rate",
    says="What the customers of the start pay now, over what they paid then.",
    formula="(start + expansion - contraction - churn) / start",
    counted="The accounts that paid at the start: what they pay at the end, usually twelve months later.",
    not_counted="New customers, and under the default those who came back.",
    inputs=(ACCOUNT, START, EXPANSION, *LOSSES, REACTIVATION),
    example=BY_ACCOUNT,
)
def nrr(*, account: Any, start: Any, expansion: Any, contraction: Any, churn: Any, reactivation: Any) -> Answer:
    """Net revenue retention, from accounts one by one or from totals.

    >>> nrr(account=[(500, 650), (1200, 1000), (800, 0), (300, 300)])
    <69.64 %>
    """
    f = flows(
        "nrr",
        account,
        start=start,
        expansion=expansion,
        contraction=contraction,
        churn=churn,
        reactivation=reactivation,
    )
    end = f.start + f.expansion - f.lost
    value = ratio(end, f.start)
    s, e, c, x, r = (plain(amount) for amount in (f.start, f.expansion, f.contraction, f.churn, f.reactivation))
    steps = f"({s} + {e} - {c} - {x}) / {s}"
    variants = (
        Variant(("holdfast", "stripe", "profitwell", "recurly", "maxio"), "what they pay now / then", steps, value),
        Variant(
            ("chartmogul",),
            "1 - (churn + contraction - expansion - reactivation) / start",
            f"1 - ({x} + {c} - {e} - {r}) / {s}",
            ratio(f.start - f.lost + f.expansion + f.reactivation, f.start),
        ),
        Variant(
            ("baremetrics",),
            "1 - (churn - expansion) / start",
            f"1 - ({x} - {e}) / {s}",
            ratio(f.start - f.churn + f.expansion, f.start),
        ),
    )
    note = "ChartMogul sums the window's movements of all accounts, those that joined in it too: give it those sums."
    return Answer(value, "rate", (f"{steps} = {shown(value, 'rate')}",), variants=variants, notes=(*f.notes, note))


@calculator(
    name="grr",
    title="Gross revenue retention",
    unit="rate",
    says="As net revenue retention, with each account capped at what it paid at the start.",
    formula="sum of min(start, end) of each account / start = (start - contraction - churn) / start",
    counted="The accounts that paid at the start, none of them with more than it paid then.",
    not_counted="Every rise: the smaller of the two amounts is taken for each account, never on totals.",
    inputs=(ACCOUNT, START, *LOSSES),
    example={"account": ("500:650", "500:350")},
)
def grr(*, account: Any, start: Any, contraction: Any, churn: Any) -> Answer:
    """Gross revenue retention: the minimum is per account.

    >>> grr(account=[(500, 650), (500, 350)])
    <85.0 %>
    """
    f = flows("grr", account, start=start, contraction=contraction, churn=churn)
    value = ratio(f.start - f.lost, f.start)
    steps = [
        f"({plain(f.start)} - {plain(f.contraction)} - {plain(f.churn)}) / {plain(f.start)} = {shown(value, 'rate')}"
    ]
    if f.accounts:
        least = " + ".join(plain(min(before, after)) for before, after in f.accounts if before)
        steps.insert(0, f"({least}) / {plain(f.start)} = {shown(value, 'rate')}")
    return Answer(value, "rate", tuple(steps), notes=(*f.notes, *_on_totals(f)))


def _on_totals(f: Flows) -> tuple[str, ...]:
    if not f.accounts or not f.expansion or not f.lost:
        return ()
    wrong = ratio(min(f.start, f.start + f.expansion - f.lost), f.start)
    return (
        f"The minimum taken on totals would give {shown(wrong, 'rate')}: one account's gain would hide another's loss.",
    )


@calculator(
    name="revenue-churn",
    title="Revenue churn",
    unit="rate",
    says="The share of the recurring revenue of the start that was lost, gross and net of gains.",
    formula="gross = (churn + contraction) / start · net = (churn + contraction - expansion) / start",
    counted="Churn and contraction of the accounts of the start; net also counts what they pay more.",
    not_counted="New customers; under the default those who came back.",
    inputs=(ACCOUNT, START, *LOSSES, EXPANSION, REACTIVATION),
    example={"start": 100, "churn": 10, "contraction": 10, "expansion": 10},
)
def revenue_churn(
    *, account: Any, start: Any, contraction: Any, churn: Any, expansion: Any, reactivation: Any
) -> Answer:
    """Gross revenue churn, with the net rate beside it.

    >>> answer = revenue_churn(start=100, churn=10, contraction=10, expansion=10)
    >>> answer, float(answer["net"])
    (<20.0 %>, 0.1)
    """
    f = flows(
        "revenue-churn", account, start=start, expansion=expansion, contraction=contraction, churn=churn,
        reactivation=reactivation,
    )  # fmt: skip
    gross, net = ratio(f.lost, f.start), ratio(f.lost - f.expansion, f.start)
    lost, s = f"{plain(f.churn)} + {plain(f.contraction)}", plain(f.start)
    steps = f"({lost} - {plain(f.expansion)}) / {s}"
    variants = (
        Variant(
            ("holdfast", "stripe", "profitwell", "recurly", "maxio"), "net, of the accounts of the start", steps, net
        ),
        Variant(
            ("chartmogul",),
            "net, less expansion and reactivation",
            f"({lost} - {plain(f.expansion)} - {plain(f.reactivation)}) / {s}",
            ratio(f.lost - f.expansion - f.reactivation, f.start),
        ),
    )
    return Answer(
        gross,
        "rate",
        (f"gross: ({lost}) / {s} = {shown(gross, 'rate')}",),
        figures=(Figure("net", net, "rate", steps),),
        variants=variants,
        notes=f.notes,
    )


@calculator(
    name="quick-ratio",
    title="Quick ratio",
    unit="ratio",
    says="Recurring revenue gained for each unit lost.",
    formula="(new + expansion + reactivation) / (contraction + churn)",
    counted="All MRR gained and lost in the period.",
    not_counted="Exchange rates.",
    inputs=(
        Input("new", "money", "MRR of new customers", required=True),
        Input("expansion", "money", EXPANSION.meaning, default="0"),
        Input("reactivation", "money", "MRR of those who came back", default="0"),
        Input("churn", "money", "MRR of those who left", required=True),
        Input("contraction", "money", "what those who stayed pay less", default="0"),
    ),
    example={"new": 20, "expansion": 8, "churn": 5, "contraction": 3},
)
def quick_ratio(
    *, new: Fraction, expansion: Fraction, reactivation: Fraction, churn: Fraction, contraction: Fraction
) -> Answer:
    """Gain over loss.

    >>> quick_ratio(new=20, expansion=8, churn=5, contraction=3)
    <3.5>
    """
    value = ratio(new + expansion + reactivation, contraction + churn)
    gained = " + ".join(plain(amount) for amount in (new, expansion, reactivation))
    steps = f"({gained}) / ({plain(contraction)} + {plain(churn)}) = {shown(value, 'ratio')}"
    return Answer(
        value, "ratio", (steps,), notes=() if value is not None else ("Nothing was lost: there is no ratio.",)
    )
