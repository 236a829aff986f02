"""Trials, payments and renewals of a simulated company whose truth is known, and how they are asked for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from holdfast.errors import InputError, UnknownName
from holdfast.simulate import simulate
from holdfast.simulate.truth import Truth
from holdfast.workspace import Workspace

END = date(2026, 3, 20)
FLAGS = ("failed_payment", "past_due", "cancellation_scheduled", "falling_seats")


@pytest.fixture(scope="module")
def truth(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Truth]:
    folder = tmp_path_factory.mktemp("lantern")
    return folder, simulate(folder, accounts=900, months=18, end=END)


@pytest.fixture(scope="module")
def workspace(truth: tuple[Path, Truth]) -> Iterator[Workspace]:
    with Workspace(truth[0]) as opened:
        yield opened


def rows(workspace: Workspace, metric: str, **question: Any) -> list[dict[str, Any]]:
    return workspace.query(metric, as_of=END, **question).to_dicts()


def test_trials_of_two_systems_are_counted_once(workspace: Workspace, truth: tuple[Path, Truth]) -> None:
    found = rows(workspace, "trial-conversion", start="2024-01-01", grain="year", by="card_required")
    told = truth[1].trials
    begun = {kind: sum(row["trials"] for row in found if row["card_required"] == kind) for kind in ("yes", "no", None)}
    assert begun == {"yes": told["card"]["begun"], "no": told["no card"]["begun"], None: 0}


def test_a_card_makes_more_trials_convert(workspace: Workspace) -> None:
    found = rows(workspace, "trial-conversion", start="2025-01-01", end="2025-12-31", grain="year", by="card_required")
    shares = {row["card_required"]: row["rate"] for row in found}
    assert shares["yes"] > 0.45 and shares["no"] < 0.35


def test_the_rows_that_are_counted_are_not_called_left_out(workspace: Workspace) -> None:
    left_out = {
        name: {one["reason"] for one in workspace.query(name, as_of=END).evidence["left_out"]}
        for name in ("mrr", "trial-conversion")
    }
    assert "trial" in left_out["mrr"] and "trial" not in left_out["trial-conversion"]


def test_small_samples_are_named(workspace: Workspace) -> None:
    notes = workspace.query("trial-stay", as_of=END).evidence["notes"]
    assert any("fewer than 30 accounts" in note for note in notes)


def test_renewals_look_ninety_days_ahead(workspace: Workspace) -> None:
    result = workspace.query("renewals", as_of=END)
    assert (result.query.start, result.query.end) == (END, END + timedelta(days=90))
    days = result.arrow["renewal_day"].to_pylist()
    assert days == sorted(days) and END <= min(days) < date(2026, 4, 1) < date(2026, 6, 1) < max(days)
    assert result.evidence["open_periods"] == [] and not any("Open" in note for note in result.evidence["notes"])
    found = result.to_dicts()
    assert len({(row["subscription"], row["item"]) for row in found}) == len(found)
    assert all(any(row[flag] for row in found) and not all(row[flag] for row in found) for flag in FLAGS)


@pytest.mark.parametrize("flag", FLAGS)
def test_a_flag_picks_renewals(workspace: Workspace, flag: str) -> None:
    some = rows(workspace, "renewals", where=f"{flag} = true")
    assert some and all(row[flag] for row in some)
    assert some == [row for row in rows(workspace, "renewals") if row[flag]]


@pytest.mark.slow
def test_renewals_are_explained(workspace: Workspace) -> None:
    result = workspace.query("renewals", as_of=END)
    day = result.arrow["renewal_day"][0].as_py() + timedelta(days=7)
    explained = result.explain(day, limit=1)
    assert explained.accounts and explained.accounts[0].facts


def test_what_cannot_be_asked_is_refused_with_what_can(workspace: Workspace) -> None:
    with pytest.raises(InputError, match="takes a whole number from 1 to 600"):
        workspace.query("trial-conversion", within=601)
    with pytest.raises(UnknownName, match="card_required"):
        workspace.query("mrr", by="card_required")
    with pytest.raises(InputError, match="cannot be asked by 'month'"):
        workspace.query("renewals", grain="month")
