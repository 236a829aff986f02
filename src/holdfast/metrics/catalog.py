"""All registered metrics: importing their modules registers them."""

from __future__ import annotations

from importlib import import_module

from holdfast.metrics.registry import METRICS, Metric

MODULES = (
    *("recurring", "movements", "churn", "retention", "value", "cohorts", "tenure", "composition", "divergence"),
    *("trial_conversion", "trial_stay", "payments", "renewals", "usage_active", "usage_retention"),
    *("usage_features", "usage_association", "usage_accounts", "usage_limits", "usage_by_feature"),
    *("usage_value", "usage_funnel"),
)


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


def find(name: str) -> Metric:
    """The metric of that name. Raises `UnknownName` with the nearest one."""
    from holdfast.metrics.registry import get

    load()
    return get(name)
