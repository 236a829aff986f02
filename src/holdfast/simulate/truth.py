"""What is true of a simulated company: its model, and what the simulator itself counted while it ran."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from holdfast.simulate import months
from holdfast.simulate.accounts import Accounts, Window
from holdfast.simulate.causes import (
    BEHAVIOUR_WITHOUT_EFFECT,
    GOES_WITH_CONVERSION,
    LIMIT,
    NARROW,
    NARROW_MEANING,
    NOTHING_FOR_CONVERSION,
    SIGNS,
    hazard_ratios,
)
from holdfast.simulate.draws import Ints
from holdfast.simulate.history import CAUSES, Lives
from holdfast.simulate.model import CURRENCIES, PLANS, TRIAL_KINDS, Model
from holdfast.simulate.subscriptions import Spans

FILE_NAME = "truth.json"


@dataclass
class Truth:
    """The content of `truth.json`. Money is in micros; lists with one element a month follow `month_ends`."""

    seed: int
    accounts: int
    start: str
    end: str
    month_ends: list[str]
    effects: dict[str, dict[str, float]]
    nothing: list[str]
    baseline: list[float]
    payment_failure: dict[str, float]
    model: dict[str, Any]
    diverging_cohorts: list[str]
    mrr_micros: dict[str, list[int]] = field(default_factory=dict)
    customers: list[int] = field(default_factory=list)
    activated: list[int] = field(default_factory=list)
    churns: dict[str, int] = field(default_factory=dict)
    announced: int = 0
    pauses: int = 0
    trials: dict[str, dict[str, int]] = field(default_factory=dict)
    at_risk: list[int] = field(default_factory=list)
    decided: list[int] = field(default_factory=list)
    triggers: dict[str, dict[str, Any]] = field(default_factory=dict)
    signs: dict[str, str] = field(default_factory=dict)
    behaviour_without_effect: dict[str, str] = field(default_factory=dict)
    conversion: dict[str, Any] = field(default_factory=dict)
    expansion: dict[str, float] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)

    def write(self, folder: Path) -> None:
        text = json.dumps(asdict(self), indent=1, ensure_ascii=False)
        (folder / FILE_NAME).write_text(text + "\n", encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> Truth:
        return cls(**json.loads((folder / FILE_NAME).read_text(encoding="utf-8")))


def effects(model: Model) -> dict[str, dict[str, float]]:
    """The hazard ratio of each value of everything that acts on the decision to leave."""
    found = {attribute.name: attribute.hazard_ratios for attribute in model.attributes if attribute.acts}
    found["plan"] = {plan.plan_id: plan.hazard_ratio for plan in PLANS}
    found["billing_interval"] = {"month": 1.0, "year": model.yearly_ratio}
    found["trial"] = dict(zip(TRIAL_KINDS, model.trial_ratios, strict=True))
    found["failed payment"] = {f"recovered within {model.failed_payment_months} months": model.failed_payment_ratio}
    found["discount"] = {f"ended within {model.discount_end_months} months": model.discount_end_ratio}
    found |= hazard_ratios(model.narrow_ratio, model.triggers)
    found["cohort"] = {"diverging": model.diverging_hazard_ratio, "any other": 1.0}
    return found


def conversion(model: Model) -> dict[str, Any]:
    """What makes a trial convert, what merely goes with converting, and what has nothing to do with it."""
    return {
        "causes": {step.event: step.ratio for step in model.trial_steps},
        "goes_with": dict(GOES_WITH_CONVERSION),
        "nothing": list(NOTHING_FOR_CONVERSION),
    }


class Counter:
    """Counts while blocks are made, without asking any metric."""

    def __init__(self, model: Model, window: Window) -> None:
        self.model, self.window = model, window
        self.ends = _month_ends(window)
        self._mrr = np.zeros((len(CURRENCIES), window.months + 1), dtype=np.int64)
        self._customers = np.zeros(window.months, dtype=np.int64)
        self._activated = np.zeros(window.months, dtype=np.int64)
        self._causes = np.zeros(len(CAUSES), dtype=np.int64)
        self._trials = np.zeros((3, len(TRIAL_KINDS)), dtype=np.int64)
        self._at_risk, self._decided = (np.zeros(window.months, dtype=np.int64) for _ in range(2))
        self._exposed = np.zeros((len(model.triggers) + 1, 3))
        self._announced = self._pauses = self.accounts = 0

    def add(self, accounts: Accounts, lives: Lives, spans: Spans) -> None:
        self.accounts += accounts.size
        self._add_money(accounts, spans)
        self._add_leavings(lives)
        self._add_starts(accounts)
        self._at_risk += lives.at_risk
        self._decided += lives.decided
        self._exposed += lives.behaviour.exposed

    def _add_money(self, accounts: Accounts, spans: Spans) -> None:
        opens = np.searchsorted(self.ends, spans.from_day)
        closes = np.searchsorted(self.ends, spans.to_day)
        currency, mrr = accounts.currency[spans.account], spans.mrr_micros
        np.add.at(self._mrr, (currency, opens), mrr)
        np.subtract.at(self._mrr, (currency, closes), mrr)
        present = np.zeros((accounts.size, self.window.months + 1), dtype=np.int64)
        paying = mrr > 0
        np.add.at(present, (spans.account[paying], opens[paying]), 1)
        np.subtract.at(present, (spans.account[paying], closes[paying]), 1)
        self._customers += (np.cumsum(present, axis=1)[:, :-1] > 0).sum(axis=0)

    def _add_leavings(self, lives: Lives) -> None:
        past = lives.leavings.effective <= self.window.end
        self._causes += np.bincount(lives.leavings.cause[past], minlength=len(CAUSES))
        self._announced += int((~past).sum())
        self._pauses += len(lives.pauses)

    def _add_starts(self, accounts: Accounts) -> None:
        paid = accounts.paid_from <= self.window.end
        month = months.month_of(accounts.paid_from[paid]) - self.window.first_month
        self._activated += np.bincount(month, minlength=self.window.months)
        over = accounts.tried & (accounts.trial_to <= self.window.end)
        for row, chosen in enumerate((accounts.tried, over, accounts.tried & paid)):
            self._trials[row] += np.bincount(accounts.trial[chosen], minlength=len(TRIAL_KINDS))

    def _triggers(self) -> dict[str, dict[str, Any]]:
        """Each trigger with its lead time, the months at risk in which it acted, and decisions to leave in them."""
        model = self.model
        stated: list[tuple[Any, ...]] = [(t.name, t.meaning, t.ratio, t.first, t.last) for t in model.triggers]
        stated.append((NARROW, NARROW_MEANING, model.narrow_ratio, 1, None))
        names = ("meaning", "ratio", "first_month_after", "last_month_after")
        return {
            name: dict(zip(names, said, strict=True))
            | {"at_risk": int(at_risk), "decided": int(decided), "expected_without": round(float(without), 1)}
            for (name, *said), (at_risk, decided, without) in zip(stated, self._exposed, strict=True)
        }

    def truth(self, seed: int, rows: dict[str, int]) -> Truth:
        model, first = self.model, self.window.first_month
        method = model.attribute("payment_method")
        trials = {
            kind: dict(zip(("begun", "over", "paid"), map(int, self._trials[:, code]), strict=True))
            for code, kind in enumerate(TRIAL_KINDS)
            if kind != "none"
        }
        return Truth(
            seed=seed,
            accounts=self.accounts,
            start=_iso(self.window.start),
            end=_iso(self.window.end),
            month_ends=[_iso(day) for day in self.ends],
            effects=effects(model),
            nothing=[*model.nothing, "founded"],
            baseline=list(model.baseline),
            payment_failure=dict(zip(method.values, model.payment_failure, strict=True)),
            model=_plain(model),
            diverging_cohorts=[
                _iso(months.first_day(np.array(first + k))) for k in model.diverging_months if k < self.window.months
            ],
            mrr_micros={
                currency: np.cumsum(row)[:-1].tolist() for currency, row in zip(CURRENCIES, self._mrr, strict=True)
            },
            customers=self._customers.tolist(),
            activated=self._activated.tolist(),
            churns=dict(zip(CAUSES, self._causes.tolist(), strict=True)),
            announced=self._announced,
            pauses=self._pauses,
            trials=trials,
            at_risk=self._at_risk.tolist(),
            decided=self._decided.tolist(),
            triggers=self._triggers(),
            signs=dict(SIGNS),
            behaviour_without_effect=dict(BEHAVIOUR_WITHOUT_EFFECT),
            conversion=conversion(model),
            expansion={LIMIT: model.limit_plan_up_ratio},
            rows=rows,
        )


def _month_ends(window: Window) -> Ints:
    """The last day of each month; of the last one, the last day that there is."""
    first = months.first_day(window.first_month + 1 + np.arange(window.months))
    return np.minimum(first - 1, window.end)


def _iso(day: int | Ints) -> str:
    found: date = months.as_date(int(day))
    return found.isoformat()


def _plain(model: Model) -> dict[str, Any]:
    """The numbers of the model that are not stated elsewhere in the file."""
    stated = ("attributes", "baseline", "payment_failure", "triggers", "trial_steps")
    numbers = {name: value for name, value in asdict(model).items() if name not in stated}
    return dict(json.loads(json.dumps(numbers)))
