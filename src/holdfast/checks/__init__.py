"""What the lake holds, compared with where it came from."""

from holdfast.checks.billing import BillingCheck, check_billing
from holdfast.checks.compare import Difference

__all__ = ["BillingCheck", "Difference", "check_billing"]
