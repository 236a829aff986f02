"""What those who leave say."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from holdfast.simulate.draws import Draws, Flags, Ints, pick
from holdfast.simulate.history import INVOLUNTARY, Leavings
from holdfast.simulate.model import Model

UNKNOWN, YES, NO = range(3)
COMMENTS = {
    "too expensive": (
        "We only use half of it and cannot defend the price any longer.",
        "The new price after the discount was a surprise.",
        "Budget was cut, sorry.",
    ),
    "missing features": (
        "We need dependencies between tasks.",
        "No time tracking on our plan.",
        "Reporting is too thin for our clients.",
    ),
    "not used enough": (
        "Nobody on the team opened it for weeks.",
        "It never became a habit here.",
        "We went back to a spreadsheet.",
    ),
    "switched to a competitor": (
        "Head office chose another tool for everybody.",
        "Found one that connects to our CRM.",
        "A rival offered us a year for free.",
    ),
    "project ended": ("The project is done, we may come back.", "It was for one client only.", "Season is over."),
    "company closed": ("We are closing down at the end of the quarter.", "We were acquired.", "The business was sold."),
}


@dataclass(frozen=True)
class Farewells:
    """What is known of each leaving: whose wish it was, the reason and the comment (-1 where nothing was said)."""

    wish: Ints
    reason: Ints
    comment: Ints


def make_farewells(model: Model, leavings: Leavings, draws: Draws) -> Farewells:
    """Reasons and comments; a subscription that ended unpaid has neither."""
    unpaid = leavings.cause == INVOLUNTARY
    reason = pick(_own(leavings, draws, "reason"), np.array(list(model.reasons.values())))
    unknown = ~unpaid & (_own(leavings, draws, "cause known") < model.unknown_cause)
    speaks: Flags = ~unpaid & ~unknown & (_own(leavings, draws, "speaks") < model.comment_share)
    comment = (_own(leavings, draws, "comment") * 3).astype(np.int64)
    wish = np.where(unpaid, NO, np.where(unknown, UNKNOWN, YES))
    return Farewells(wish, np.where(unpaid | unknown, -1, reason), np.where(speaks, comment, -1))


def _own(leavings: Leavings, draws: Draws, purpose: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """A uniform number for each leaving, by account and subscription."""
    return draws.uniform(f"farewell: {purpose}", 40)[leavings.account, leavings.subscription]
