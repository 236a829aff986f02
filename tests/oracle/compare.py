"""Are two answers the same, cell by cell?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from math import isnan
from typing import Any, Literal

MONEY = frozenset(
    """mrr arr opening new reactivation expansion upsell cross_sell contraction churn fx closing start_mrr end_mrr
    arpa asp ltv cac gained lost existing_mrr total_mrr expected mrr_start mrr_end mean_mrr median_mrr
    mean_ltv refunded amount""".split()
)
VALUES = (
    MONEY
    | frozenset(
        """accounts new_accounts reactivated_accounts expanded_accounts contracted_accounts churned_accounts
    start_accounts acquired_accounts end_accounts rate gross_rate net_rate churn_rate ratio months margin retained
    complete at_risk churned hazard low high share share_year_ago accounts_start accounts_end diverges
    top_accounts mean_tenure_months trials converted open p25_days median_days p75_days p90_days attempts failed
    failure_rate failed_invoices recovered recovery_rate involuntary_churned_accounts paid_invoices median_days_to_pay
    median_days_past_due refunds failed_payment past_due cancellation_scheduled falling_seats""".split()
    )
    | frozenset(
        """active mean_daily people returning resurrected dormant eligible adopters trial_eligible trial_adopters
    trial_rate paying_eligible paying_adopters paying_rate used features trend active_days months_of_use events
    active_users events_per_user allowed over started reached done step_rate median_hours users users_kept users_rate
    others others_kept others_rate difference""".split()
    )
)
"""Every column that is an answer; the others say which row it is."""

MICRO = Decimal("0.000001")
RATE_TOLERANCE = 1e-12
Row = Mapping[str, Any]


def plain(name: str, value: Any) -> Any:
    """One writing for what pandas, Arrow, JSON and the oracle write differently."""
    if value is None or (isinstance(value, float) and isnan(value)) or type(value).__name__ in ("NaTType", "NAType"):
        return None
    if name in MONEY:
        return Decimal(str(value)).quantize(MICRO)
    if name in VALUES:
        return value if value != "" else None
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if name in ("period", "cohort"):
        return str(value)[:10]
    return int(value) if name == "age" else str(value)


def key_of(row: Row, names: Sequence[str]) -> tuple[Any, ...]:
    first = ("period", "cohort", "age", "group")
    order = [name for name in first if name in names] + sorted(name for name in names if name not in first)
    return tuple((value is None, 0 if value is None else value) for value in (row[name] for name in order))


def is_empty(row: Row) -> bool:
    """Nothing lives in this row."""
    return not any(row[name] for name in row if name in VALUES and name not in ("complete", "diverges"))


def same(name: str, left: Any, right: Any, slack: int) -> bool:
    if left is None or right is None:
        return left is right
    if name in MONEY:
        return bool(abs(left - right) <= slack * MICRO)
    if isinstance(left, str) or isinstance(right, str):
        return bool(left == right)
    if isinstance(left, float | Fraction | Decimal) or isinstance(right, float | Fraction | Decimal):
        return abs(float(left) - float(right)) <= RATE_TOLERANCE * max(1.0, abs(float(right)))
    return bool(left == right)


def differences(
    rows: Iterable[Row],
    expected: Iterable[Row],
    *,
    empty: Literal["exact", "ignore"] = "exact",
    slack: int = 0,
) -> list[str]:
    """What differs, one line each. `empty="ignore"` overlooks rows in which nothing lives, on both sides;
    `slack` is how many micros of money may be between the two. Columns that are not expected are not looked at."""
    wanted = [{name: plain(name, value) for name, value in row.items()} for row in expected]
    names = list(wanted[0]) if wanted else []
    found = []
    for row in rows:
        if missing := [name for name in names if name not in row]:
            return [f"columns missing: {', '.join(missing)}; there are {', '.join(row)}"]
        found.append({name: plain(name, row[name]) for name in names or row})
    if empty == "ignore":
        wanted, found = ([row for row in some if not is_empty(row)] for some in (wanted, found))
    keys = [name for name in names if name not in VALUES]
    problems = _order(found, keys)
    left = {key_of(row, keys): row for row in found} if names else {}
    right = {key_of(row, keys): row for row in wanted}
    if len(left) != len(found):
        problems.append(f"{len(found)} rows but {len(left)} different ones by {', '.join(keys) or 'no column'}")
    for key in sorted({*left, *right}, key=str):
        label = ", ".join(f"{name}={(left.get(key) or right[key])[name]}" for name in keys)
        if key not in left:
            problems.append(f"[{label}] missing; expected {_values(right[key])}")
        elif key not in right:
            problems.append(f"[{label}] too many: {_values(left[key])}")
        else:
            problems += [
                f"[{label}] {name}: {left[key][name]!r}, expected {right[key][name]!r}"
                for name in names
                if name in VALUES and not same(name, left[key][name], right[key][name], slack)
            ]
    return problems


def _values(row: Row) -> str:
    return ", ".join(f"{name}={row[name]}" for name in row if name in VALUES and row[name] not in (None, 0))


def _order(rows: Sequence[Row], keys: Sequence[str]) -> list[str]:
    places = [[row[name] for name in ("period", "cohort", "age") if name in keys] for row in rows]
    order = [[(value is None, 0 if value is None else value) for value in place] for place in places]
    return [] if order == sorted(order) else ["rows are not in the order of period, cohort and age"]


def assert_same(
    rows: Iterable[Row],
    expected: Iterable[Row],
    *,
    empty: Literal["exact", "ignore"] = "exact",
    slack: int = 0,
    note: str = "",
) -> None:
    """Raise `AssertionError` with what differs: money to six decimals, rates to 1e-12, counts exactly."""
    problems = differences(rows, expected, empty=empty, slack=slack)
    if problems:
        shown = problems[:12] + ([f"... and {len(problems) - 12} more"] if len(problems) > 12 else [])
        raise AssertionError("\n".join([f"{len(problems)} differences {note}".strip(), *shown]))
