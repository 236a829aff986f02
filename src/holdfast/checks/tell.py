"""A comparison with the source in words and tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import groupby
from typing import TYPE_CHECKING

from holdfast.charts.words import MINUS
from holdfast.checks.compare import FULL, KINDS, SYNC, Difference, Row, exact
from holdfast.explain.blocks import Block, Grid, Heading, Text
from holdfast.facts.money import MICROS

if TYPE_CHECKING:
    from holdfast.checks.billing import BillingCheck

REMEDIES = {
    SYNC: "run `holdfast sync stripe`; what is left after it, `holdfast sync stripe --full` reads again",
    FULL: (
        "run `holdfast sync stripe --full`: it reads again what changed before the last sync, and takes out"
        " what Stripe no longer has"
    ),
}


def blocks(found: BillingCheck, limit: int) -> list[Block]:
    """The whole comparison; of each kind of difference the `limit` largest."""
    return [*_verdict(found), *_summary(found.summary), *_differences(found.differences, limit), *_foot(found)]


def _verdict(found: BillingCheck) -> Iterable[Block]:
    yield Heading("Billing in the lake and in Stripe", 1)
    if found.agrees:
        totals = " and ".join(f"{exact(micros)} {name}" for name, micros in _totals(found.summary))
        yield Text(f"Everything agrees: {_several(found.subscriptions, 'subscription')}, MRR {totals or 'none'}.")
        return
    worth = " and ".join(f"{signed(micros)} {name}" for name, micros in _apart(found.differences) if micros)
    count = _several(len(found.differences), "difference")
    yield Text(f"{count}; the lake's MRR is off by {worth}." if worth else f"{count}; today's MRR is the same.")


def _several(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _totals(rows: Sequence[Row]) -> list[tuple[str, int]]:
    return [(name, sum(row.lake_micros for row in own)) for name, own in groupby(rows, lambda row: row.currency)]


def _apart(found: Sequence[Difference]) -> list[tuple[str, int]]:
    """The lake's MRR less the source's, by currency."""
    names = sorted({one.currency for one in found} - {""})
    return [(name, sum(one.difference_micros for one in found if one.currency == name)) for name in names]


def signed(micros: int) -> str:
    """A difference in major units.

    >>> signed(1_500_000), signed(-1), signed(0)
    ('+1.50', '−0.000001', '–')
    """
    if not micros:
        return "–"
    return ("+" if micros > 0 else MINUS) + exact(abs(micros))


def _summary(rows: Sequence[Row]) -> Iterable[Block]:
    columns = ("", "Stripe", "lake", "MRR, Stripe", "MRR, lake", "difference")
    for currency, group in groupby(rows, lambda row: row.currency):
        own = list(group)
        total = Row(currency, f"all {currency}", *(sum(getattr(row, name) for row in own) for name in _NUMBERS))
        lines = tuple(_line(row) for row in (*own, total))
        caption = f"subscriptions and MRR in {currency}, by status"
        yield Grid(columns, lines, frozenset(range(1, 6)), last_is_total=True, caption=caption)


_NUMBERS = ("source_subscriptions", "lake_subscriptions", "source_micros", "lake_micros")


def _line(row: Row) -> tuple[str, ...]:
    apart = row.lake_micros - row.source_micros
    counts = (f"{row.source_subscriptions:,}", f"{row.lake_subscriptions:,}")
    return (row.status, *counts, *both(row.source_micros, row.lake_micros), signed(apart))


def money(micros: int) -> str:
    """An amount to the cent.

    >>> money(86_666_667)
    '86.67'
    """
    return f"{Decimal(micros) / MICROS:,.2f}"


def both(one: int | None, other: int | None) -> tuple[str, str]:
    """Two amounts to the cent, with more digits where they differ in those; a dash where there is none.

    >>> both(10_000_000, None), both(1_000_001, 1_000_000)
    (('10.00', '–'), ('1.000001', '1.00'))
    """
    texts = ["–" if micros is None else money(micros) for micros in (one, other)]
    if one != other and texts[0] == texts[1]:
        texts = [exact(one), exact(other)]
    return texts[0], texts[1]


def _differences(found: Sequence[Difference], limit: int) -> Iterable[Block]:
    for kind, group in groupby(found, lambda one: one.kinds[0]):
        own = list(group)
        yield Heading(f"{KINDS[kind]} ({len(own):,})")
        rows = tuple(_row(one) for one in own[:limit])
        yield Grid(("subscription", "what differs", "MRR in Stripe", "in the lake"), rows, frozenset({2, 3}))
        if len(own) > limit:
            yield Text(f"and {len(own) - limit:,} more: --limit {len(own)} shows them all", quiet=True)


def _row(one: Difference) -> tuple[str, ...]:
    name = one.subscription_id if one.item_id is None else f"{one.subscription_id} / {one.item_id}"
    amounts = (text if text == "–" else f"{text} {one.currency}" for text in both(one.source_micros, one.lake_micros))
    return (name, "; ".join(one.reasons), *amounts)


def _foot(found: BillingCheck) -> Iterable[Block]:
    wanted = [remedy for remedy in REMEDIES if any(one.remedy == remedy for one in found.differences)]
    if wanted:
        yield Heading("What to do")
        for remedy in wanted:
            count = sum(one.remedy == remedy for one in found.differences)
            yield Text(f"{count:,}: {REMEDIES[remedy]}")
    for note in found.notes:
        yield Text(f"note: {note}")
    for name, count in found.not_checked.items():
        yield Text(f"Not compared: {_several(count, 'subscription')} from {name}, which has nothing live to ask.")
    when = "never" if found.synced_at is None else f"{found.synced_at:%Y-%m-%d %H:%M} UTC"
    yield Text(f"As of {found.today}, policy {found.policy}. Last sync: {when}.", quiet=True)
