"""What customers say: NPS, CSAT and CES, with how sure one can be of them."""

from __future__ import annotations

from fractions import Fraction

from holdfast.calculators.answer import Answer, Figure
from holdfast.calculators.customers import ratio
from holdfast.calculators.numbers import plain, root, shown
from holdfast.calculators.registry import Input, calculator
from holdfast.errors import InputError

Z_95 = Fraction("1.959963984540054")
"""The 97.5 % point of the standard normal distribution."""
FEW = 30
DISMISSALS = Input("dismissals", "count", "who saw the question and closed it, or left it blank", default="0")


def _asides(answers: Fraction, dismissals: Fraction, wrong: str = "") -> tuple[str, ...]:
    notes = []
    if not answers:
        notes.append("There are no answers: an average of nothing does not exist.")
    elif answers < FEW:
        notes.append(f"It rests on {plain(answers)} answers: read it with its interval.")
    if dismissals and answers:
        share = shown(ratio(answers, answers + dismissals), "rate")
        notes.append(f"{plain(dismissals)} dismissals are counted apart: {share} of those who saw it answered.{wrong}")
    return tuple(notes)


@calculator(
    name="nps",
    title="Net promoter score",
    unit="points",
    says="Of those who answered, the percentage that would recommend it less the percentage that would not.",
    formula="100 x (promoters - detractors) / answers",
    counted="Answers given: promoters 9 and 10, passives 7 and 8, detractors 0 to 6.",
    not_counted="Dismissals and blanks: they are no answers, and never in the denominator.",
    inputs=(
        Input("promoters", "count", "answers of 9 and 10", required=True),
        Input("passives", "count", "answers of 7 and 8", required=True),
        Input("detractors", "count", "answers of 0 to 6", required=True),
        DISMISSALS,
    ),
    example={"promoters": 10, "passives": 5, "detractors": 5},
)
def nps(*, promoters: Fraction, passives: Fraction, detractors: Fraction, dismissals: Fraction) -> Answer:
    """NPS with n and its 95 % interval, from the variance of one answer p + d - (p - d)^2.

    >>> answer = nps(promoters=10, passives=5, detractors=5)
    >>> answer, round(float(answer["95 % interval, +/-"])), int(answer["answers"])
    (<25>, 36, 20)
    """
    n = promoters + passives + detractors
    numbers = Figure("answers", n, "count")
    steps = f"100 x ({plain(promoters)} - {plain(detractors)}) / {plain(n)}"
    if not n:
        return Answer(None, "points", (steps,), (numbers,), notes=_asides(n, dismissals))
    p, d = promoters / n, detractors / n
    half = 100 * Z_95 * root((p + d - (p - d) ** 2) / n)
    value = 100 * (p - d)
    interval = Figure(
        "95 % interval, +/-",
        half,
        "points",
        f"100 x 1.96 x sqrt(({plain(p)} + {plain(d)} - ({plain(p)} - {plain(d)})^2) / {plain(n)})",
    )
    ends = (
        Figure("from", max(Fraction(-100), value - half), "points"),
        Figure("to", min(Fraction(100), value + half), "points"),
    )
    share = 100 * (promoters - detractors) / (n + dismissals)
    wrong = f" With them in the denominator it would be {plain(share, 0)}, which is wrong." if dismissals else ""
    return Answer(
        value,
        "points",
        (f"{steps} = {shown(value, 'points')}",),
        (numbers, interval, *ends),
        notes=_asides(n, dismissals, wrong),
    )


@calculator(
    name="csat",
    title="Customer satisfaction",
    unit="rate",
    says="The share of those who answered that are satisfied.",
    formula="answers of 4 and 5 / all answers from 1 to 5",
    counted="Answers given on a scale from 1 to 5.",
    not_counted="Dismissals and blanks: a blank is not 0.",
    inputs=(
        Input("satisfied", "count", "answers of 4 and 5", required=True),
        Input("others", "count", "answers of 1, 2 and 3", required=True),
        DISMISSALS,
    ),
    example={"satisfied": 45, "others": 15},
)
def csat(*, satisfied: Fraction, others: Fraction, dismissals: Fraction) -> Answer:
    """CSAT with n and its 95 % interval (Wilson 1927).

    >>> answer = csat(satisfied=45, others=15)
    >>> answer, round(float(answer["from"]), 4), round(float(answer["to"]), 4)
    (<75.0 %>, 0.6277, 0.8422)
    """
    n = satisfied + others
    value = ratio(satisfied, n)
    ends = wilson(value, n) if value is not None else (None, None)
    figures = (
        Figure("answers", n, "count"),
        Figure("from", ends[0], "rate", "95 % interval (Wilson)"),
        Figure("to", ends[1], "rate", "95 % interval (Wilson)"),
    )
    steps = f"{plain(satisfied)} / {plain(n)} = {shown(value, 'rate')}"
    return Answer(value, "rate", (steps,), figures, notes=_asides(n, dismissals))


def wilson(share: Fraction, n: Fraction) -> tuple[Fraction, Fraction]:
    """The 95 % interval of a share of n (Wilson 1927), inside 0 and 1."""
    centre = share + Z_95**2 / (2 * n)
    spread = Z_95 * root(share * (1 - share) / n + Z_95**2 / (4 * n * n))
    scale = 1 + Z_95**2 / n
    return max(Fraction(0), (centre - spread) / scale), min(Fraction(1), (centre + spread) / scale)


@calculator(
    name="ces",
    title="Customer effort score",
    unit="score",
    says="How easy it was, as the mean of the answers from 1 to 7.",
    formula="sum of answers / number of answers",
    counted="Answers given on a scale from 1 to 7.",
    not_counted="Dismissals and blanks: a blank is not 0.",
    inputs=(
        Input("score", "pairs", "how many gave one answer, as 7:20 for twenty sevens; repeat it", required=True),
        DISMISSALS,
    ),
    example={"score": ("7:20", "6:10", "3:5")},
)
def ces(*, score: tuple[tuple[Fraction, Fraction], ...], dismissals: Fraction) -> Answer:
    """The mean of answers from 1 to 7.

    >>> ces(score=["7:20", "6:10", "3:5"])
    <6.14>
    """
    for given, how_many in score:
        if given.denominator != 1 or not 1 <= given <= 7 or how_many.denominator != 1:
            raise InputError(
                f"score={plain(given)}:{plain(how_many)} is not possible: answers are whole numbers from 1 to 7",
                hint="write the answer, a colon, and how many gave it: --score 7:20",
            )
    n = sum((how_many for _, how_many in score), Fraction(0))
    value = ratio(sum((given * how_many for given, how_many in score), Fraction(0)), n)
    above = " + ".join(f"{plain(how_many)} x {plain(given)}" for given, how_many in score)
    steps = f"({above}) / {plain(n)} = {shown(value, 'score')}"
    return Answer(value, "score", (steps,), (Figure("answers", n, "count"),), notes=_asides(n, dismissals))
