"""All registered metrics: importing their modules registers them."""

from __future__ import annotations

from importlib import import_module

from holdfast.metrics.policy import unknown
from holdfast.metrics.registry import METRICS, Metric

GROUPS: dict[str, tuple[str, ...]] = {
    "Recurring revenue": ("recurring", "movements"),
    "Churn and retention": ("churn", "retention"),
    "What a customer is worth": ("value",),
    "Cohorts and tenure": ("cohorts", "tenure"),
    "What revenue is made of": ("composition", "divergence"),
    "Trials": ("trial_conversion", "trial_stay"),
    "Payments and renewals": ("payments", "renewals"),
    "Who uses the product": ("usage_active", "usage_retention"),
    "Features": ("usage_features", "usage_association", "usage_accounts", "usage_limits", "usage_by_feature"),
    "First steps": ("usage_value", "usage_funnel"),
}
"""What metrics are about, in the order in which a newcomer meets them: the modules of each group."""
OTHERS = "Others"
MODULES = tuple(module for modules in GROUPS.values() for module in modules)


def load() -> dict[str, Metric]:
    """Every metric by name, in the order in which a newcomer meets them, whatever was imported first.

    >>> "mrr" in load()
    True
    """
    for module in MODULES:
        import_module(f"holdfast.metrics.{module}")
    places = {f"holdfast.metrics.{module}": place for place, module in enumerate(MODULES)}
    ordered = sorted(METRICS.values(), key=lambda metric: places.get(metric.compute.__module__, len(places)))
    return {metric.name: metric for metric in ordered}


def grouped() -> dict[str, list[Metric]]:
    """The metrics by what they are about.

    >>> [metric.name for metric in grouped()["Trials"]]
    ['trial-conversion', 'trial-time-to-convert', 'trial-stay']
    """
    group_of = {f"holdfast.metrics.{module}": group for group, modules in GROUPS.items() for module in modules}
    found: dict[str, list[Metric]] = {group: [] for group in GROUPS}
    for metric in load().values():
        group = group_of.get(metric.compute.__module__)
        found.setdefault(group or OTHERS, []).append(metric)
    return {group: metrics for group, metrics in found.items() if metrics}


def find(name: str) -> Metric:
    """The metric of that name, in kebab-case or snake_case. Raises `UnknownName` with the nearest one."""
    metrics, normal = load(), name.strip().lower().replace("_", "-")
    if normal not in metrics:
        raise unknown("metric", name, metrics)
    return metrics[normal]
