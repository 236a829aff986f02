"""What a customer is worth, what it costs to win, and when that is paid back."""

from __future__ import annotations

from decimal import localcontext
from fractions import Fraction

from holdfast.calculators.answer import Answer, Figure, Variant
from holdfast.calculators.compounding import PER, rebased
from holdfast.calculators.customers import ratio
from holdfast.calculators.numbers import DIGITS, decimal, plain, shown
from holdfast.calculators.registry import Input, calculator
from holdfast.errors import InputError

STRIPE_FLOOR = Fraction("0.0167")
WHICH_CHURN = (
    "Systems take churn over different months: pooled over the last 6 complete ones (holdfast), the 6 before the "
    "period (chartmogul), or the period alone (stripe, baremetrics)."
)
ARPA = Input("arpa", "money", "MRR per account", required=True)
MARGIN = Input("margin", "rate", "gross margin, such as 80%", default="100%")
CHURN = Input("churn", "rate", "customer churn, such as 5%", required=True)
COST = (
    Input("cac", "money", "what it costs to win a customer"),
    Input("spend", "money", "or: what was spent on winning customers"),
    Input("new", "count", "and: the new customers it won"),
)


@calculator(
    name="ltv",
    title="Lifetime value",
    unit="money",
    says="What a customer is worth over its life at today's revenue, margin and churn.",
    formula="ARPA x margin / monthly churn",
    counted="MRR per account, the part of it that is margin, and customer churn a month.",
    not_counted="Expansion, discounting of later money, and that churn changes with a customer's age.",
    inputs=(ARPA, CHURN, MARGIN, PER),
    example={"arpa": 100, "churn": "5%"},
)
def ltv(*, arpa: Fraction, churn: Fraction, margin: Fraction, per: str) -> Answer:
    """Lifetime value of a customer; without churn there is none.

    >>> ltv(arpa=100, churn="5%")
    <2,000.00>
    """
    monthly = rebased(churn, per, "month")
    value = ratio(arpa * margin, monthly)
    above = f"{plain(arpa)} x {shown(margin, 'rate')}"
    steps = [f"{above} / {shown(monthly, 'rate')} = {shown(value, 'money')}"]
    if per != "month":
        steps.insert(0, f"churn of {shown(churn, 'rate')} a {per} is {shown(monthly, 'rate')} a month, by compounding")
    floored = max(monthly, STRIPE_FLOOR)
    variants = (
        Variant(("holdfast", "chartmogul", "baremetrics", "profitwell", "recurly", "maxio"), "ARPA x margin / churn",
                f"{above} / {shown(monthly, 'rate')}", value),
        Variant(("stripe",), "churn of 1.67 % a month at least",
                f"{above} / {shown(floored, 'rate')}", arpa * margin / floored),
    )  # fmt: skip
    notes = [WHICH_CHURN]
    if not monthly:
        notes.insert(0, "Without churn there is no lifetime value: nothing can be divided by 0.")
    life = Figure("expected lifetime", ratio(Fraction(1), monthly), "months", f"1 / {shown(monthly, 'rate')}")
    return Answer(value, "money", tuple(steps), figures=(life,), variants=variants, notes=tuple(notes))


@calculator(
    name="cac",
    title="Customer acquisition cost",
    unit="money",
    says="What was spent on winning customers, per new customer.",
    formula="spend / new",
    counted="Spend on winning customers in the period, and who became a customer for the first time in it.",
    not_counted="Customers who came back; the delay between spending and winning.",
    inputs=(
        Input("spend", "money", "what was spent on winning customers in the period", required=True),
        Input("new", "count", "accounts that became customers in it for the first time", required=True),
    ),
    example={"spend": 60000, "new": 50},
)
def cac(*, spend: Fraction, new: Fraction) -> Answer:
    """Acquisition cost of a customer.

    >>> cac(spend=60000, new=50)
    <1,200.00>
    """
    value = ratio(spend, new)
    notes = () if new else ("Nobody became a customer: the cost per customer does not exist.",)
    return Answer(value, "money", (f"{plain(spend)} / {plain(new)} = {shown(value, 'money')}",), notes=notes)


