"""What changed since a number was last shown: the right amount under the right cause, for the right accounts."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from holdfast.errors import InputError
from holdfast.explain.diff import Diff
from holdfast.lake import Lake
from holdfast.settings import Settings
from holdfast.sources import import_files
from holdfast.workspace import Workspace
from holdfast.workspace.merging import merge, unmerge

HEAD = "subscription_id,account_id,valid_from,valid_to,unit_amount,currency,status\n"
FIRST = HEAD + "s1,a1,2024-01-05,,10,USD,active\ns2,a2,2024-01-05,,20,USD,active\ns3,a3,2024-01-10,,40,USD,active\n"
SHOWN = datetime(2024, 7, 3, 12, tzinfo=UTC)
LATER = datetime(2024, 8, 5, 12, tzinfo=UTC)


def bring(folder: Path, kind: str, text: str, known_at: datetime) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{kind}.csv"
    path.write_text(text, encoding="utf-8")
    report = import_files(Lake(folder / "lake"), Settings(), kind, [path], known_at=known_at)
    assert not report.rejected, report.rejects


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    bring(tmp_path, "subscriptions", FIRST, datetime(2024, 6, 1, tzinfo=UTC))
    return tmp_path


def since_shown(folder: Path, metric: str = "mrr", **question: object) -> Diff:
    with Workspace(folder) as workspace:
        question = {"period": "2024-06", **question}
        return workspace.diff(metric, SHOWN, question.pop("later", LATER), **question)  # type: ignore[arg-type]


def parts(diff: Diff) -> dict[str, tuple[Decimal | None, list[str]]]:
    """What acted: its part and the accounts that it moved."""
    return {
        step.leg.name: (step.part, sorted(one.account for one in step.accounts))
        for walk in diff.walks
        for step in walk.steps
        if step.part or step.accounts
    }


def test_a_row_that_came_late(folder: Path) -> None:
    bring(folder, "subscriptions", HEAD + "s9,a9,2024-06-10,,99,USD,active\n", datetime(2024, 7, 20, tzinfo=UTC))
    diff = since_shown(folder)
    assert parts(diff) == {"new subscription_terms": (Decimal(99), ["a9"])}
    assert (diff.walks[0].start, diff.walks[0].end) == (Decimal(70), Decimal(169))


def test_a_span_that_was_corrected(folder: Path) -> None:
    bring(folder, "subscriptions", HEAD + "s2,a2,2024-01-05,,15,USD,active\n", datetime(2024, 7, 20, tzinfo=UTC))
    assert parts(since_shown(folder)) == {"changed subscription_terms": (Decimal(-5), ["a2"])}


@pytest.mark.slow
def test_an_end_that_was_learnt_late_is_churn_by_correction(folder: Path) -> None:
    ended = HEAD + "s3,a3,2024-01-10,2024-06-20,40,USD,active\n"
    bring(folder, "subscriptions", ended, datetime(2024, 7, 20, tzinfo=UTC))
    assert parts(since_shown(folder)) == {"changed subscription_terms": (Decimal(-40), ["a3"])}
    churn = since_shown(folder, "customer-churn")
    assert churn.walks[0].start == 0
    assert abs(churn.walks[0].end - Decimal(1) / 3) < Decimal("1e-15")  # type: ignore[operator]
    assert next(one.after for step in churn.walks[0].steps for one in step.accounts)["churned_accounts"] == 1


@pytest.mark.slow
def test_a_late_refund_under_a_policy_that_subtracts_them(folder: Path) -> None:
    refund = (
        "payment_id,account_id,subscription_id,paid_at,amount,currency,status,service_from,service_to\n"
        "r1,a1,s1,2024-07-01,10,USD,refunded,2024-06-05,2024-07-05\n"
    )
    bring(folder, "payments", refund, datetime(2024, 7, 20, tzinfo=UTC))
    assert parts(since_shown(folder, policy="recurly")) == {"new payments": (Decimal(-10), ["a1"])}
    assert parts(since_shown(folder)) == {}


@pytest.mark.slow
def test_a_merge_and_its_undoing(folder: Path) -> None:
    lake = Lake(folder / "lake")
    merge(lake, "a2", "a1", "one firm", datetime(2024, 7, 10, tzinfo=UTC))
    told = since_shown(folder, "mrr", column="accounts")
    assert parts(told) == {"merge": (Decimal(-1), ["a1", "a2"])}
    assert parts(since_shown(folder))["merge"] == (Decimal(0), ["a1", "a2"])
    unmerge(lake, "a2", datetime(2024, 7, 25, tzinfo=UTC))
    assert parts(since_shown(folder, "mrr", column="accounts")) == {}
    assert parts(since_shown(folder, later=datetime(2024, 7, 15, tzinfo=UTC), column="accounts"))["merge"][0] == -1


@pytest.mark.slow
def test_another_policy_of_the_company(folder: Path) -> None:
    free = HEAD + "s4,a4,2024-01-05,,30,USD,active\ns4,a4,2024-06-05,,0,USD,active\n"
    bring(folder, "subscriptions", free, datetime(2024, 6, 2, tzinfo=UTC))
    with Workspace(folder) as workspace:
        workspace.query("mrr", start="2024-06-01", end="2024-06-30")
        shown = datetime.now(UTC)
    (folder / "holdfast.toml").write_text('policy = "chartmogul"\n', encoding="utf-8")
    with Workspace(folder) as workspace:
        before = workspace.query("mrr", start="2024-06-01", end="2024-06-30", as_of=shown)
        assert before.query.policy.name == "holdfast"
        assert workspace.query("mrr", start="2024-06-01", end="2024-06-30").query.policy.name == "chartmogul"
        told = workspace.diff("mrr", shown, period="2024-06", column="accounts")
    assert parts(told) == {"policy": (Decimal(1), ["a4"])}


def test_an_open_month_goes_on(folder: Path) -> None:
    bring(folder, "subscriptions", HEAD + "s5,a5,2024-07-10,,7,USD,active\n", datetime(2024, 7, 1, tzinfo=UTC))
    told = since_shown(folder, period="2024-07")
    assert parts(told) == {"time": (Decimal(7), ["a5"])}


@pytest.mark.slow
def test_several_causes_add_up(folder: Path) -> None:
    news = HEAD + "s2,a2,2024-01-05,,15,USD,active\ns9,a2,2024-06-10,,99,USD,active\n"
    bring(folder, "subscriptions", news, datetime(2024, 7, 20, tzinfo=UTC))
    told = since_shown(folder)
    assert parts(told) == {
        "changed subscription_terms": (Decimal(-5), ["a2"]),
        "new subscription_terms": (Decimal(99), ["a2"]),
    }
    assert told.walks[0].difference == Decimal(94)


def test_nothing_changed(folder: Path) -> None:
    told = since_shown(folder)
    assert parts(told) == {}
    assert "Nothing that the number rests on has changed" in str(since_shown(folder, later=SHOWN))


def test_times_in_the_wrong_order_are_said(folder: Path) -> None:
    with Workspace(folder) as workspace, pytest.raises(InputError, match="name the earlier time first"):
        workspace.diff("mrr", LATER, SHOWN, period="2024-06")
