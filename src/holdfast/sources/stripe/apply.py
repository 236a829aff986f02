"""From the evidence in the mirror to the spans in the lake, for the subscriptions of which something changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from holdfast.lake import Lake
from holdfast.sources.parts import POSITION
from holdfast.sources.store import imply_accounts
from holdfast.sources.stripe.columns import SOURCE, part_of
from holdfast.sources.stripe.evidence import Evidence
from holdfast.sources.stripe.history import UNKNOWN
from holdfast.sources.stripe.intake import Intake
from holdfast.sources.stripe.objects import plan_rows
from holdfast.sources.stripe.terms import Catalogue, term_rows
from holdfast.sources.stripe.trials import trial_rows
from holdfast.sources.twice import STRIPE

TERMS = "subscription_terms"
BATCH = 20_000
"""Subscriptions that are stored in one commit."""


def apply(intake: Intake, show: Callable[[int], None] = lambda done: None) -> None:
    """Bring the lake up to date with the mirror. Killed half-way, the rest is done the next time."""
    mirror = intake.mirror
    _plans(intake)
    catalogue = Catalogue(mirror.all("price"), mirror.all("coupon"))
    any_left = bool(mirror.dirty(1))
    standing = _standing(intake.lake) if any_left else {}
    others = elsewhere(intake.lake) if any_left else set()
    done = 0
    while wanted := mirror.dirty(BATCH):
        mine = _not_elsewhere(intake, wanted, others)
        _store(intake, catalogue, mirror.evidence(mine), standing)
        with mirror.transaction():
            mirror.clean(wanted)
        done += len(wanted)
        show(done)
    intake.count_subscriptions()
    _count_unknown(intake)


def elsewhere(lake: Lake) -> set[str]:
    """The subscriptions of a Stripe account that came in by another way."""
    rows = lake.standing(TERMS, ["subscription_id", "source"])
    others = pa.array([one for one in STRIPE if one != SOURCE])
    return set(rows.filter(pc.is_in(rows["source"], others))["subscription_id"].unique().to_pylist())


def _not_elsewhere(intake: Intake, subscriptions: list[str], others: set[str]) -> list[str]:
    """Those that are to be stored; one that another source has brought in would count twice."""
    for name in others.intersection(subscriptions):
        intake.reject("subscription", {"id": name}, "another source has brought it in: it would count twice")
        intake.subscriptions.pop(name, None)
    return [name for name in subscriptions if name not in others]


def _count_unknown(intake: Intake) -> None:
    """How much of the past no record shows, of all that is stored."""
    rows = intake.lake.standing(TERMS, ["subscription_id", "source", "known_by", "valid_from_at", "valid_to_at"])
    empty = pc.fill_null(pc.equal(rows["valid_from_at"], rows["valid_to_at"]), False)
    unknown = pc.and_not(pc.is_in(rows["known_by"], pa.array(sorted(UNKNOWN))), empty)
    rows = rows.filter(pc.and_(unknown, pc.equal(rows["source"], SOURCE)))
    intake.report.unknown_spans = rows.num_rows
    intake.report.unknown_subscriptions = pc.count_distinct(rows["subscription_id"]).as_py()


def _plans(intake: Intake) -> None:
    """Plans and their features; a feature that a product no longer has is not included."""
    products = intake.mirror.all("product")
    rows: dict[str, list[dict[str, Any]]] = {"plans": [], "plan_features": []}
    for price in intake.mirror.all("price").values():
        for table, several in plan_rows(price, products.get(price.get("product") or "")).items():
            rows[table] += several
    listed = {(row["plan_id"], row["feature"]) for row in rows["plan_features"]}
    known = intake.lake.standing("plan_features", ["plan_id", "feature", "included", "source"]).to_pylist()
    rows["plan_features"] += [
        {"plan_id": row["plan_id"], "feature": row["feature"], "included": False}
        for row in known
        if row["source"] == SOURCE and row["included"] and (row["plan_id"], row["feature"]) not in listed
    ]
    for table, several in rows.items():
        _record(intake, table, several)


def _record(intake: Intake, table: str, rows: list[dict[str, Any]]) -> list[str]:
    if not rows:
        return []
    part = part_of(table, rows, intake.zone)
    status: list[str] = intake.lake.record(table, part.rows.drop_columns([POSITION]), intake.known_at).to_pylist()
    if any(one != "duplicate" for one in status):
        intake.report.touched.add(table)
    return status


def _standing(lake: Lake) -> dict[str, set[str]]:
    """Keys of the spans that stand, by subscription; of empty ones nothing is left to withdraw."""
    columns = ["subscription_id", "row_key", "source", "valid_from_at", "valid_to_at"]
    rows = lake.standing(TERMS, columns)
    rows = rows.filter(pc.equal(rows["source"], SOURCE))
    empty = pc.fill_null(pc.equal(rows["valid_from_at"], rows["valid_to_at"]), False)
    rows = rows.filter(pc.invert(empty))
    found: dict[str, set[str]] = {}
    for subscription, key in zip(rows["subscription_id"].to_pylist(), rows["row_key"].to_pylist(), strict=True):
        found.setdefault(subscription, set()).add(key)
    return found


def _store(intake: Intake, catalogue: Catalogue, evidences: Iterable[Evidence], standing: dict[str, set[str]]) -> None:
    rows: list[dict[str, Any]] = []
    trials: dict[tuple[str, int], dict[str, Any]] = {}
    understood: list[str] = []
    for evidence in evidences:
        try:
            own = term_rows(evidence, catalogue)
        except ValueError as error:
            intake.reject("subscription", {"id": evidence.subscription_id}, str(error))
            intake.subscriptions.pop(evidence.subscription_id, None)
            continue
        rows += own
        trials |= {(row["account_id"], row["started_at"]): row for row in trial_rows(evidence)}
        understood.append(evidence.subscription_id)
    _record(intake, "trials", list(trials.values()))
    outcomes = _record_terms(intake, rows, understood, standing)
    for subscription in understood:
        known = intake.subscriptions.get(subscription, "duplicate")
        intake.subscriptions[subscription] = outcomes.get(subscription, known)


def _record_terms(
    intake: Intake, rows: list[dict[str, Any]], subscriptions: list[str], standing: dict[str, set[str]]
) -> dict[str, str]:
    """Store the spans, and withdraw those that no longer hold."""
    if not rows:
        return {}
    part = part_of(TERMS, rows, intake.zone)
    table = part.rows.drop_columns([POSITION])
    keys = set(table["row_key"].to_pylist())
    stale = [key for one in subscriptions for key in standing.get(one, ()) if key not in keys]
    with intake.lake.writing():
        status = intake.lake.record(TERMS, table, intake.known_at).to_pylist()
        intake.lake.withdraw(TERMS, pa.array(stale, pa.string()), intake.known_at)
        intake.report.touched |= imply_accounts(intake.lake, [part], intake.known_at)
    gone = {one for one in subscriptions if not standing.get(one, set()) <= keys}
    outcomes: dict[str, str] = dict.fromkeys(gone, "replaced")
    for subscription, one in zip(table["subscription_id"].to_pylist(), status, strict=True):
        if one != "duplicate":
            intake.report.touched.add(TERMS)
            outcomes[subscription] = "replaced" if subscription in standing else "new"
    return outcomes