@calculator(
    name="cac-payback",
    title="CAC payback",
    unit="months",
    says="Months until a new customer's margin has paid back what it cost to win.",
    formula="CAC / (ARPA x margin)",
    counted="Acquisition cost, and the margin on a month's revenue of one customer.",
    not_counted="Those who leave before they have paid it back: `payback` counts them.",
    inputs=(*COST, ARPA, MARGIN),
    example={"cac": 1200, "arpa": 250, "margin": "80%"},
)
def cac_payback(
    *, cac: Fraction | None, spend: Fraction | None, new: Fraction | None, arpa: Fraction, margin: Fraction
) -> Answer:
    """Months to pay back, as if nobody left.

    >>> cac_payback(cac=1200, arpa=250, margin="80%")
    <6 months>
    """
    cost, steps = _cost("cac-payback", cac, spend, new)
    value = ratio(cost, arpa * margin)
    steps.append(f"{plain(cost)} / ({plain(arpa)} x {shown(margin, 'rate')}) = {shown(value, 'months')}")
    notes = () if value is not None else ("A customer brings no margin: the cost is never paid back.",)
    return Answer(value, "months", tuple(steps), notes=notes)


def _cost(name: str, cac: Fraction | None, spend: Fraction | None, new: Fraction | None) -> tuple[Fraction, list[str]]:
    """The acquisition cost, given or worked out, and how."""
    if cac is not None and spend is None and new is None:
        return cac, []
    if cac is not None or spend is None or not new:
        raise InputError(
            f"{name} needs cac, or spend and new (1 or more)",
            hint=f"such as: holdfast calc {name} --cac 1200 --arpa 250, or --spend 60000 --new 50 in place of --cac",
        )
    return spend / new, [f"CAC: {plain(spend)} / {plain(new)} = {shown(spend / new, 'money')}"]


@calculator(
    name="payback",
    title="Payback with churn",
    unit="months",
    says="Months until a group of new customers has brought back what it cost, those who left counted.",
    formula="ln(1 - CAC x churn / (ARPA x margin)) / ln(1 - churn)",
    counted="What is left of a group pays each month: ARPA x margin x (1 + (1 - churn) + (1 - churn)^2 + ...).",
    not_counted="Expansion, and that new customers often leave sooner than old ones.",
    inputs=(*COST, ARPA, MARGIN, CHURN, PER),
    example={"cac": 1200, "arpa": 250, "margin": "80%", "churn": "3%"},
)
def payback(
    *,
    cac: Fraction | None,
    spend: Fraction | None,
    new: Fraction | None,
    arpa: Fraction,
    margin: Fraction,
    churn: Fraction,
    per: str,
) -> Answer:
    """Months to pay back when customers leave on the way; null where that never happens.

    >>> payback(cac=1200, arpa=250, margin="80%", churn="3%")
    <6.52 months>
    >>> payback(cac=1200, arpa=250, margin="80%", churn="0%")
    <6 months>
    """
    cost, steps = _cost("payback", cac, spend, new)
    monthly, brings = rebased(churn, per, "month"), arpa * margin
    value, simple = _months_with_churn(cost, brings, monthly), ratio(cost, brings)
    rate, month = shown(monthly, "rate"), f"({plain(arpa)} x {shown(margin, 'rate')})"
    steps.append(f"ln(1 - {plain(cost)} x {rate} / {month}) / ln(1 - {rate}) = {shown(value, 'months')}")
    worth = ratio(brings, monthly)
    figures = (
        Figure("as if nobody left", simple, "months", f"{plain(cost)} / {month}"),
        Figure(
            "LTV / CAC", None if worth is None else ratio(worth, cost), "ratio", f"{month} / {rate} / {plain(cost)}"
        ),
    )
    never = f"It is never paid back: a customer brings {shown(worth, 'money')} in its life and costs {plain(cost)}."
    return Answer(value, "months", tuple(steps), figures=figures, notes=() if value is not None else (never,))


def _months_with_churn(cost: Fraction, brings: Fraction, churn: Fraction) -> Fraction | None:
    """The n at which brings x (1 - (1 - churn)^n) / churn = cost; null where there is none."""
    if not cost or not churn:
        return ratio(cost, brings) if brings or cost else Fraction(0)
    if not brings or cost * churn >= brings:
        return cost / brings if brings and cost <= brings else None
    with localcontext() as context:
        context.prec = DIGITS
        if churn == 1:
            return cost / brings
        return Fraction((1 - decimal(cost * churn / brings)).ln() / (1 - decimal(churn)).ln())
