"""Every example that the definitions print, as given rows, a question and the expected rows."""

from .billing import BILLING_CASES
from .cases import CASES, Case, check

CASES.extend(BILLING_CASES)

__all__ = ["CASES", "Case", "check"]
