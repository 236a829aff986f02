"""Merged accounts count as one everywhere, as if they had always been one, and a merge can be taken back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from holdfast.errors import InputError
from holdfast.lake import Lake
from holdfast.metrics.policy import policy
from holdfast.workspace import Workspace
from holdfast.workspace.merging import MOST_IN_ONE, merge, standing_merges, unmerge
from holdfast.workspace.standing import in_the_end
from tests.oracle import Account, Facts, Question, answer, assert_same
from tests.strategies import TODAY, random_company
from tests.system import asked, stored

COMPANY = random_company(2, 9)
PAIRS = (("a0000", "a0003"), ("a0003", "a0004"), ("a0007", "a0001"))
METRICS = ("mrr-movements", "customer-churn", "nrr", "cohort-revenue", "churn-by-tenure", "churn-quality")
SPLITS: dict[str, tuple[str, ...]] = {"mrr-movements": ("country",), "customer-churn": ("plan",)}


def as_one(facts: Facts) -> Facts:
    """The facts as if they had come under the accounts that the merges make."""
    ends = in_the_end(dict(PAIRS))
    rows = tuple(replace(row, account_id=ends.get(row.account_id, row.account_id)) for row in facts.rows)
    refunds = tuple(replace(one, account_id=ends.get(one.account_id, one.account_id)) for one in facts.refunds)
    kept = {account.account_id: account for account in facts.accounts if account.account_id not in ends}
    for account in facts.accounts:
        if account.account_id in ends:
            whole = kept.get(ends[account.account_id], Account(ends[account.account_id]))
            kept[whole.account_id] = replace(whole, attributes={**account.attributes, **_known(whole.attributes)})
    return replace(facts, rows=rows, refunds=refunds, accounts=tuple(kept.values()))


def _known(attributes: object) -> dict[str, str]:
    return {name: value for name, value in dict(attributes).items() if value is not None}  # type: ignore[call-overload]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    folder = stored(tmp_path_factory.mktemp("merged"), COMPANY)
    for account, into in PAIRS:
        merge(Lake(folder / "lake"), account, into)
    with Workspace(folder) as one:
        yield one


@pytest.mark.parametrize("name", METRICS)
def test_merged_accounts_are_one_as_the_oracle_counts(name: str, workspace: Workspace) -> None:
    question = Question(name, date(2023, 6, 1), TODAY, TODAY, by=SPLITS.get(name, ()))
    assert_same(asked(workspace, question, policy()), answer(as_one(COMPANY), question, policy()))


def test_merges_are_seen_from_when_they_are_known(tmp_path: Path) -> None:
    folder = stored(tmp_path / "data", COMPANY)
    lake = Lake(folder / "lake")
    question = Question("customer-retention", date(2024, 10, 1), date(2024, 10, 31), TODAY)
    with Workspace(folder) as before:
        untouched = asked(before, question, policy())
    merge(lake, "a0000", "a0003", known_at=datetime(2099, 1, 1, tzinfo=UTC))
    with Workspace(folder) as after:
        as_of = after.query("customer-retention", start="2024-10-01", end="2024-10-31", as_of="2098-01-01")
        assert [row["start_accounts"] for row in as_of.to_dicts()] == [untouched[0]["start_accounts"]]
    unmerge(lake, "a0000", datetime(2099, 1, 2, tzinfo=UTC))
    with Workspace(folder) as apart:
        assert asked(apart, question, policy()) == untouched
    assert standing_merges(lake) == []


def test_what_cannot_be_merged_is_said(tmp_path: Path) -> None:
    lake = Lake(stored(tmp_path / "data", COMPANY) / "lake")
    with pytest.raises(InputError, match="no account 'nobody'"):
        merge(lake, "nobody", "a0001")
    with pytest.raises(InputError, match="into itself"):
        merge(lake, "a0001", "a0001")
    merge(lake, "a0001", "a0002")
    with pytest.raises(InputError, match="would make a circle"):
        merge(lake, "a0002", "a0001")
    with pytest.raises(InputError, match="merged into 'a0002' already"):
        merge(lake, "a0001", "a0003")
    with pytest.raises(InputError, match="not merged into another; merged are: a0001"):
        unmerge(lake, "a0002")


def test_placeholders_cannot_swallow_everybody(tmp_path: Path) -> None:
    folder = stored(tmp_path / "data", COMPANY)
    lake = Lake(folder / "lake")
    from holdfast.sources.record import record_facts

    names = [f"x{number}" for number in range(MOST_IN_ONE)]
    record_facts(lake, "accounts", [{"account_id": name} for name in names], "test")
    record_facts(lake, "account_merges", [{"account_id": name, "into_account_id": "a0001"} for name in names], "test")
    with pytest.raises(InputError, match="so many are hardly one customer"):
        merge(lake, "a0002", "a0001")
