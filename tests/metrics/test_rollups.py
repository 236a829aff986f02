"""Roll-ups brought up to date file by file are those made from scratch, and answers of the past stay as they were."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from holdfast.lake import Lake
from holdfast.rollups.mrr import NAMES
from holdfast.settings import Settings
from holdfast.sources import import_files
from holdfast.workspace import Workspace

HEADER = "subscription_id,account_id,valid_from,valid_to,unit_amount,currency,plan_id\n"
PLANS = "plan_id,name,product\np0,Zero,mail\np1,One,mail\np2,Two,chat\n"
ACCOUNTS = 60
FIRST_KNOWN = datetime(2024, 1, 1, tzinfo=UTC)


def rows_of(seed: int) -> list[str]:
    """Subscriptions of some accounts, as lines of a file; no two with the same key."""
    dice = Random(seed)
    lines = []
    for account in range(ACCOUNTS):
        for number in range(dice.randint(1, 3)):
            month = dice.randint(1, 6)
            end = f"2024-{month + dice.randint(1, 6):02}-15" if dice.random() < 0.5 else ""
            currency, plan = dice.choice(("USD", "EUR")), dice.choice(("p0", "p1", "p2", ""))
            lines.append(
                f"s{account}-{number},a{account},2024-{month:02}-01,{end},{dice.randint(0, 90)},{currency},{plan}"
            )
    return lines


class Company:
    """A data folder that files go into one by one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lake = Lake(folder / "lake")
        self.moment = FIRST_KNOWN

    def load(self, kind: str, text: str) -> None:
        """Import a file, known a day after the one before."""
        self.folder.mkdir(exist_ok=True, parents=True)
        path = self.folder / "file.csv"
        path.write_text(text)
        self.moment += timedelta(days=1)
        report = import_files(self.lake, Settings(), kind, [path], known_at=self.moment)
        assert not report.rejected

    def terms(self, lines: Iterable[str]) -> None:
        self.load("subscriptions", HEADER + "".join(f"{line}\n" for line in lines))

    def refresh(self) -> None:
        with Workspace(self.folder) as workspace:
            workspace.refresh()

    def rollups(self) -> dict[str, list[tuple[Any, ...]]]:
        """The rows of each kept roll-up, in order; which file or partition they lie in does not matter."""
        tables = {name: self.lake.read(f"rollups/default/{name}").drop_columns(["bucket"]) for name in NAMES}
        return {
            name: sorted((tuple(row.values()) for row in table.to_pylist()), key=repr) for name, table in tables.items()
        }

    def versions(self) -> list[int | None]:
        return [self.lake.version(f"rollups/default/{name}") for name in NAMES]

    def made_anew(self) -> dict[str, list[tuple[Any, ...]]]:
        shutil.rmtree(self.lake.root / "rollups")
        self.refresh()
        return self.rollups()

    def mrr(self, **asked: Any) -> list[dict[str, Any]]:
        with Workspace(self.folder) as workspace:
            rows: list[dict[str, Any]] = workspace.query(
                "mrr-movements", start="2024-01-01", end="2024-12-31", **asked
            ).arrow.to_pylist()
            return rows


@pytest.fixture
def company(tmp_path: Path) -> Company:
    return Company(tmp_path / "data")


def parts(lines: Sequence[str], sizes: Iterable[int]) -> list[list[str]]:
    found, rest = [], list(lines)
    for size in sizes:
        found.append(rest[:size])
        rest = rest[size:]
    return [*found, rest]


@pytest.mark.slow
def test_file_by_file_is_one_import_and_a_rebuild(company: Company, tmp_path: Path) -> None:
    """Small files, replaced rows, and a plan whose product changes, with the roll-ups refreshed in between."""
    lines = rows_of(7)
    corrected = [line.replace(",USD,", ",EUR,") for line in lines[:3]] + [lines[40].replace("2024-", "2025-", 1)]
    shuffled = Random(7).sample(lines, len(lines))
    company.load("plans", PLANS)
    for part in parts(shuffled, (60, 4, 9, 1)):
        company.terms(part)
        company.refresh()
    company.terms(corrected)
    company.refresh()
    company.load("plans", "plan_id,name,product\np1,One,chat\n")
    company.refresh()
    kept = company.rollups()
    assert all(kept.values())

    whole = Company(tmp_path / "whole")
    whole.terms([*lines])
    whole.terms(corrected)
    whole.load("plans", PLANS.replace("One,mail", "One,chat"))
    whole.refresh()
    assert whole.rollups() == kept
    assert company.made_anew() == kept


