"""The cohort triangle, and the rule by which three cohorts are shown for a closer look."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import Any

from holdfast.charts import words
from holdfast.report.ask import one_line
from holdfast.report.model import Definition, Look, Triangle, TriangleCell, TriangleRow

ENOUGH = 10
"""Accounts that a cohort must have had for its retention to be compared."""
SHOWN = 3
MOST_DIVERGING = 2
RULE = (
    "At most two cohorts whose revenue grew over these months while accounts left, the largest growth first; "
    f"then cohorts of at least {ENOUGH} accounts that lost more accounts than the average of all cohorts at the same "
    "age would have, the most lost first; then, where there are fewer than three, those that kept more."
)
Rows = list[dict[str, Any]]


def triangle(rows: Rows, definition: Definition) -> Triangle | None:
    """Cohorts as rows, ages as columns, and all cohorts together over the cells that are complete."""
    rows = [row for row in rows if row["accounts"]]
    if not rows:
        return None
    lines = tuple(_line(cohort, cells) for cohort, cells in by_cohort(rows).items())
    ages = tuple(sorted({row["age"] for row in rows}))
    everyone = sum(line.accounts for line in lines)
    average = pooled(rows)
    cells = tuple(TriangleCell(age, average[age][0], average[age][1], True) for age in ages if age in average)
    return Triangle(lines, TriangleRow("All together", everyone, cells), ages, definition)


def by_cohort(rows: Rows) -> dict[Any, Rows]:
    found: dict[Any, Rows] = defaultdict(list)
    for row in sorted(rows, key=lambda row: (str(row["cohort"]), row["age"])):
        found[row["cohort"]].append(row)
    return dict(found)


def _line(cohort: Any, rows: Rows) -> TriangleRow:
    cells = tuple(TriangleCell(r["age"], r["rate"], r["retained"], bool(r["complete"])) for r in rows)
    month = cohort if isinstance(cohort, date) else None
    return TriangleRow(name(cohort), rows[0]["accounts"], cells, month)


def name(cohort: Any) -> str:
    return words.period(cohort, "month") if isinstance(cohort, date) else str(cohort or "unknown")


def pooled(rows: Iterable[dict[str, Any]]) -> dict[int, tuple[float, int]]:
    """Age to share kept and accounts kept, over all cohorts whose cell is complete: sums, never a mean of shares.

    >>> pooled([
    ...     {"age": 1, "accounts": 10, "retained": 5, "complete": True},
    ...     {"age": 1, "accounts": 30, "retained": 27, "complete": True},
    ... ])
    {1: (0.8, 32)}
    """
    base: dict[int, int] = defaultdict(int)
    kept: dict[int, int] = defaultdict(int)
    for row in rows:
        if row["complete"]:
            base[row["age"]] += row["accounts"]
            kept[row["age"]] += row["retained"]
    return {age: (kept[age] / base[age], kept[age]) for age in sorted(base) if base[age]}


def worth_a_look(retention: Rows, divergence: Rows) -> tuple[Look, ...]:
    """Three cohorts by `RULE`, each with a sentence that says why."""
    diverging = _diverging(divergence)[:MOST_DIVERGING]
    taken = {look.cohort for look in diverging}
    compared = [look for look in _compared(retention) if look.cohort not in taken]
    return tuple([*diverging, *compared][:SHOWN])


def _diverging(rows: Rows) -> list[Look]:
    grown = [row for row in rows if row["diverges"]]
    grown.sort(key=lambda row: (row["mrr_start"] - row["mrr_end"], str(row["cohort"])))
    looks = {row["cohort"]: _diverges(row) for row in reversed(grown)}
    order = dict.fromkeys(row["cohort"] for row in grown)
    return [looks[cohort] for cohort in order]


def _diverges(row: dict[str, Any]) -> Look:
    code = row.get("currency")
    left = row["accounts_start"] - row["accounts_end"]
    before, now = words.short_money(row["mrr_start"], code), words.short_money(row["mrr_end"], code)
    reason = words.say(
        "Revenue grew from %(before)s to %(now)s a month while %(left)s of %(all)s accounts left.",
        before=before, now=now, left=left, all=row["accounts_start"],
    )  # fmt: skip
    label = name(row["cohort"])
    return Look(
        row["cohort"],
        label,
        "diverges",
        "grows on fewer accounts",
        reason,
        one_line(str(row.get("top_accounts") or "")),
    )


def _compared(rows: Rows) -> list[Look]:
    """Cohorts against the average at their last complete age: most lost first, then most kept."""
    average = pooled(rows)
    differences = []
    for cohort, cells in by_cohort(rows).items():
        last = next((cell for cell in reversed(cells) if cell["complete"] and cell["age"] > 0), None)
        if last and last["accounts"] >= ENOUGH and last["rate"] is not None:
            usual = average[last["age"]][0]
            differences.append((last["retained"] - usual * last["accounts"], usual, cohort, last))
    losing = sorted((d for d in differences if d[0] <= -1), key=lambda d: (d[0], str(d[2])))
    keeping = sorted((d for d in differences if d[0] >= 1), key=lambda d: (-d[0], str(d[2])))
    return [_against(*difference) for difference in [*losing, *keeping]]


def _lost(is_more: bool, accounts: int) -> str:
    """How many more or fewer than usual."""
    if accounts == 1 and is_more:
        return words.say("About 1 account more lost than usual.")
    if accounts == 1:
        return words.say("About 1 account fewer lost than usual.")
    if is_more:
        return words.say("About %(number)s accounts more lost than usual.", number=accounts)
    return words.say("About %(number)s accounts fewer lost than usual.", number=accounts)


def _against(difference: float, usual: float, cohort: Any, cell: dict[str, Any]) -> Look:
    age = cell["age"]
    stayed = words.say(
        "%(stay)s of %(all)s accounts stay after %(months)s: %(rate)s, against %(usual)s of all cohorts at that age.",
        stay=cell["retained"], all=cell["accounts"], rate=words.percent(cell["rate"]), usual=words.percent(usual),
        months=words.say("1 month") if age == 1 else words.say("%(number)s months", number=age),
    )  # fmt: skip
    reason = f"{stayed} {_lost(difference < 0, abs(round(difference)))}"
    kind, heading = ("loses", "loses more than usual") if difference < 0 else ("keeps", "keeps more than usual")
    return Look(cohort, name(cohort), kind, heading, reason)  # type: ignore[arg-type]
