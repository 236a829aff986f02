"""What belongs to the company as a whole: exchange rates and what was spent on winning customers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from holdfast.facts.money import MICROS
from holdfast.simulate.accounts import Window
from holdfast.simulate.draws import Floats, Ints, stream
from holdfast.simulate.model import Model

COMPANY_BLOCK = 2**32 - 1
"""Number of the streams that belong to no block of accounts."""
RETENTION_SHARE = 0.06
"""Spent on keeping customers, for each unit spent on winning them."""


@dataclass(frozen=True)
class Rates:
    """Daily rates between two currencies, six decimals: units of `target` for one `source`."""

    day: Ints
    source: str
    target: str
    rate_micros: Ints


def exchange_rates(model: Model, window: Window, seed: int) -> list[Rates]:
    """A random walk for each currency against the dollar, and the crosses, for every day of the window."""
    days = np.arange(window.start - 31, window.end + 1)
    dollars: dict[str, Floats] = {"USD": np.ones(len(days))}
    for currency, level in model.rates_to_usd.items():
        steps = stream(seed, COMPANY_BLOCK, f"rate {currency}").random(len(days)) - 0.5
        dollars[currency] = level * np.exp(np.cumsum(steps) * np.sqrt(12) * model.rate_volatility)
    return [
        Rates(days, source, target, np.rint(dollars[source] / dollars[target] * MICROS).astype(np.int64))
        for source in dollars
        for target in dollars
        if source != target
    ]


@dataclass(frozen=True)
class Spend:
    """Spend of one purpose and channel, by week, in cents of the dollar."""

    day: Ints
    purpose: str
    channel: str
    cents: Ints


def spend(model: Model, window: Window, accounts: int, seed: int) -> list[Spend]:
    """Weekly spend: the accounts that a channel is expected to win, times what one costs there, give or take."""
    days = np.arange(window.start, window.end + 1, 7)
    weights = (1 + model.yearly_growth) ** ((days - window.start) / 365)
    won = accounts * weights / weights.sum()
    channel = model.attribute("channel")
    found = []
    for name, share in zip(channel.values, channel.shares, strict=True):
        noise = 0.8 + 0.4 * stream(seed, COMPANY_BLOCK, f"spend {name}").random(len(days))
        cost = won * np.float64(share) * model.cost_per_account[name] * noise  # type: ignore[arg-type]
        found.append(Spend(days, "acquisition", name, np.rint(cost * 100).astype(np.int64)))
    keeping = sum((row.cents for row in found), np.zeros(len(days), dtype=np.int64)) * RETENTION_SHARE
    return [*found, Spend(days, "retention", "customer success", np.rint(keeping).astype(np.int64))]
