"""All registered metrics: importing their modules registers them."""

from __future__ import annotations

from importlib import import_module

from holdfast.metrics.registry import METRICS, Metric

MODULES = ("recurring", "movements", "churn", "retention", "value", "cohorts", "tenure", "composition", "divergence")


def load() -> dict[str, Metric]:
    """Every metric by name, in the order in which a newcomer meets them.

    >>> "mrr" in load()
    True
    """
    for module in MODULES:
        import_module(f"holdfast.metrics.{module}")
    return METRICS


def find(name: str) -> Metric:
    """The metric of that name. Raises `UnknownName` with the nearest one."""
    from holdfast.metrics.registry import get

    load()
    return get(name)
