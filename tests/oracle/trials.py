"""Trials: what they are, which of them paid, how soon, and who stayed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from .cohorts import wilson
from .company import FOR_EVER
from .days import add_months
from .money import ratio
from .view import Key, View, sort_key

Rows = list[dict[str, Any]]
KINDS = {"yes": "with a card", "no": "without a card", None: "card unknown"}


@dataclass(frozen=True)
class Piece:
    """A span of a trial as one source has it. `rank` is what its name is taken by: billing goes first."""

    start: date
    end: date
    rank: int
    plan: str | None
    product: str | None
    currency: str | None
    card: bool | None

    @property
    def order(self) -> Any:
        return (self.rank, self.start, self.end, *sort_key((self.plan, self.product, self.currency)))


@dataclass
class Trial:
    account: str
    pieces: list[Piece]
    paid: date | None = None

    @property
    def start(self) -> date:
        return min(piece.start for piece in self.pieces)

    @property
    def end(self) -> date:
        end = max(piece.end for piece in self.pieces)
        return end if self.paid is None else min(end, self.paid)

    @property
    def card(self) -> str | None:
        said = {piece.card for piece in self.pieces} - {None}
        return None if not said else "yes" if True in said else "no"

    @property
    def main(self) -> Piece:
        return min(self.pieces, key=lambda piece: piece.order)

    def touches(self, other: Trial) -> bool:
        theirs = max(piece.end for piece in other.pieces)
        return self.start <= theirs and other.start <= max(piece.end for piece in self.pieces)


def pieces(view: View) -> Iterator[tuple[str, Piece]]:
    for account, spans in view.company.spans.items():
        for span in spans:
            if span.row.status == "trialing" and span.first < span.end and span.first <= view.q.today:
                yield account, Piece(span.first, span.end, 0, span.row.plan_id, span.product, span.row.currency, None)
    for row in view.facts.trials:
        if row.started <= view.q.today:
            product = view.company.products.get(row.plan_id or "")
            piece = Piece(row.started, row.ends or FOR_EVER, 1, row.plan_id, product, None, row.card_required)
            yield row.account_id, piece


def joined(own: list[Trial]) -> list[Trial]:
    """Two that overlap or touch become one, until there are none."""
    for trial in own:
        for other in own:
            if trial is not other and trial.touches(other):
                rest = [one for one in own if one is not trial and one is not other]
                return joined([*rest, Trial(trial.account, [*trial.pieces, *other.pieces])])
    return own


def first_mrr(view: View, account: str) -> date | None:
    return view.company.first_day(account) if account in view.company.spans else None


def first_payment(view: View, account: str) -> date | None:
    """The first day of MRR; with invoices from the start, not before one of them is paid; else as a file says."""
    today, first = view.q.today, first_mrr(view, account)
    if first is None:
        told = [t.converted for t in view.facts.trials if t.account_id == account and t.converted]
        return min((day for day in told if day <= today), default=None)
    billed = [
        i
        for i in view.facts.invoices
        if i.account_id == account and i.amount > 0 and i.status not in ("draft", "void") and i.issued <= today
    ]
    if not billed or min(i.issued for i in billed) > first + timedelta(days=31):
        return first
    settled = [i.paid or (i.issued if i.status == "paid" else None) for i in billed]
    paid = [day for day in settled if day is not None and day <= today]
    return max(first, min(paid)) if paid else None


def all_trials(view: View) -> list[Trial]:
    by_account: dict[str, list[Trial]] = defaultdict(list)
    for account, piece in pieces(view):
        by_account[account].append(Trial(account, [piece]))
    found = []
    for account, own in sorted(by_account.items()):
        paid = first_payment(view, account)
        limit = first_mrr(view, account) or paid
        kept = [trial for trial in joined(own) if limit is None or trial.start <= limit]
        begun = [trial for trial in kept if paid is not None and trial.start <= paid]
        if begun:
            max(begun, key=lambda trial: trial.start).paid = paid
        found += kept
    return found


def key_of(view: View, trial: Trial) -> Key | None:
    known = {"plan": trial.main.plan, "product": trial.main.product, "currency": trial.main.currency}
    known["card_required"] = trial.card
    return view.key({name: known.get(name, _attribute(view, trial.account, name)) for name in view.asked}, None)


def _attribute(view: View, account: str, name: str) -> Any:
    unknown = name == "cohort" and account not in view.company.spans
    return None if unknown else view.company.attribute(account, name)


def grouped(view: View) -> list[tuple[Key, Trial]]:
    keyed = [(key_of(view, trial), trial) for trial in all_trials(view)]
    return [(key, trial) for key, trial in keyed if key is not None]


def keys_of(view: View, found: list[tuple[Key, Trial]]) -> list[Key]:
    return sorted({key for key, _ in found} | ({()} if not view.q.by else set()), key=sort_key)


def trial_conversion(view: View) -> Rows:
    found, rule = grouped(view), view.policy["trial_conversion"]
    rows = []
    for window in view.windows():
        for key in keys_of(view, found):
            own = [trial for other, trial in found if other == key]
            begun = [trial for trial in own if window.holds(trial.start)]
            ended = [trial for trial in own if window.holds(trial.end) and trial.end <= view.q.today]
            meant = ended if rule == "by-end" else begun
            converted = [trial for trial in meant if in_time(view, trial)]
            if rule == "by-new":
                converted = [trial for trial in own if in_time(view, trial) and trial.paid and window.holds(trial.paid)]
            rows.append(
                {
                    "period": window.first,
                    **view.labels(key),
                    "trials": len(meant),
                    "converted": len(converted),
                    "open": sum(is_open(view, trial) for trial in meant),
                    "rate": ratio(len(converted), len(meant)),
                }
            )
    return rows


def in_time(view: View, trial: Trial) -> bool:
    if trial.paid is None:
        return False
    return not view.q.within or (trial.paid - trial.start).days <= view.q.within


def is_open(view: View, trial: Trial) -> bool:
    if in_time(view, trial):
        return False
    if view.q.within:
        return (view.q.today - trial.start).days < view.q.within
    return trial.end > view.q.today


def quantile(values: list[int], part: float) -> float | None:
    """Linear between the two values next to the place."""
    if not values:
        return None
    values = sorted(values)
    place = part * (len(values) - 1)
    low = int(place)
    high = min(low + 1, len(values) - 1)
    return values[low] + (place - low) * (values[high] - values[low])


def time_to_convert(view: View) -> Rows:
    found = grouped(view)
    rows = []
    for window in view.windows():
        for key in keys_of(view, found):
            days = [(t.paid - t.start).days for other, t in found if other == key and t.paid and window.holds(t.paid)]
            named = {"p25_days": 0.25, "median_days": 0.5, "p75_days": 0.75, "p90_days": 0.9}
            quantiles = {name: quantile(days, part) for name, part in named.items()}
            rows.append({"period": window.first, **view.labels(key), "converted": len(days), **quantiles})
    return rows


def stay(view: View) -> Rows:
    windows = view.windows()
    first, bound = windows[0].first, min(windows[-1].period.last, view.q.today)
    origin = {trial.account: KINDS[trial.card] for trial in all_trials(view) if trial.paid}
    counts: dict[tuple[int, Key, str], list[bool]] = defaultdict(list)
    for account in view.company.accounts:
        mrr_from, paid = first_mrr(view, account), first_payment(view, account)
        if mrr_from is None or paid is None or not first <= paid <= bound:
            continue
        key = view.account_key(account, mrr_from)
        for months in (1, 3, 6, 12):
            day = add_months(paid, months)
            if key is not None and day <= bound:
                counts[months, key, origin.get(account, "no trial")].append(view.company.customer(account, day))
    rows = []
    for (months, key, group), stayed in sorted(counts.items(), key=lambda e: (e[0][0], sort_key(e[0][1]), e[0][2])):
        low, high = wilson(sum(stayed), len(stayed))
        rows.append(
            {
                "age": months,
                **view.labels(key),
                "group": group,
                "accounts": len(stayed),
                "retained": sum(stayed),
                "rate": ratio(sum(stayed), len(stayed)),
                "low": low,
                "high": high,
            }
        )
    return rows
