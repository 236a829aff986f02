"""Calculators that need no data: figures in, a number that explains itself out.

>>> from holdfast import calculators
>>> answer = calculators.churn(start=1000, lost=50, joined=500, joined_and_lost=12)
>>> answer, answer.steps
(<5.0 %>, ('50 / 1,000 = 5.0 % a month',))
"""

from holdfast.calculators.answer import Answer, Figure, Variant
from holdfast.calculators.compounding import compound
from holdfast.calculators.customers import churn, retention
from holdfast.calculators.recurring import arpa, asp, mrr
from holdfast.calculators.registry import CALCULATORS, Calculator, Input, find, listed
from holdfast.calculators.revenue import grr, nrr, quick_ratio, revenue_churn
from holdfast.calculators.surveys import ces, csat, nps
from holdfast.calculators.trials import trial_conversion
from holdfast.calculators.value import cac, cac_payback, ltv, payback

__all__ = [
    "CALCULATORS",
    "Answer",
    "Calculator",
    "Figure",
    "Input",
    "Variant",
    "arpa",
    "asp",
    "cac",
    "cac_payback",
    "ces",
    "churn",
    "compound",
    "csat",
    "find",
    "grr",
    "listed",
    "ltv",
    "mrr",
    "nps",
    "nrr",
    "payback",
    "quick_ratio",
    "retention",
    "revenue_churn",
    "trial_conversion",
]
