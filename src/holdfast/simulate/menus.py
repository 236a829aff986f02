"""Which features of its plan each account uses, in its trial and after."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from holdfast.simulate.accounts import Accounts
from holdfast.simulate.causes import EXPORTED, FEATURE_EVENTS, IDLE_EVENTS, ONBOARDING, PAGES, SIGN_IN, TRIAL_FEATURES
from holdfast.simulate.draws import Draws, Flags, Floats, Ints
from holdfast.simulate.model import ADD_ONS, PLANS

FEATURES = tuple(dict.fromkeys(feature for plan in PLANS for feature in plan.features))
BOARDS, COMMENTS = FEATURES.index("boards"), FEATURES.index("comments")
TRACKED = tuple(
    dict.fromkeys(
        [*ONBOARDING, SIGN_IN, EXPORTED, *IDLE_EVENTS, *(e for some in FEATURE_EVENTS.values() for e in some)]
    )
)
EVENT_NAMES = (*TRACKED, *PAGES)
"""Names of all events; codes point into it. From `len(TRACKED)` on they are pages."""
CODE = {name: code for code, name in enumerate(EVENT_NAMES)}
FEATURE_CODES = np.array([CODE[FEATURE_EVENTS[feature][0]] for feature in FEATURES])
ADD_ON_CODES = np.array([[CODE[FEATURE_EVENTS[feature][0]] for feature in offer.features] for offer in ADD_ONS])
NARROW_PART, WIDE_PART = 0.3, (0.75, 1.0)


@dataclass(frozen=True)
class Menus:
    """The features that each account uses, in its own order: `codes[account, menu, rank]`, `count[account, menu]`.

    Menu p is plan p; the last menu is the trial.
    """

    codes: Ints
    count: Ints

    def pick(self, account: Ints, menu: Ints, uniform: Floats) -> Ints:
        """An event of a feature in use; the first of its list most often."""
        rank = (uniform**1.3 * self.count[account, menu]).astype(np.int64)
        return np.asarray(self.codes[account, menu, rank])


def make_menus(accounts: Accounts, draws: Draws) -> Menus:
    order = draws.hashed("feature order", accounts.numbers[:, None], np.arange(len(FEATURES)))
    order[:, BOARDS] = -1
    on_plan = np.array([[feature in plan.features for feature in FEATURES] for plan in PLANS])
    menus = [_paid(accounts, draws, order, has) for has in on_plan] + [_tried(accounts, draws, order, on_plan)]
    codes, counts = zip(*menus, strict=True)
    return Menus(np.stack(codes, axis=1), np.stack(counts, axis=1))


def _paid(accounts: Accounts, draws: Draws, order: Floats, has: Flags) -> tuple[Ints, Ints]:
    low, high = WIDE_PART
    wide = low + (high - low) * draws.uniform("width of use")
    count = np.rint(has.sum() * np.where(accounts.narrow, NARROW_PART, wide)).astype(np.int64)
    return _first(order, np.broadcast_to(has, order.shape)), np.maximum(count, 1)


def _tried(accounts: Accounts, draws: Draws, order: Floats, on_plan: Flags) -> tuple[Ints, Ints]:
    """In the trial: boards, comments where the account comments, and any other feature of the plan by chance."""
    tries = draws.uniform("tried features", len(FEATURES)) < TRIAL_FEATURES
    tries[:, BOARDS] = True
    tries[:, COMMENTS] = accounts.comments
    tries &= on_plan[accounts.plan]
    return _first(order, tries), tries.sum(axis=1)


def _first(order: Floats, chosen: Flags) -> Ints:
    """Event codes of the features, those chosen first."""
    return np.asarray(FEATURE_CODES[np.argsort(np.where(chosen, order, order + 2), axis=1)])
