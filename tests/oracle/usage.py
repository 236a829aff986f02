"""The oracle of what happens in the product: every usage metric by brute force, from the definitions alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from . import usage_accounts, usage_activity, usage_features, usage_retention, usage_value
from .facts import Facts, Question
from .usage_facts import of
from .usage_view import Rows, Usage

USAGE: dict[str, Callable[[Usage], Rows]] = {
    "active-users": usage_activity.active,
    "active-accounts": usage_activity.active,
    "stickiness": usage_activity.stickiness,
    "active-days": usage_activity.active_days,
    "lifecycle": usage_activity.lifecycle,
    "usage-retention": usage_retention.usage_retention,
    "feature-adoption": usage_features.feature_adoption,
    "feature-association": usage_features.feature_association,
    "usage-breadth": usage_accounts.usage_breadth,
    "usage-frequency": usage_accounts.usage_frequency,
    "usage-intensity": usage_accounts.usage_intensity,
    "silence": usage_accounts.silence,
    "limit-usage": usage_accounts.limit_usage,
    "account-usage": usage_activity.account_usage,
    "time-to-value": usage_value.time_to_value,
    "onboarding": usage_value.onboarding,
    "funnel": usage_value.funnel,
}

COUNTED = {"active-users": "users", "active-accounts": "accounts"}
"""Metrics that say themselves who is counted."""


def usage_rows(facts: Facts, question: Question, policy: Mapping[str, str]) -> Rows:
    counted = COUNTED.get(question.metric, question.of)
    return USAGE[question.metric](Usage(of(facts), policy, replace(question, of=counted)))
