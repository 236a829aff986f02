"""What people do and what it leads to, stated before anything is drawn.

A trigger that begins in one billing month acts on the hazard of leaving some months *later*: behaviour comes first, the
decision after it. What follows a decision that is already made is a sign, not a cause, and is listed apart.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Trigger:
    """Something that happens in an account and makes it leave more often `first` to `last` months after it began."""

    name: str
    meaning: str
    ratio: float
    first: int
    last: int
    chance: float
    """Probability that it begins in a month; 0 for what follows from the state of the account."""
    use: tuple[float, ...] = ()
    """Factor on how much people do, in the month that it begins and in those after it."""


FALL, SILENCE, CHAMPION_LEFT, LIMIT, PILE_UP = (
    "usage falls",
    "long silence",
    "champion left",
    "limit reached",
    "unresolved tickets",
)
TRIGGERS = (
    Trigger(FALL, "use falls two months running, to a third of what it was", 3.0, 2, 3, 0.03, (0.6, 0.35, 0.3, 0.3)),
    Trigger(SILENCE, "nobody does anything for a whole billing month", 3.0, 1, 2, 0.012, (0.0,)),
    Trigger(CHAMPION_LEFT, "the champion left the company", 2.2, 1, 3, 0.018),
    Trigger(LIMIT, "the projects that the plan allows are all in use", 1.4, 1, 3, 0.0),
    Trigger(PILE_UP, "three to five tickets of one month stay open for six weeks and more", 2.0, 1, 2, 0.012),
)  # fmt: skip
LONGEST = max(trigger.last for trigger in TRIGGERS)

NARROW = "narrow use"
NARROW_MEANING = "a third of the plan's features or fewer is used, from the first paid month on; acts from the second"


@dataclass(frozen=True)
class TrialStep:
    """Something that a new account does or leaves, and how many times as often it then pays after its trial."""

    name: str
    event: str
    ratio: float
    share: float
    """Probability among the accounts that skip the onboarding checklist; the others do all of it."""


BOARD, INVITE = "first board", "first invitation"
TRIAL_STEPS = (
    TrialStep(BOARD, "Board Created", 1.6, 0.55),
    TrialStep(INVITE, "Invite Sent", 1.5, 0.3),
)
TRIAL_COMMENTS = (0.25, 0.85)
"""Share of the trials that comment, without and with an invitation. A comment itself converts nobody."""
TRIAL_FEATURES = 0.35
"""Share of the trials that try a feature other than boards and comments, for each of them: without any effect."""

FEATURE_EVENTS = {
    "boards": ("Card Moved", "Board Created"),
    "comments": ("Comment Added",),
    "calendar": ("Calendar Opened",),
    "templates": ("Template Used",),
    "guests": ("Guest Invited",),
    "integrations": ("Integration Synced",),
    "roles": ("Role Changed",),
    "timesheets": ("Time Logged",),
    "api": ("API Called",),
    "single sign-on": ("Single Sign-On Used",),
    "audit log": ("Audit Log Opened",),
    "residency": ("Region Chosen",),
    "dashboards": ("Dashboard Opened",),
    "forecasts": ("Forecast Made",),
    "rules": ("Rule Run",),
    "webhooks": ("Webhook Sent",),
}
"""The events that are use of each feature of a plan or add-on."""
SIGN_UP, FINISHED, SIGN_IN, EXPORTED = "Signed Up", "Onboarding Completed", "Signed In", "Data Exported"
ONBOARDING = (SIGN_UP, *(step.event for step in TRIAL_STEPS), FINISHED)
KEY_EVENT = "Board Created"
IDLE_EVENTS = ("Search Used", "Theme Changed")
"""Track events that belong to no feature and have no effect."""
PAGES = ("Home", "Pricing", "Help", "Changelog")

BEHAVIOUR_WITHOUT_EFFECT = {
    "page views": "how many pages are looked at",
    **dict.fromkeys(IDLE_EVENTS, "differs from person to person, acts on nothing"),
    "tickets that are resolved": "how many there are, and how soon they are closed",
    "seats at the limit": "only projects at the limit act",
    "members who join or leave": "only the champion's leaving acts",
    "each single feature": "goes with narrow or wide use; which features it is makes no difference",
}
SIGNS = {
    "use before the request": "in the 14 days before the cancellation is asked for, people do 0.6 of what they did",
    "use after the request": "from the request until access ends, people do 0.45 of what they did",
    EXPORTED: "half of those who leave export their data after the request, or in the 7 days before it",
}
"""What follows the decision to leave."""
BEFORE_REQUEST, AFTER_REQUEST = (14, 0.6), 0.45
EXPORT_SHARE, EXPORT_DAYS = 0.5, 7
GOES_WITH_CONVERSION = {
    "Comment Added": "colleagues who were invited comment; among trials with an invitation it makes no difference",
    FINISHED: "comes after the steps that convert, and adds nothing to them",
    "length of the trial's use": "more is done where colleagues were invited",
}
NOTHING_FOR_CONVERSION = tuple(
    event
    for feature, events in FEATURE_EVENTS.items()
    if feature not in ("boards", "comments", "dashboards", "forecasts", "rules", "webhooks")
    for event in events
)


def hazard_ratios(narrow_ratio: float, triggers: tuple[Trigger, ...] = TRIGGERS) -> dict[str, dict[str, float]]:
    """The hazard ratio of each trigger, by the months after its beginning in which it acts.

    >>> hazard_ratios(1.6)["champion left"]
    {'1 to 3 months before': 2.2}
    """
    found = {t.name: {f"{t.first} to {t.last} months before": t.ratio} for t in triggers}
    return {NARROW: {"narrow": narrow_ratio, "wide": 1.0}, **found}
