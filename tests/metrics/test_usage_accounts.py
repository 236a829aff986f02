"""A company small enough to count by hand: what its accounts use of what they have."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from holdfast.charts import build
from holdfast.lake import Lake
from holdfast.settings import Settings
from holdfast.sources import import_files
from holdfast.workspace import Workspace

FILES = {
    "plans": """plan_id,product,features,limits
basic,app,boards,seats=5
pro,app,boards|reports,seats=10
""",
    "subscriptions": """subscription_id,account_id,plan_id,start_date,end_date,unit_amount,interval,currency,status
s1,acme,basic,2026-01-01,2026-02-10,10,month,USD,active
s1,acme,pro,2026-02-10,,30,month,USD,active
s2,birch,pro,2026-01-05,,0,month,USD,active
s3,cedar,pro,2026-02-20,2026-03-20,30,month,USD,trialing
s4,dune,basic,2026-01-01,2026-02-15,10,month,USD,active
""",
    "accounts": "account_id,country\nacme,DE\nbirch,FR\ncedar,DE\ndune,FR\n",
    "events": """message_id,timestamp,event,user_id,account_id
m1,2026-01-10,boards,u1,acme
m2,2026-01-10,boards,u2,acme
m3,2026-01-11,boards,u1,acme
m4,2026-01-20,reports,u1,acme
m5,2026-02-11,reports,u1,acme
m6,2026-02-12,boards,u1,acme
m7,2026-02-12,boards,u1,acme
m8,2026-02-21,reports,u3,cedar
m9,2026-01-31,boards,u4,birch
m10,2026-01-15,boards,u5,
""",
    "usage-gauges": """account_id,limit_name,measured_at,used
