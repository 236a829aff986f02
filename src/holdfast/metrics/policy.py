"""Policies: the named rules under which the same facts give different numbers.

A policy is a value for every switch. The presets follow the published rules of well-known systems;
where a vendor's rule is not published the default's is used.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from holdfast.errors import InputError, UnknownName


@dataclass(frozen=True)
class Switch:
    """One rule on which systems differ."""

    name: str
    meaning: str
    default: str
    values: tuple[str, ...] = ()
    """The allowed values; empty where any positive number is."""
    optional: bool = False
    """True where `none` is allowed beside a number."""

    def check(self, value: str) -> str:
        """The value in its usual writing. Raises `InputError` that lists the allowed ones."""
        value = str(value).strip().lower()
        if self.values:
            if value in self.values:
                return value
            raise InputError(f"{self.name}={value!r} is not allowed; it takes {', '.join(self.values)}")
        if self.optional and value == "none":
            return value
        try:
            number = Fraction(value)
        except (ValueError, ZeroDivisionError):
            number = Fraction(0)
        if not 0 < number <= 100_000 or number.denominator > 1_000_000:
            allowed = "a positive number or fraction, such as 30.437 or 365/12" + (", or none" if self.optional else "")
            raise InputError(f"{self.name}={value!r} is not allowed; it takes {allowed}")
        return _written(number)


def _written(number: Fraction) -> str:
    """A number as a decimal where that is exact, else as a fraction."""
    places = next((n for n in range(7) if (number * 10**n).denominator == 1), None)
    return str(number) if places is None else f"{float(number):.{places}f}"


SWITCHES: dict[str, Switch] = {
    switch.name: switch
    for switch in (
        Switch("day_factor", "months' worth of daily intervals: MRR of a daily price is the price times this", "365/12"),
        Switch("week_factor", "the same for weekly intervals", "13/3"),
        Switch("discounts", "which discounts lower MRR: while they run, only those for ever, or none", "running", ("running", "forever", "none")),
        Switch("past_due", "whether an unpaid subscription still counts, or churns 30 days after it fell due", "count", ("count", "churn-after-30d")),
        Switch("paused", "whether a paused subscription counts as nothing or as before", "zero", ("zero", "count")),
        Switch("zero_price", "whether a customer whose price falls to zero churns or stays", "churn", ("churn", "stay")),
        Switch("refunds", "whether refunds with a service period lower the MRR of that period", "ignore", ("ignore", "subtract")),
        Switch("metered", "whether usage-billed items are left out or count as the mean of their last 3 months", "exclude", ("exclude", "mean-3")),
        Switch("churn_date", "whether a cancelled subscription ends with its paid interval or when it was cancelled", "access-ends", ("access-ends", "cancellation")),
        Switch("reactivation", "which returns are reactivations; all others are new", "any", ("any", "after-1-month", "within-90-days")),
        Switch("same_period", "whether accounts new and gone within one period show in its movements", "both", ("both", "neither")),
        Switch("churn_numerator", "whom customer churn counts", "gone-at-end", ("gone-at-end", "left", "every-cancellation", "every-churn")),
        Switch("churn_denominator", "by what customer churn is divided", "start", ("start", "start+new")),
        Switch("nrr", "how net revenue retention and revenue churn are measured", "snapshot", ("snapshot", "movements", "baremetrics")),
        Switch("ltv_churn", "which churn rate LTV divides by", "pooled-6", ("pooled-6", "previous-6", "period")),
        Switch("ltv_floor", "least churn rate that LTV divides by", "none", optional=True),
        Switch("trial_conversion", "which trials a conversion rate is about", "by-start", ("by-start", "by-end", "by-new")),
        Switch("cohort_month_0", "whether a cohort's first month holds all who started or those left at its close", "full", ("full", "month-end")),
        Switch("cohort_age", "whether a cohort's age is counted in calendar months or from each account's own start", "calendar", ("calendar", "tenure")),
        Switch("fx", "which day's exchange rate is used with --currency", "service-start", ("service-start", "period-end")),
    )
}  # fmt: skip

PRESETS: dict[str, dict[str, str]] = {
    "holdfast": {},
    "chartmogul": {
        "paused": "count",
        "zero_price": "stay",
        "churn_numerator": "left",
        "nrr": "movements",
        "ltv_churn": "previous-6",
    },
    "stripe": {
        "discounts": "forever",
        "churn_numerator": "every-churn",
        "churn_denominator": "start+new",
        "ltv_churn": "period",
        "ltv_floor": "0.0167",
        "trial_conversion": "by-end",
        "cohort_month_0": "month-end",
    },
    "baremetrics": {
        "past_due": "churn-after-30d",
        "churn_numerator": "every-cancellation",
        "nrr": "baremetrics",
        "ltv_churn": "period",
        "trial_conversion": "by-new",
        "cohort_month_0": "month-end",
    },
    "profitwell": {"day_factor": "30", "week_factor": "4.33", "same_period": "neither"},
    "recurly": {"day_factor": "30", "refunds": "subtract", "reactivation": "after-1-month"},
    "maxio": {"paused": "count", "reactivation": "within-90-days"},
}

MRR_SWITCHES = (
    "day_factor",
    "week_factor",
    "discounts",
    "past_due",
    "paused",
    "zero_price",
    "refunds",
    "metered",
    "churn_date",
    "reactivation",
)
"""The switches that change `mrr_spans`, `mrr_changes` or `customer_spans`; the others act when a metric is computed."""


@dataclass(frozen=True)
class Policy:
    """A named value for every switch.

    >>> policy("stripe").discounts
    'forever'
    >>> policy("holdfast", {"week_factor": "4.33"}).factors["week"]
    Fraction(433, 100)
    """

    name: str
    switches: tuple[tuple[str, str], ...]

    def __getitem__(self, switch: str) -> str:
        return dict(self.switches)[switch]

    def __getattr__(self, switch: str) -> str:
        if switch not in SWITCHES:
            raise AttributeError(switch)
        return self[switch]

    @property
    def factors(self) -> dict[str, Fraction]:
        """Months' worth of one interval of each kind: what a price per interval is multiplied by."""
        return {
            "day": Fraction(self["day_factor"]),
            "week": Fraction(self["week_factor"]),
            "month": Fraction(1),
            "year": Fraction(1, 12),
        }

    @property
    def differences(self) -> dict[str, str]:
        """The switches that differ from the default policy."""
        return {name: value for name, value in self.switches if value != SWITCHES[name].check(SWITCHES[name].default)}

    @property
    def mrr_key(self) -> str:
        """Names the roll-ups that this policy can share with others."""
        own = [f"{name}={self[name]}" for name in MRR_SWITCHES if name in self.differences]
        return ";".join(own) or "default"


