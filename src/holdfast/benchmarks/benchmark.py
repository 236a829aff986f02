"""What a published figure is: its number, and all that must match before a company's own stands beside it."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from holdfast.errors import HoldfastError

CustomerType = Literal["smb", "mid-market", "enterprise", "consumer"]
Unit = Literal["rate", "ratio", "months", "times"]
PERIODS = ("month", "quarter", "year", "trailing-12-months")
"""The periods that an own figure can be computed for. `year` is a calendar year."""


class Part(BaseModel):
    """A piece of an entry: what it does not name is an error, and nothing in it changes."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Band(Part):
    """From `low` on, to below `high`; an end that is not given is open.

    >>> 25 in Band(high=25), 25 in Band(low=25), 24.99 in Band(high=25)
    (False, True, True)
    """

    low: float | None = None
    high: float | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.low is None and self.high is None:
            raise ValueError("a band needs low, high or both")
        if self.low is not None and self.high is not None and self.low >= self.high:
            raise ValueError(f"low ({self.low:g}) must be below high ({self.high:g})")
        return self

    def __contains__(self, value: float) -> bool:
        return (self.low is None or value >= self.low) and (self.high is None or value < self.high)


class Values(Part):
    """The figure: quartiles, a range (open at an end that is not given), or one value."""

    p25: float | None = None
    median: float | None = None
    p75: float | None = None
    low: float | None = None
    high: float | None = None
    value: float | None = None

    @model_validator(mode="after")
    def _one_shape(self) -> Self:
        quartiles = [number for number in (self.p25, self.median, self.p75) if number is not None]
        ends = [number for number in (self.low, self.high) if number is not None]
        shapes = [bool(quartiles), bool(ends), self.value is not None]
        if sum(shapes) != 1:
            raise ValueError("give either p25, median and p75 (or some of them), or low and high (or one), or value")
        if quartiles != sorted(quartiles) or ends != sorted(ends):
            raise ValueError("numbers must rise: p25, median, p75 and low, high")
        return self


class Segment(Part):
    """Which companies a figure is about. `text` says it in words; the rest is what can be checked."""

    text: str = Field(min_length=1)
    arpa: Band | None = None
    """MRR per account, in `currency`."""
    acv: Band | None = None
    """Annual contract value, taken as 12 x ARPA."""
    arr: Band | None = None
    company_age: Band | None = None
    """Years since the company was founded."""
    customers: tuple[CustomerType, ...] = ()
    trial: Literal["card", "no-card"] | None = None
    currency: str = Field("USD", pattern="^[A-Z]{3}$")
    """Of the bands."""


class Source(Part):
    """Who published it, and where. The address is told, never fetched."""

    title: str = Field(min_length=1)
    publisher: str = Field(min_length=1)
    year: int | None = Field(None, ge=1950, le=2200)
    """Null where the publication has no date."""
    url: str = Field("", pattern="^(https?://.*)?$")


class Figure(Part):
    """How a company's own figure is computed to the published definition.

    The `column` of `metric`, or the sum of the columns `over` divided by that of `under`, signs left out; with
    `complement`, 1 less that.
    """

    metric: str | None = None
    """The metric asked, where it is another one than the benchmark's."""
    column: str = "rate"
    over: tuple[str, ...] = ()
    under: tuple[str, ...] = ()
    complement: bool = False
    words: str = ""
    """How it was rebuilt, where it is not the metric as it stands."""

    @model_validator(mode="after")
    def _both_or_none(self) -> Self:
        if bool(self.over) != bool(self.under):
            raise ValueError("over and under go together: the sum of the first is divided by that of the second")
        return self

    @property
    def columns(self) -> tuple[str, ...]:
        return (*self.over, *self.under) or (self.column,)


class Benchmark(Part):
    """One published figure."""

    id: str = Field(pattern="^[a-z0-9][a-z0-9-]*$")
    title: str = Field(min_length=1)
    metric: str | None = None
    """The metric that it is about; null where Holdfast has none like it."""
    definition: str = Field(min_length=1)
    period: str = Field(min_length=1)
    unit: Unit
    values: Values
    label: str = Field(min_length=1)
    """What the number is: median, best in class, rule of thumb …"""
    better: Literal["lower", "higher"] | None = None
    policy: str | None = None
    """Whose rules it was computed by; the own figure is computed by them too."""
    switches: dict[str, str] = Field(default_factory=dict)
    """Single rules that it demands, over the policy."""
    figure: Figure = Figure()
    why_not: str = ""
    """Why no company's own figure may stand beside it, whatever the segment."""
    segment: Segment
    source: Source
    primary: bool
    """Whether the publisher's own text was found to hold the figure; false where only others quote it."""
    note: str = ""
    trap: str = ""
    """How it is commonly misread."""
    own: bool = Field(False, exclude=True)
    """True for a user's entry."""

    @model_validator(mode="after")
    def _can_be_compared_or_says_why_not(self) -> Self:
        if self.why_not:
            return self
        if self.metric is None:
            raise ValueError("without a metric, why_not must say why nothing is compared")
        if self.period not in PERIODS:
            known = ", ".join(PERIODS)
            raise ValueError(f"period {self.period!r} can be compared with nothing; use {known}, or say why_not")
        self._check_figure(self.figure.metric or self.metric)
        return self

    @model_validator(mode="after")
    def _names_exist(self) -> Self:
        """The metric, the policy and its switches are ones that there are."""
        from holdfast.metrics import catalog
        from holdfast.metrics.policy import PRESETS
        from holdfast.metrics.policy import policy as checked

        try:
            if self.metric is not None:
                catalog.find(self.metric)
            checked(self.policy if self.policy in PRESETS else "holdfast", self.switches)
        except HoldfastError as error:
            raise ValueError(str(error)) from error
        return self

    def _check_figure(self, name: str) -> None:
        from holdfast.metrics import catalog

        try:
            metric = catalog.find(name)
        except HoldfastError as error:
            raise ValueError(str(error)) from error
        known = [column.name for column in metric.columns if column.kind in ("rate", "number", "money", "count")]
        for column in self.figure.columns:
            if column not in known:
                there = ", ".join(known)
                raise ValueError(f"{metric.name} has no column {column!r}; name one of {there} in figure")
        if self.period == "trailing-12-months" and not any(option.name == "window" for option in metric.options):
            raise ValueError(f"{metric.name} looks back over no window; nrr and grr do. Use month, quarter or year")

    @property
    def asked_metric(self) -> str:
        """The metric whose answer holds the own figure."""
        return self.figure.metric or self.metric or ""
