"""What goes on in each account from month to month: triggers that begin, the champion, the projects that are in use."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from holdfast.simulate.accounts import Accounts
from holdfast.simulate.causes import CHAMPION_LEFT, LIMIT, LONGEST, PILE_UP
from holdfast.simulate.draws import Flags, Floats, Ints
from holdfast.simulate.history import Behaviour
from holdfast.simulate.model import PLANS, PROJECT_SCALE, Model
from holdfast.simulate.state import Month, State

LONG_AGO = -1_000
PROJECT_LIMITS = np.array([plan.limits["projects"] or 10**9 for plan in PLANS])
SCALES = np.array(PROJECT_SCALE)


@dataclass
class Habits:
    """The state of behaviour. `begun` is the month in which each trigger (rows) last began in each account."""

    begun: Ints
    champion: Flags
    successor: Ints
    """The month that a new champion comes in; `LONG_AGO` where none is on the way."""
    projects: Ints
    kept: dict[str, list[Any]] = field(default_factory=dict)
    exposed: Floats = field(init=False)
    """See `Behaviour`."""

    def __post_init__(self) -> None:
        self.exposed = np.zeros((len(self.begun) + 1, 3))

    @classmethod
    def before_start(cls, model: Model, accounts: Accounts) -> Habits:
        return cls(
            begun=np.full((len(model.triggers), accounts.size), LONG_AGO),
            champion=np.ones(accounts.size, dtype=np.bool_),
            successor=np.full(accounts.size, LONG_AGO),
            projects=1 + (accounts.projects_share * 0.5 * SCALES[accounts.plan]).astype(np.int64),
        )

    def acting(self, model: Model, index: int) -> Flags:
        """Which triggers act on the decisions of this month: each began in an earlier one."""
        since = index - self.begun
        first, last = (np.array([getattr(t, name) for t in model.triggers])[:, None] for name in ("first", "last"))
        return np.asarray((since >= first) & (since <= last))

    def ratio(self, model: Model, accounts: Accounts, state: State, index: int) -> Floats:
        """What behaviour does to this month's hazard of leaving."""
        ratios = np.array([trigger.ratio for trigger in model.triggers])[:, None]
        acting = np.where(self.acting(model, index), ratios, 1.0).prod(axis=0)
        return np.asarray(acting * np.where(narrow(accounts, state), model.narrow_ratio, 1.0))

    def pressed(self, model: Model, index: int) -> Flags:
        """At the limit lately: those buy a larger plan more often."""
        return np.asarray(self.acting(model, index)[_position(model, LIMIT)])

    def count(
        self, model: Model, accounts: Accounts, state: State, index: int, now: Floats, at_risk: Flags, decided: Flags
    ) -> None:
        """`now` is the hazard of this month, with everything that acts on it."""
        ratios = [*(trigger.ratio for trigger in model.triggers), model.narrow_ratio]
        acting = [*self.acting(model, index), narrow(accounts, state)]
        for row, (ratio, who) in enumerate(zip(ratios, acting, strict=True)):
            without = (now[who & at_risk] / ratio).sum()
            self.exposed[row] += [(who & at_risk).sum(), (who & decided).sum(), without]

    def live(self, model: Model, state: State, month: Month) -> None:
        """What happens in this month, after its decisions: it acts on later ones only."""
        running = state.running & month.begun
        comes = self.successor == month.index
        reached = self._work(state, month, running)
        for row, trigger in enumerate(model.triggers):
            rested = month.index - self.begun[row] > LONGEST + 2
            starts = running & rested & (month.chance[f"begins: {trigger.name}"] < trigger.chance)
            if trigger.name == CHAMPION_LEFT:
                starts &= self.champion
                self._part(model, month, starts)
            self.begun[row] = np.where(reached if trigger.name == LIMIT else starts, month.index, self.begun[row])
        self.champion |= comes
        self._keep(model, state, month, comes)

    def _work(self, state: State, month: Month, running: Flags) -> Flags:
        """New projects, up to the limit of the plan; the accounts that reach it now."""
        limit, before = PROJECT_LIMITS[state.plan], self.projects
        more = np.rint(SCALES[state.plan] * 0.1 * month.chance["projects"]).astype(np.int64)
        self.projects = np.minimum(before + np.where(running, more, 0), limit)
        return np.asarray(running & (self.projects == limit) & (before != limit))

    def _part(self, model: Model, month: Month, leaves: Flags) -> None:
        self.champion &= ~leaves
        follows = leaves & (month.chance["successor"] < model.successor_share)
        delay = 1 + (month.chance["successor delay"] * 2).astype(np.int64)
        self.successor = np.where(follows, month.index + delay, self.successor)

    def _keep(self, model: Model, state: State, month: Month, comes: Flags) -> None:
        now = self.begun == month.index
        use = np.where(state.running & month.begun, 1.0, 0.0)
        for row, trigger in enumerate(model.triggers):
            for since, factor in enumerate(trigger.use):
                use = np.where(month.index - self.begun[row] == since, use * factor, use)
        values = {
            "use": use,
            "champion_left": now[_position(model, CHAMPION_LEFT)],
            "champion_came": comes & month.begun,
            "piled_up": now[_position(model, PILE_UP)],
            "projects": self.projects.copy(),
            "seats": state.seats.copy(),
            "plan": state.plan.copy(),
            "running": state.running & month.begun,
            "starts": month.start,
        }
        for name, value in values.items():
            self.kept.setdefault(name, []).append(value)

    def behaviour(self, last: Ints) -> Behaviour:
        """Everything that was kept; `last` is the day after the last month of each account."""
        columns: dict[str, Any] = {name: np.stack(values, axis=1) for name, values in self.kept.items()}
        columns["starts"] = np.concatenate([columns["starts"], last[:, None]], axis=1)
        return Behaviour(**columns, exposed=self.exposed)


def narrow(accounts: Accounts, state: State) -> Flags:
    """Whether narrow use acts: from the second month of a subscription on."""
    return np.asarray(accounts.narrow & (state.age > 0))


def _position(model: Model, name: str) -> int:
    return next(row for row, trigger in enumerate(model.triggers) if trigger.name == name)
