"""Published reports stay as they were shown, and today's figures are held against them."""

from __future__ import annotations

import errno
import json
import os
import shutil
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from holdfast.errors import InputError, LakeError, UnknownName
from holdfast.publishing.compare import causes, restatements
from holdfast.publishing.publish import publish
from holdfast.publishing.restated import restated_since
from holdfast.publishing.store import PublishedReports
from holdfast.workspace import Workspace
from tests.explain.test_diff import FIRST, HEAD, bring

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("shown")
    bring(folder, "subscriptions", FIRST, datetime(2024, 6, 1, tzinfo=UTC))
    with Workspace(folder) as workspace:
        publish(workspace, "board", month=date(2024, 6, 1))
    return folder


@pytest.fixture
def folder(shown: Path, tmp_path: Path) -> Path:
    """A copy of a data folder in which the report of June 2024 was published."""
    return Path(shutil.copytree(shown, tmp_path / "data"))


def test_what_was_published_is_kept_whole(folder: Path) -> None:
    report = PublishedReports(folder).load("board")
    assert (report.name, report.month, report.policy) == ("board", date(2024, 6, 1), "holdfast")
    movements = next(answer for answer in report.answers if answer.query.metric == "mrr-movements")
    closing = {row["period"]: row["closing"] for row in movements.rows}
    assert closing["2024-06-01"] == Decimal(70)
    assert "Jun" in PublishedReports(folder).page("board").read_text(encoding="utf-8")
    stored = json.loads((folder / "published" / "board.json").read_text(encoding="utf-8"))
    assert stored["answers"][0]["query"]["policy"]["switches"]["discounts"] == "running"


@pytest.mark.slow
def test_nothing_differs_until_something_is_learnt(folder: Path) -> None:
    report = PublishedReports(folder).load("board")
    with Workspace(folder) as workspace:
        assert restatements(workspace, report) == []
    bring(folder, "subscriptions", HEAD + "s9,a9,2024-06-10,,99,USD,active\n", datetime.now(UTC))
    with Workspace(folder) as workspace:
        found = restatements(workspace, report)
        why = causes(workspace, report, found, lambda said: None)
    moved = {
        (one.column, one.published, one.today)
        for one in found
        if one.metric.name == "mrr-movements" and one.row["period"] == "2024-06-01"
    }
    assert moved == {
        ("new", Decimal(0), Decimal(99)),
        ("closing", Decimal(70), Decimal(169)),
        ("new_accounts", Decimal(0), Decimal(1)),
    }
    with Workspace(folder) as workspace:
        told = restated_since(workspace, date(2024, 6, 1))
    assert ("MRR, Jun 2024", 70.0, 169.0, "published as board") in [
        (one.label, one.shown, one.now, one.reason) for one in told
    ]
    movements = next(one for one in why if one.metric.name == "mrr-movements")
    steps = [(step.leg.name, step.part) for walk in movements.walks for step in walk.steps if step.part]
    assert steps == [("new subscription_terms", Decimal(99))]


@pytest.mark.slow
def test_a_policy_that_changed_since_restates_nothing(folder: Path) -> None:
    report = PublishedReports(folder).load("board")
    (folder / "holdfast.toml").write_text('policy = "stripe"\nmargin = 0.5\n', encoding="utf-8")
    with Workspace(folder) as workspace:
        assert restatements(workspace, report) == []


def test_names_that_cannot_be_used(folder: Path) -> None:
    with Workspace(folder) as workspace:
        with pytest.raises(InputError, match="published already"):
            publish(workspace, "board")
        for name in ("../out", "", "a/b", "-x", "..", "x" * 81):
            with pytest.raises(InputError, match="cannot be the name"):
                publish(workspace, name)
    with pytest.raises(UnknownName, match="there are: board"):
        PublishedReports(folder).load("bord")


def test_a_full_disk_publishes_nothing_and_can_be_tried_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report = replace(PublishedReports(folder).load("board"), name="again")
    reports, sync = PublishedReports(folder), os.fsync
    calls: list[int] = []

    def full_at_the_second(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) == 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", full_at_the_second)
    with pytest.raises(LakeError, match="No space left"):
        reports.save(report, "<p>page</p>")
    assert reports.names() == ["board"]
    reports.save(report, "<p>page</p>")
    assert reports.names() == ["again", "board"]
    assert sorted(path.suffix for path in reports.folder.iterdir()) == [".html", ".html", ".json", ".json"]


def test_nothing_to_publish(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    with Workspace(tmp_path / "data") as workspace, pytest.raises(InputError, match="nothing to publish yet"):
        publish(workspace, "board")
    assert PublishedReports(tmp_path / "data").names() == []
