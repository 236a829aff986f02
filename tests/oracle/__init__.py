"""The oracle: every metric by brute force, in plain Python, from the definitions alone.

rows = answer(facts, Question("nrr", start, end, today), policy)
assert_same(real_rows, rows)
"""

from .answer import COUNTS, METRICS, MONEY, answer
from .compare import assert_same, differences
from .facts import (
    Account,
    Cancellation,
    Facts,
    Invoice,
    Payment,
    Plan,
    Question,
    Rate,
    Refund,
    Row,
    Spend,
    Trial,
)
from .money import NoRate

__all__ = [
    "COUNTS", "METRICS", "MONEY", "Account", "Cancellation", "Facts", "Invoice", "NoRate", "Payment", "Plan",
    "Question", "Rate", "Refund", "Row", "Spend", "Trial", "answer", "assert_same", "differences",
]  # fmt: skip