def test_a_small_import_touches_few_partitions(company: Company) -> None:
    lines = rows_of(3)
    company.terms(lines)
    company.refresh()
    before = {name: set(company.lake.files(f"rollups/default/{name}")) for name in NAMES}
    company.terms(["late,a5,2024-02-03,,999,USD,p1"])
    company.refresh()
    for name in NAMES:
        after = set(company.lake.files(f"rollups/default/{name}"))
        assert len(after - before[name]) <= 1, "one account lives in one bucket"
    assert company.made_anew() == (kept := company.rollups()) and kept


@pytest.mark.slow
def test_the_order_of_files_cannot_matter(tmp_path: Path) -> None:
    lines = rows_of(5)[:40]
    files = [("subscriptions", HEADER + "\n".join(part) + "\n") for part in parts(lines, (13, 13))] + [("plans", PLANS)]
    found = []
    for number, order in enumerate(((0, 1, 2, 3), (3, 2, 1, 0))):
        company = Company(tmp_path / str(number))
        for place in order:
            company.load(*files[place])
        company.refresh()
        found.append(company.rollups())
    assert found[0] == found[1]


@pytest.mark.slow
def test_roll_ups_of_different_ages_are_made_anew(company: Company) -> None:
    """A refresh that was killed after the first of its three commits."""
    lines = rows_of(9)
    company.terms(lines[:70])
    company.refresh()
    kept = company.folder / "kept"
    shutil.copytree(company.lake.root / "rollups" / "default", kept)
    company.terms(lines[70:])
    company.refresh()
    wanted = company.rollups()
    for name in ("mrr_changes", "customer_spans"):
        place = company.lake.root / "rollups" / "default" / name
        shutil.rmtree(place)
        shutil.copytree(kept / name, place)
    assert company.rollups() != wanted
    company.refresh()
    assert company.rollups() == wanted


def test_fresh_roll_ups_are_used_as_they_are(company: Company) -> None:
    company.terms(rows_of(1)[:30])
    first = company.mrr()
    versions = company.versions()
    assert None not in versions
    assert company.mrr() == first
    assert company.mrr(policy="profitwell", set={"day_factor": "365/12", "week_factor": "13/3"})
    assert company.versions() == versions


@pytest.mark.slow
def test_the_past_answers_as_it_did(company: Company) -> None:
    lines = rows_of(11)[:30]
    company.terms(lines)
    moment, then = company.moment, company.mrr(as_of=company.moment)
    company.terms([line.replace(",USD,", ",EUR,").replace(",EUR,", ",GBP,") for line in lines[:10]])
    company.terms(["more,a1,2024-01-01,,5000,USD,p1"])
    now = company.mrr(as_of=company.moment)
    assert now != then
    assert company.mrr(as_of=moment) == then
    assert company.mrr(as_of=(moment + timedelta(hours=1)).isoformat()) == then
    assert company.mrr(as_of=FIRST_KNOWN - timedelta(days=300)) != then


REFRESH = "import sys, holdfast; holdfast.open(sys.argv[1]).refresh()"


@pytest.mark.slow
def test_two_processes_refresh_at_once(company: Company) -> None:
    company.terms(rows_of(13))
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2] / "src")}
    command = [sys.executable, "-c", REFRESH, str(company.folder)]
    workers = [subprocess.Popen(command, env=environment) for _ in range(2)]
    assert [worker.wait(120) for worker in workers] == [0, 0]
    company.refresh()
    kept = company.rollups()
    assert company.made_anew() == kept
