"""The same subscriptions must not come in by two ways: they would count twice."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa
import pyarrow.compute as pc

from holdfast.errors import InputError
from holdfast.lake import Lake

STRIPE = ("stripe", "stripe-export", "fivetran-stripe")
"""Sources that hold the subscriptions of one Stripe account under the same ids."""


def refuse_twice(lake: Lake, source: str, subscriptions: Iterable[str]) -> None:
    """Raise `InputError` where another way has already brought in some of these subscriptions of Stripe."""
    if source not in STRIPE:
        return
    others = pa.array([other for other in STRIPE if other != source])
    standing = lake.standing("subscription_terms", ["subscription_id", "source"])
    standing = standing.filter(pc.is_in(standing["source"], others))
    both = standing.filter(pc.is_in(standing["subscription_id"], pa.array(sorted(set(subscriptions)), pa.string())))
    if not both.num_rows:
        return
    count = pc.count_distinct(both["subscription_id"]).as_py()
    known = " and ".join(sorted(set(both["source"].to_pylist())))
    raise InputError(
        f"{count:,} of these subscriptions are already there from {known}: from {source} too, they would count twice",
        hint="keep to one way, or use another data folder (--data)",
    )
