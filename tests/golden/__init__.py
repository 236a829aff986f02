"""Every example that the definitions print, as given rows, a question and the expected rows."""

from .cases import CASES, Case, check

__all__ = ["CASES", "Case", "check"]