acme,seats,2026-01-20,4
acme,seats,2026-02-20,10
cedar,seats,2026-02-21,5
birch,seats,2026-03-01,99
""",
}


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    folder: Path = tmp_path_factory.mktemp("by-hand")
    lake, settings = Lake(folder / "lake"), Settings.load(folder)
    for kind, text in FILES.items():
        file = folder / f"{kind}.csv"
        file.write_text(text, encoding="utf-8")
        report = import_files(lake, settings, kind, [file], known_at=datetime(2020, 1, 1, tzinfo=UTC))
        assert not report.rejected, report.rejects
    with Workspace(folder) as opened:
        yield opened


def rows(workspace: Workspace, metric: str, *names: str, **question: Any) -> list[tuple[Any, ...]]:
    given = {"start": "2026-01-01", "end": "2026-02-28", "as_of": "2026-02-28"} | question
    found = workspace.query(metric, **given).to_dicts()
    return [tuple(row[name] for name in ("period", *names)) for row in found]


JAN, FEB = "2026-01-01", "2026-02-01"


def test_breadth_is_of_the_plan_at_the_close(workspace: Workspace) -> None:
    assert rows(workspace, "usage-breadth", "account", "status", "used", "features", "trend") == [
        (JAN, "acme", "paying", 1, 1, None),
        (JAN, "birch", "free", 1, 2, None),
        (JAN, "dune", "paying", 0, 1, None),
        (FEB, "acme", "paying", 2, 2, 0.0),
        (FEB, "cedar", "trial", 1, 2, None),
    ]


@pytest.mark.slow
def test_days_people_and_months(workspace: Workspace) -> None:
    found = rows(
        workspace, "usage-intensity", "account", "months_of_use", "active_days", "events", "active_users", "trend"
    )
    assert found == [
        (JAN, "acme", 1, 3, 4, 2, None),
        (JAN, "birch", 1, 1, 1, 1, None),
        (JAN, "dune", 0, 0, 0, 0, None),
        (FEB, "acme", 2, 2, 3, 1, 1.0),
        (FEB, "cedar", 1, 1, 1, 1, None),
    ]  # fmt: skip
    assert rows(workspace, "usage-frequency", "account", "active_days", "trend", where="account = 'acme'") == [
        (JAN, "acme", 3, None),
        (FEB, "acme", 2, -1),
    ]


def test_silence_is_measured_from_the_last_event(workspace: Workspace) -> None:
    assert rows(workspace, "silence", "account", "status", "last_day", "days", start=None, end=None) == [
        (FEB, "acme", "paying", "2026-02-12", 16),
        (FEB, "birch", "free", "2026-01-31", 28),
        (FEB, "cedar", "trial", "2026-02-21", 7),
    ]


def test_limits_are_those_of_the_plan_at_the_close(workspace: Workspace) -> None:
    assert rows(workspace, "limit-usage", "account", "limit", "used", "allowed", "over", "trend") == [
        (JAN, "acme", "seats", 4.0, 5.0, False, None),
        (FEB, "acme", "seats", 10.0, 10.0, True, pytest.approx(0.2)),
        (FEB, "cedar", "seats", 5.0, 10.0, False, None),
    ]


def test_adoption_is_of_those_who_have_the_feature(workspace: Workspace) -> None:
    shown = ("feature", "eligible", "adopters", "trial_adopters", "paying_eligible", "paying_adopters")
    assert rows(workspace, "feature-adoption", *shown) == [
        (JAN, "boards", 3, 2, 0, 2, 1),
        (JAN, "reports", 1, 0, 0, 0, 0),
        (FEB, "boards", 2, 1, 0, 1, 1),
        (FEB, "reports", 2, 2, 1, 1, 1),
    ]
    assert rows(workspace, "feature-adoption", "feature", "eligible", "adopters", of="users", end="2026-01-31") == [
        (JAN, "boards", 3, 3),
        (JAN, "reports", 1, 0),
    ]


@pytest.mark.slow
def test_a_change_of_plan_moves_an_account_between_groups(workspace: Workspace) -> None:
    found = rows(workspace, "feature-adoption", "plan", "feature", "eligible", "adopters", by="plan")
    assert [row for row in found if row[1] and row[2] == "boards"] == [
        (JAN, "basic", "boards", 2, 1),
        (JAN, "pro", "boards", 1, 1),
        (FEB, "basic", "boards", 0, 0),
        (FEB, "pro", "boards", 2, 1),
    ]


def test_use_by_feature_of_one_account(workspace: Workspace) -> None:
    shown = ("feature", "events", "active_days", "people")
    found = rows(workspace, "account-usage", *shown, grain="month", where="account = 'acme'", end="2026-01-31")
    assert found == [(JAN, "boards", 3, 2, 2), (JAN, "reports", 1, 1, 1)]


@pytest.mark.slow
def test_who_used_a_feature_is_set_beside_who_did_not(workspace: Workspace) -> None:
    found = workspace.query("feature-association", start="2026-02-01", as_of="2026-02-28").to_dicts()
    by_key = {(row["feature"], row["outcome"]): row for row in found}
    stay = by_key["boards", "stay"]
    assert (stay["users"], stay["users_kept"], stay["others"], stay["others_kept"]) == (1, 1, 1, 0)
    assert (stay["difference"], stay["high"]) == (1.0, 1.0) and 0 > stay["low"] > -1
    # the only trial runs on
    assert by_key["reports", "conversion"]["users"] == 0 and by_key["reports", "conversion"]["difference"] is None


def test_newcombe_s_own_example() -> None:
    """56 of 70 against 48 of 80: 0.2, from 0.0524 to 0.3339."""
    import duckdb
    import ibis

    from holdfast.metrics.usage_association import _compared

    one = pa.table({"users": [70], "users_kept": [56], "others": [80], "others_kept": [48]})
    sql = ibis.to_sql(_compared(ibis.table(one.schema, name="one")), dialect="duckdb")
    row = duckdb.sql(str(sql)).to_arrow_table().to_pylist()[0]
    assert (round(row["difference"], 4), round(row["low"], 4), round(row["high"], 4)) == (0.2, 0.0524, 0.3339)


NAMES = (
    *("feature-adoption", "feature-association", "usage-breadth", "usage-frequency"),
    *("usage-intensity", "silence", "limit-usage", "account-usage"),
)


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] if name != "silence" else []) for name in NAMES]
)
def test_each_draws_and_lists_nobody_where_nobody_is(workspace: Workspace, name: str) -> None:
    result = workspace.query(name, start="2026-02-01", as_of="2026-02-28")
    drawn = str(build(result.metric, result.arrow, result.query).to_dict())
    assert result.arrow.num_rows and "Nothing to show" not in drawn
    none = workspace.query(name, start="2026-02-01", as_of="2026-02-28", where="account = 'nobody'").to_dicts()
    assert not none if "account" in result.arrow.column_names else not any(row.get("eligible") for row in none)
