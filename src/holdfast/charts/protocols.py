"""What a chart must know of a metric and a question; `holdfast.metrics` provides both, one layer up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Protocol


class Spec(Protocol):
    """How a metric is drawn."""

    @property
    def kind(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def x(self) -> str: ...
    @property
    def y(self) -> tuple[str, ...]: ...
    @property
    def split(self) -> tuple[str, ...]: ...


class ColumnMeaning(Protocol):
    """One column of a metric's answer."""

    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def meaning(self) -> str: ...


class DrawnMetric(Protocol):
    """A metric, as far as a chart is concerned."""

    @property
    def name(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def columns(self) -> Sequence[ColumnMeaning]: ...
    @property
    def chart(self) -> Spec: ...


class Question(Protocol):
    """What was asked, as far as a chart is concerned."""

    @property
    def grain(self) -> str: ...
    @property
    def today(self) -> date: ...
    @property
    def by(self) -> tuple[str, ...]: ...
    @property
    def currency(self) -> str | None: ...
