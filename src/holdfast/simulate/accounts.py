"""Who the accounts are: attributes, the day they came, their trial, and what they first bought."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from holdfast.simulate import months
from holdfast.simulate.causes import TRIAL_COMMENTS
from holdfast.simulate.draws import Draws, Flags, Floats, Ints
from holdfast.simulate.model import (
    ADD_ONS,
    CURRENCY_SHARES,
    EURO_SHARES,
    PLAN_SHARES,
    PLANS,
    SEATS_OF_EMPLOYEES,
    SIZE_BOUNDS,
    TRIAL_KINDS,
    YEARLY_SHARES,
    Attribute,
    Model,
)

STARTER = 0
COMPLETED = 0
"""Code of the onboarding that was finished."""
LEAST_SEATS = np.array([plan.least_seats for plan in PLANS])
PLAN_PRICES = np.array([plan.price for plan in PLANS])
ADD_ON_PRICES = np.array([plan.price for plan in ADD_ONS])
FOREVER = 1_200
"""Months of a discount that does not end."""


@dataclass(frozen=True)
class Window:
    """The days that the company's history covers: `months` calendar months, the last of which ends with `end`."""

    start: int
    end: int
    months: int

    @property
    def first_month(self) -> int:
        return int(months.month_of(np.array(self.start)))


@dataclass(frozen=True)
class Accounts:
    """One block of accounts; every array has one element for each. Days are numbers, `NEVER` where there is none."""

    first: int
    codes: dict[str, Ints]
    employees: Ints
    founded: Ints
    created: Ints
    trial: Ints
    trial_to: Ints
    paid_from: Ints
    plan: Ints
    seats: Ints
    yearly: Flags
    currency: Ints
    discount: Ints
    discount_months: Ints
    diverging: Flags
    steps: Flags
    """Which of the model's trial steps it did: one column for each."""
    comments: Flags
    """Whether it commented in its first two weeks."""
    narrow: Flags
    projects_share: Floats

    @property
    def size(self) -> int:
        return len(self.created)

    @property
    def numbers(self) -> Ints:
        """Account numbers, from 1."""
        return np.arange(self.first + 1, self.first + 1 + self.size)

    @property
    def tried(self) -> Flags:
        return np.asarray(self.trial != TRIAL_KINDS.index("none"))


def make_accounts(model: Model, window: Window, draws: Draws, first: int) -> Accounts:
    """The accounts of one block, the first of which has the number `first` + 1."""
    codes = _attributes(model, draws)
    size = codes["company_size"]
    employees = _between(draws.uniform("employees"), *np.array(SIZE_BOUNDS)[size].T)
    created = _created(model, window, draws.uniform("created"))
    trial = draws.choice("trial", model.trial_shares)
    trial_to = np.where(trial > 0, created + model.trial_days, months.NEVER)
    steps = _steps(model, draws, codes["onboarding"])
    paid_from = _paid_from(model, draws, created, trial, steps)
    plan = draws.choice("plan", np.array(PLAN_SHARES)[size])
    yearly = draws.happens("yearly", np.array(YEARLY_SHARES)[size])
    discounted = draws.happens("discounted", model.discount_share)
    return Accounts(
        first=first,
        codes=codes,
        employees=employees,
        founded=(1975 + draws.uniform("founded") * 48).astype(int),
        created=created,
        trial=trial,
        trial_to=trial_to,
        paid_from=paid_from,
        plan=plan,
        seats=_seats(draws, plan, employees),
        yearly=yearly,
        currency=_currencies(model, draws, codes["country"]),
        discount=np.where(discounted, _one_of(draws, "discount percent", model.discount_percents), 0),
        discount_months=_discount_months(model, draws, yearly),
        diverging=np.isin(months.month_of(paid_from) - window.first_month, model.diverging_months),
        steps=steps,
        comments=draws.happens("first comment", np.array(TRIAL_COMMENTS)[steps[:, -1].astype(np.int64)]),
        narrow=draws.happens("narrow use", model.narrow_share),
        projects_share=draws.uniform("first projects"),
    )


def _attributes(model: Model, draws: Draws) -> dict[str, Ints]:
    codes: dict[str, Ints] = {}
    for attribute in model.attributes:
        codes[attribute.name] = draws.choice(attribute.name, _shares(attribute, codes))
    return codes


def _shares(attribute: Attribute, codes: dict[str, Ints]) -> Floats:
    shares = np.array(attribute.shares)
    return shares if attribute.given is None else shares[codes[attribute.given]]


def _created(model: Model, window: Window, uniform: Floats) -> Ints:
    """Days in the window, more on later days, fewer at weekends."""
    days = np.arange(window.start, window.end + 1)
    weights = (1 + model.yearly_growth) ** ((days - window.start) / 365)
    weekend = (days + 3) % 7 >= 5  # 1970-01-01 was a Thursday
    share = np.cumsum(np.where(weekend, 0.35, 1.0) * weights)
    return np.asarray(window.start + np.searchsorted(share / share[-1], uniform, side="right"))


def _steps(model: Model, draws: Draws, onboarding: Ints) -> Flags:
    """Who finishes the onboarding checklist does every step of it."""
    taken = [draws.happens(step.name, step.share) for step in model.trial_steps]
    return np.stack([step | (onboarding == COMPLETED) for step in taken], axis=1)


def _paid_from(model: Model, draws: Draws, created: Ints, trial: Ints, steps: Flags) -> Ints:
    """The first day of the first paid subscription."""
    ratio = np.where(steps, [step.ratio for step in model.trial_steps], 1.0).prod(axis=1)
    chance = np.where(trial > 0, np.array(model.trial_conversion)[trial] * ratio, 1.0)
    converts = draws.happens("trial converts", chance)
    late = draws.happens("converts late", model.late_conversion) & (trial == TRIAL_KINDS.index("no card"))
    delay = np.where(late, 1 + (draws.uniform("conversion delay") * 30).astype(int), 0)
    start = np.where(trial > 0, created + model.trial_days + delay, created)
    return np.where(converts, start, months.NEVER)


def _seats(draws: Draws, plan: Ints, employees: Ints) -> Ints:
    low, high = SEATS_OF_EMPLOYEES
    wanted = np.rint(employees * (low + (high - low) * draws.uniform("seats"))).astype(int)
    return np.where(plan == STARTER, 1, np.maximum(wanted, LEAST_SEATS[plan]))


def _discount_months(model: Model, draws: Draws, yearly: Flags) -> Ints:
    """How long a discount runs: whole years for those who pay by the year."""
    length = _one_of(draws, "discount months", model.discount_months)
    length = np.where(yearly, np.maximum(length, 12), length)
    return np.where(draws.happens("discount forever", model.discount_forever), FOREVER, length)


def _currencies(model: Model, draws: Draws, country: Ints) -> Ints:
    countries = model.attribute("country").values
    shares = np.array([CURRENCY_SHARES.get(name, EURO_SHARES) for name in countries])
    if model.one_currency:
        shares[:] = [1.0, *[0.0] * (shares.shape[1] - 1)]
    return draws.choice("currency", shares[country])


def _between(uniform: Floats, low: Ints, high: Ints) -> Ints:
    """Whole numbers between bounds, small ones more often than large ones."""
    return np.asarray(np.floor(low * (high / low) ** uniform), dtype=np.int64)


def _one_of(draws: Draws, purpose: str, values: tuple[int, ...]) -> Ints:
    return np.asarray(np.array(values)[(draws.uniform(purpose) * len(values)).astype(int)])