def unknown(kind: str, name: str, known: Mapping[str, object] | list[str]) -> UnknownName:
    """An error that lists what exists, with the nearest name as a hint."""
    import difflib

    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}?" if near else None
    return UnknownName(f"unknown {kind} {name!r}; there are: {', '.join(known)}", hint=hint)


def policy(
    name: str = "holdfast",
    overrides: Mapping[str, str] | None = None,
    own: Mapping[str, Mapping[str, str]] | None = None,
) -> Policy:
    """A preset or one of the user's `own` policies, with overrides on top.

    >>> policy("recurly").differences
    {'day_factor': '30', 'refunds': 'subtract', 'reactivation': 'after-1-month'}
    """
    return overridden(of_switches(name, _named(name, own or {})), overrides or {})


def of_switches(name: str, switches: Mapping[str, str]) -> Policy:
    """The policy with those values, and the defaults of all other switches."""
    return Policy(name, tuple((one.name, one.check(switches.get(one.name, one.default))) for one in SWITCHES.values()))


def overridden(base: Policy, overrides: Mapping[str, str]) -> Policy:
    """The policy with other values for some switches, which its name says.

    >>> overridden(policy("maxio"), {"paused": "zero"}).name
    'maxio + paused=zero'
    """
    if not overrides:
        return base
    chosen = dict(base.switches) | {_known_switch(switch): value for switch, value in overrides.items()}
    label = f"{base.name} + " + ", ".join(f"{switch}={value}" for switch, value in overrides.items())
    return of_switches(label, chosen)


def policy_with(base: Policy, **switches: str) -> Policy:
    """The policy with other values for some switches, under its own name."""
    return Policy(base.name, tuple((name, switches.get(name, value)) for name, value in base.switches))


def _named(name: str, own: Mapping[str, Mapping[str, str]], seen: tuple[str, ...] = ()) -> dict[str, str]:
    if name in seen:
        raise InputError(f"policies name each other in a circle: {' -> '.join((*seen, name))}")
    if name not in own:
        if name not in PRESETS:
            raise unknown("policy", name, [*PRESETS, *own])
        return dict(PRESETS[name])
    switches = dict(own[name])
    base = _named(switches.pop("base", "holdfast"), own, (*seen, name))
    return base | {_known_switch(switch): value for switch, value in switches.items()}


def _known_switch(name: str) -> str:
    normal = name.strip().replace("-", "_")
    if normal not in SWITCHES:
        raise unknown("policy switch", name, SWITCHES)
    return normal


def heeds(*switches: str) -> tuple[str, ...]:
    """The switches a metric over MRR depends on: those that make MRR, and its own."""
    return MRR_SWITCHES + tuple(_known_switch(switch) for switch in switches)
