"""The same seed makes the same company, however it is written."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from holdfast.errors import InputError
from holdfast.facts import FACT_TABLES
from holdfast.lake import Lake
from holdfast.simulate import Truth, simulate
from holdfast.simulate.block import BEHAVIOUR_TABLES
from tests.simulate.conftest import END, Company

FILLED = (
    *("accounts", "account_attributes", "users", "memberships", "plans", "plan_features", "plan_limits"),
    *("trials", "subscription_terms", "cancellations", "invoices", "payments", "fx_rates", "spend"),
    *("identities", "events", "tickets", "usage_gauges"),
)


def test_all_tables_of_the_foundation_are_filled(company: Company) -> None:
    assert set(company.truth.rows) == set(FILLED)
    assert company.truth.rows == {name: company.table(name).num_rows for name in FILLED}


def test_same_seed_same_facts_whatever_the_batches(company: Company, tmp_path: Path) -> None:
    truth = simulate(tmp_path, accounts=700, end=END, rows_per_commit=500)
    assert truth == company.truth
    for name in FILLED:
        mine, theirs = (
            lake.read(name).sort_by("row_key") for lake in (Lake(tmp_path / "lake"), Lake(company.folder / "lake"))
        )
        assert mine.equals(theirs), name


def test_a_larger_company_holds_the_smaller_one(crowd: Company, tmp_path: Path) -> None:
    simulate(tmp_path, accounts=4_100, seed=7, end=END, without=("invoices", "payments", *BEHAVIOUR_TABLES))
    small = Lake(tmp_path / "lake").read("subscription_terms").to_pylist()
    large = [row for row in crowd.rows("subscription_terms") if row["account_id"] <= "acc_0004100"]
    assert sorted(small, key=lambda row: row["row_key"]) == sorted(large, key=lambda row: row["row_key"])


def test_another_seed_another_company(company: Company, tmp_path: Path) -> None:
    simulate(tmp_path, accounts=50, seed=2, end=END)
    names = set(Lake(tmp_path / "lake").read("accounts", ["name"])["name"].to_pylist())
    assert len(names & set(company.table("accounts")["name"].to_pylist())) < 3


def test_truth_is_written_beside_the_facts(company: Company) -> None:
    assert Truth.read(company.folder) == company.truth


def test_nothing_is_mixed_with_other_facts(company: Company) -> None:
    with pytest.raises(InputError, match="holds facts already"):
        simulate(company.folder, accounts=10)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"accounts": 0}, "cannot simulate 0 accounts"),
        ({"seed": -1}, "whole number from 0"),
        ({"months": 1}, "cannot simulate 1 months"),
        ({"end": date(1066, 10, 14)}, "years 1990 and 2150"),
        ({"without": ("invoice",)}, "no such tables: invoice"),
        ({"events_per_user_month": -1}, "events per user and month lie between 0 and 2,000"),
    ],
)
def test_what_cannot_be_simulated_says_so(tmp_path: Path, options: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        simulate(tmp_path, **options)  # type: ignore[arg-type]
    assert not (tmp_path / "lake").exists()


@pytest.mark.parametrize("months", [2, 3, 13])
def test_short_histories(tmp_path: Path, months: int) -> None:
    truth = simulate(tmp_path, accounts=60, months=months, end=date(2024, 2, 29))
    assert len(truth.month_ends) == len(truth.customers) == months
    assert truth.month_ends[-1] == "2024-02-29"


def test_the_company_is_known_from_its_first_day(company: Company) -> None:
    known = {row.isoformat() for row in company.table("accounts")["recorded_at"].to_pylist()}
    assert known == {f"{company.truth.start}T00:00:00+00:00"}


def test_only_declared_tables_are_named() -> None:
    assert set(FILLED) <= {table.name for table in FACT_TABLES}
