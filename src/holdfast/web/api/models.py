"""The shapes of what the API answers."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Shape(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Problem(Shape):
    """What went wrong."""

    code: str = Field(description="invalid, unauthorized, forbidden, not_found, too_many, not_ready or error")
    message: str = Field(description="what was given, and what is allowed")
    hint: str | None = Field(description="what to do")


# metrics


class ColumnInfo(Shape):
    name: str
    kind: str = Field(description="period, cohort, day, count, money, rate, number, flag, label or dimension")
    meaning: str


class OptionInfo(Shape):
    name: str
    default: int | str
    meaning: str
    choices: list[str] = Field(description="the allowed values; empty where any number or text is")


class MetricInfo(Shape):
    metric: str
    title: str
    group: str
    unit: str
    definition: str
    formula: str
    grain: str = Field(description="the grain used when none is asked for")
    grains: list[str]
    columns: list[ColumnInfo]
    options: list[OptionInfo]


class MetricList(Shape):
    metrics: list[MetricInfo]


class LeftOut(Shape):
    reason: str
    rows: int
    examples: list[str] = []


class Evidence(Shape):
    """What an answer rests on."""

    counted: str
    rows_counted: int
    rows_left_out: int
    left_out: list[LeftOut]
    open_periods: list[date] = Field(description="periods that are not over yet")
    as_of: datetime | None
    today: date
    tables: dict[str, int] = Field(description="the version of each table that was read")
    policy_switches: dict[str, str]
    notes: list[str]


class MetricAnswer(Shape):
    """The answer to a question."""

    metric: str
    unit: str
    policy: str
    grain: str
    currency: str | None = Field(description="what all money was converted into; null where each row has its own")
    options: dict[str, int | str]
    columns: list[str]
    rows: list[dict[str, Any]] = Field(description="amounts in major units, shares as fractions, days as ISO dates")
    evidence: Evidence
    sql: str = Field(description="the SQL as it was run")


class SwitchInfo(Shape):
    switch: str
    value: str
    mattered: bool | None = Field(default=None, description="whether another value would give another number")
    values_that_would_change_it: list[str] | None = None
    why_not: str | None = None


class PolicyUsed(Shape):
    name: str
    switches: list[SwitchInfo]


class WorkingInfo(Shape):
    row: str
    formula: str
    figures: str
    result: str


class ExplanationAnswer(Shape):
    """All that can be asked of a number."""

    metric: str
    title: str
    unit: str
    definition: str
    formula: str
    reference: str | None
    sources: list[str]
    columns: list[ColumnInfo]
    policy: PolicyUsed
    working: list[WorkingInfo] = Field(description="the formula of each row with its own figures")
    evidence: Evidence
    accounts: list[dict[str, Any]] | None = Field(description="the accounts behind one period, with their facts")
    accounts_in_all: int
    sql: str


class StepInfo(Shape):
    step: str
    meaning: str
    before: str | None
    after: str | None
    value: float | None
    part: float | None = Field(description="what the step contributes to the difference")
    accounts_moved: int
    accounts: list[dict[str, Any]]


class WalkInfo(BaseModel):
    """From one number to another in steps, for one row of the answer, such as one currency."""

    model_config = ConfigDict(extra="allow")

    start: float | None
    steps: list[StepInfo]
    end: float | None
    difference: float | None


class BridgeAnswer(Shape):
    """What each rule contributes to the difference between two policies. The parts add up exactly."""

    metric: str
    period: date
    grain: str
    figure: str
    from_policy: str
    to_policy: str
    bridges: list[WalkInfo]
    without_effect: list[str]


class DiffAnswer(Shape):
    """What changed since a number was shown. The parts add up exactly."""

    metric: str
    period: date
    grain: str
    figure: str
    earlier: datetime | None
    later: datetime | None
    differences: list[WalkInfo]


class SwitchMeaning(Shape):
    switch: str
    meaning: str
    default: str
    values: list[str] = Field(description="the allowed values; empty where any positive number is")


class PolicyInfo(Shape):
    name: str
    own: bool = Field(description="whether the company defined it")
    used: bool = Field(description="whether it is the company's policy")
    switches: dict[str, str]


class PolicyList(Shape):
    switches: list[SwitchMeaning]
    policies: list[PolicyInfo]


# accounts and tables


class AccountInfo(Shape):
    account_id: str
    name: str
    mrr: dict[str, float] = Field(description="monthly recurring revenue today, by currency; empty without any")


class AccountList(Shape):
    total: int
    limit: int
    offset: int
    accounts: list[AccountInfo]


class TableColumn(Shape):
    name: str
    type: str
    meaning: str
    unit: str
    required: bool
    personal: bool


class TableInfo(Shape):
    table: str
    meaning: str
    key: list[str]
    columns: list[TableColumn]


class TableList(Shape):
    tables: list[TableInfo]


class TableRows(Shape):
    table: str
    total: int
    limit: int
    offset: int
    columns: list[str]
    rows: list[dict[str, Any]] = Field(description="amounts as stored: names that end in _micros are millionths")


# sources


class SourceInfo(Shape):
    """received = accepted + rejected + duplicate + conflict, and accepted = loaded + pending + erased."""

    source: str
    received: int
    accepted: int
    rejected: int
    duplicate: int
    conflict: int
    loaded: int
    pending: int
    erased: int
    last_received: datetime | None
    in_lake: int | None = Field(description="counted in the lake, where that was asked for")
    holds: bool = Field(description="whether the counts add up")


class Waiting(Shape):
    requests: int
    oldest: datetime | None


class Lost(Shape):
    first: int
    last: int
    reason: str


class SourceList(Shape):
    sources: list[SourceInfo]
    waiting: Waiting
    lost: list[Lost]
    refused_requests: int


class RejectedEvent(Shape):
    request: int
    item: int
    source: str
    received: datetime
    outcome: str
    reason: str
    raw: str = Field(description="the event as it was sent")


class RejectedList(Shape):
    events: list[RejectedEvent]


class SeenInfo(Shape):
    request: int
    item: int
    source: str
    received: datetime
    outcome: str
    reason: str | None
    type: str | None
    event: str | None
    user_id: str | None
    anonymous_id: str | None
    account_id: str | None
    message_id: str | None
    occurred: datetime | None
    time_note: str | None


class SeenList(Shape):
    events: list[SeenInfo]
    after: str = Field(description="where these end: ask again with it for what came since")
