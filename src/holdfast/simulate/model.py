"""The causal model of the simulated company: everything that is true of it, stated before anything is drawn.

A customer decides to leave in subscription month m with the probability

    hazard(m) = BASELINE[m] x product of the ratios of its attributes, plan, billing interval and recent experience,
                and of what its people did in the months before (`causes.TRIGGERS`)

and otherwise loses its subscription when a payment fails and is not recovered. What is not named here
as having a ratio has no effect. `truth.json` carries this model beside the data that it made.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from holdfast.simulate.causes import TRIAL_STEPS, TRIGGERS, TrialStep, Trigger

COMPANY = "Lanternworks"
PRODUCT = "Lantern"


@dataclass(frozen=True)
class Attribute:
    """A trait of an account: its values, how common each is, and the hazard ratio of each.

    `shares` may depend on another attribute, named by `given`: then there is one row of shares for each of its values.
    """

    name: str
    meaning: str
    values: tuple[str, ...]
    shares: tuple[float, ...] | tuple[tuple[float, ...], ...]
    ratios: tuple[float, ...] = ()
    given: str | None = None

    @property
    def acts(self) -> bool:
        """Whether the attribute changes the hazard of leaving."""
        return any(ratio != 1.0 for ratio in self.ratios)

    @property
    def hazard_ratios(self) -> dict[str, float]:
        return dict(zip(self.values, self.ratios or (1.0,) * len(self.values), strict=True))


SIZES = ("1-10", "11-50", "51-200", "201-1000", "1001+")
SIZE_BOUNDS = ((1, 10), (11, 50), (51, 200), (201, 1000), (1001, 3000))

ATTRIBUTES: tuple[Attribute, ...] = (
    Attribute("company_size", "band of the number of employees", SIZES, (0.42, 0.30, 0.16, 0.08, 0.04), (1.0, 0.75, 0.5, 0.32, 0.22)),
    Attribute(
        "industry",
        "line of business",
        ("Software", "Agency", "Retail", "Manufacturing", "Healthcare", "Education", "Finance", "Hospitality"),
        (0.22, 0.18, 0.14, 0.12, 0.10, 0.09, 0.09, 0.06),
        (1.0, 1.35, 1.2, 0.8, 0.8, 1.0, 1.0, 1.5),
    ),
    Attribute(
        "country",
        "country of the billing address",
        ("US", "GB", "DE", "FR", "NL", "CA", "AU", "ES"),
        (0.42, 0.12, 0.14, 0.08, 0.05, 0.08, 0.06, 0.05),
        (1.0, 1.0, 0.85, 1.0, 1.0, 1.0, 1.0, 1.25),
    ),
    Attribute(
        "channel",
        "how the account was won",
        ("search", "ads", "referral", "partner", "outbound", "event"),
        (0.28, 0.24, 0.14, 0.12, 0.14, 0.08),
        (1.0, 1.45, 0.6, 0.85, 1.15, 1.0),
    ),
    Attribute("onboarding", "whether the onboarding checklist was finished", ("completed", "skipped"), (0.6, 0.4), (0.45, 1.0)),
    Attribute(
        "payment_method",
        "how it pays; acts through failed payments only",
        ("card", "direct debit", "invoice"),
        ((0.85, 0.13, 0.02), (0.7, 0.22, 0.08), (0.5, 0.25, 0.25), (0.25, 0.25, 0.5), (0.1, 0.2, 0.7)),
        given="company_size",
    ),
    Attribute(
        "single_sign_on",
        "whether it signs in through its own directory; goes with size, does nothing by itself",
        ("yes", "no"),
        ((0.03, 0.97), (0.12, 0.88), (0.4, 0.6), (0.8, 0.2), (0.95, 0.05)),
        given="company_size",
    ),
    Attribute("browser", "browser of the first visit; does nothing", ("Chrome", "Safari", "Edge", "Firefox"), (0.55, 0.2, 0.15, 0.1)),
    Attribute("newsletter", "whether it takes the newsletter; does nothing", ("yes", "no"), (0.35, 0.65)),
    Attribute("favourite_colour", "colour of its workspace; does nothing", ("blue", "green", "violet", "orange"), (0.4, 0.25, 0.2, 0.15)),
)  # fmt: skip

TRIAL_KINDS = ("none", "card", "no card")


@dataclass(frozen=True)
class Plan:
    """A plan or add-on: whole major units a month for one, the same number in every currency."""

    plan_id: str
    name: str
    product: str
    price: int
    least_seats: int
    features: tuple[str, ...]
    limits: Mapping[str, int | None]
    hazard_ratio: float = 1.0


_BASE = ("boards", "comments", "calendar")
_TEAM = (*_BASE, "templates", "guests", "integrations")
_BUSINESS = (*_TEAM, "roles", "timesheets", "api")
_ENTERPRISE = (*_BUSINESS, "single sign-on", "audit log", "residency")

PLANS: tuple[Plan, ...] = (
    Plan("starter", "Starter", PRODUCT, 39, 1, _BASE, {"seats": 5, "projects": 10}, 1.2),
    Plan("team", "Team", PRODUCT, 12, 3, _TEAM, {"seats": 50, "projects": 100}),
    Plan("business", "Business", PRODUCT, 24, 10, _BUSINESS, {"seats": 500, "projects": None}, 0.85),
    Plan("enterprise", "Enterprise", PRODUCT, 36, 50, _ENTERPRISE, {"seats": None, "projects": None}, 0.7),
)
ADD_ONS: tuple[Plan, ...] = (
    Plan("insights", "Insights", "Lantern Insights", 59, 1, ("dashboards", "forecasts"), {"dashboards": 50}),
    Plan("automation", "Automation", "Lantern Automation", 99, 1, ("rules", "webhooks"), {"runs a month": 10_000}),
)
PROJECT_SCALE = (10, 100, 250, 600)
"""Projects that an account on each plan grows to, in ten months or more."""
YEARLY_MONTHS = 10
"""A year costs ten months."""

PLAN_SHARES = (
    (0.72, 0.26, 0.02, 0.0),
    (0.22, 0.58, 0.2, 0.0),
    (0.02, 0.43, 0.5, 0.05),
    (0.0, 0.1, 0.6, 0.3),
    (0.0, 0.02, 0.38, 0.6),
)
"""Share of each plan, one row for each company size."""
SEATS_OF_EMPLOYEES = (0.06, 0.28)
YEARLY_SHARES = (0.15, 0.25, 0.4, 0.6, 0.75)
"""Share that pays by the year, for each company size."""

CURRENCIES = ("USD", "EUR", "GBP")
CURRENCY_SHARES = {
    "US": (1.0, 0.0, 0.0),
    "CA": (1.0, 0.0, 0.0),
    "AU": (1.0, 0.0, 0.0),
    "GB": (0.2, 0.1, 0.7),
}
EURO_SHARES = (0.15, 0.85, 0.0)
"""For every other country."""


@dataclass(frozen=True)
class Model:
    """The numbers of the model. Rates are per account and month unless said otherwise."""

    baseline: tuple[float, ...] = (
        *(0.037, 0.038, 0.069, 0.043, 0.033, 0.028, 0.025, 0.023, 0.021, 0.020, 0.019, 0.029),
        *(0.020, 0.019, 0.018, 0.018, 0.017, 0.017, 0.017, 0.016, 0.016, 0.016, 0.016, 0.022, 0.016),
    )
    """Probability that the reference customer decides to leave in subscription month 1, 2, 3 ...; the last one stays."""
    attributes: tuple[Attribute, ...] = ATTRIBUTES
    yearly_ratio: float = 0.6
    failed_payment_ratio: float = 1.8
    """For `failed_payment_months` after a payment failed and was recovered."""
    failed_payment_months: int = 3
    discount_end_ratio: float = 1.7
    """For `discount_end_months` after a discount ended."""
    discount_end_months: int = 2
    trial_ratios: tuple[float, ...] = (1.0, 1.0, 1.3)
    """For customers that came without a trial, from a trial with a card, from one without."""

    triggers: tuple[Trigger, ...] = TRIGGERS
    narrow_share: float = 0.35
    """Accounts that use a third of their plan's features or fewer."""
    narrow_ratio: float = 1.6
    limit_plan_up_ratio: float = 6.0
    """How much more often a larger plan is bought while `limit reached` acts."""
    successor_share: float = 0.65
    """Share of the champions who left that somebody follows, one or two months later."""
    member_joins: float = 0.04
    """Probability that a member joins in a month."""
    member_leaves: float = 0.3
    """Share of the members who leave within three years."""

    one_currency: bool = False
    """Whether everybody pays in the first currency, wherever they are."""
    yearly_growth: float = 0.35
    """How much more accounts are won in a year than in the year before."""
    trial_shares: tuple[float, ...] = (0.6, 0.22, 0.18)
    trial_days: int = 14
    trial_conversion: tuple[float, ...] = (1.0, 0.28, 0.107)
    """Without a trial, with a card, without one: of those who did none of `trial_steps`, which multiply it."""
    trial_steps: tuple[TrialStep, ...] = TRIAL_STEPS
    late_conversion: float = 0.35
    """Share of the conversions without a card that come after the trial's end, within 30 days."""

    payment_failure: tuple[float, ...] = (0.02, 0.008, 0.004)
    """Probability that a renewal's payment fails, for each payment method."""
    recovery: float = 0.72
    """Probability that a failed payment is recovered."""
    dunning_days: int = 21
    """After which an unpaid subscription ends."""

    discount_share: float = 0.2
    discount_percents: tuple[int, ...] = (10, 20, 30, 50)
    discount_months: tuple[int, ...] = (3, 6, 12)
    discount_forever: float = 0.2
    """Share of the discounts that never end."""
    seats_up: float = 0.03
    seats_down: float = 0.013
    plan_up: float = 0.009
    plan_down: float = 0.003
    add_on_bought: float = 0.01
    add_on_dropped: float = 0.01
    pause: float = 0.004
    pause_months: tuple[int, ...] = (1, 2, 3)
    pause_ends_in_leaving: float = 0.2
    reactivation: float = 0.012
    """Of former customers, per month since they left, for the first year."""

    diverging_months: tuple[int, ...] = (4, 13)
    """Activation cohorts, counted from the first month, that lose more accounts and whose stayers grow fast."""
    diverging_hazard_ratio: float = 1.5
    diverging_seats_up: float = 0.16

    reasons: Mapping[str, float] = field(
        default_factory=lambda: {
            "too expensive": 0.27,
            "missing features": 0.2,
            "not used enough": 0.2,
            "switched to a competitor": 0.15,
            "project ended": 0.1,
            "company closed": 0.08,
        }
    )
    comment_share: float = 0.4
    unknown_cause: float = 0.04
    """Share of the wish-to-leave cancellations that do not say whose wish it was."""
    refund_share: float = 0.004
    users_at_first: int = 4
    users_at_most: int = 10
    cost_per_account: Mapping[str, float] = field(
        default_factory=lambda: {
            "search": 380.0,
            "ads": 1150.0,
            "referral": 240.0,
            "partner": 700.0,
            "outbound": 1700.0,
            "event": 1400.0,
        }
    )
    """Acquisition spend for each account won, by channel, in US dollars."""
    rates_to_usd: Mapping[str, float] = field(default_factory=lambda: {"EUR": 1.09, "GBP": 1.27})
    rate_volatility: float = 0.0035
    """Standard deviation of an exchange rate's daily change."""

    def attribute(self, name: str) -> Attribute:
        return next(attribute for attribute in self.attributes if attribute.name == name)

    @property
    def nothing(self) -> tuple[str, ...]:
        """The attributes without any effect, direct or through payments."""
        return tuple(a.name for a in self.attributes if not a.acts and a.name != "payment_method")


def shares_of(attribute: Attribute) -> Mapping[str, tuple[float, ...]] | tuple[float, ...]:
    """Shares by value of the attribute that they depend on, or the shares alone."""
    if attribute.given is None:
        return attribute.shares  # type: ignore[return-value]
    return dict(zip(SIZES, attribute.shares, strict=True))  # type: ignore[arg-type]
