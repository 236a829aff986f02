"""A number is questioned in the same words on every engine: explanation, bridge, difference, merged accounts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from holdfast.lake import Lake
from holdfast.metrics.exact_json import exact_json
from holdfast.workspace import Workspace
from holdfast.workspace.merging import merge
from tests.explain.test_diff import FIRST, HEAD, SHOWN, bring

NEWS = HEAD + "s2,a2,2024-01-05,,15,USD,active\ns9,a9,2024-06-10,,99,USD,active\ns8,a3,2024-06-01,,5,USD,paused\n"


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("questioned")
    bring(folder, "subscriptions", FIRST, datetime(2024, 6, 1, tzinfo=UTC))
    bring(folder, "subscriptions", NEWS, datetime(2024, 7, 20, tzinfo=UTC))
    merge(Lake(folder / "lake"), "a1", "a2", known_at=datetime(2024, 7, 10, tzinfo=UTC))
    return folder


@pytest.fixture(scope="session")
def expected(folder: Path) -> dict[str, Any]:
    with Workspace(folder, keep_rollups=False) as workspace:
        return questioned(workspace)


@pytest.fixture(scope="session")
def asked(folder: Path, engine_name: str, engine_options: dict[str, str]) -> Iterator[dict[str, Any]]:
    with Workspace(folder, engine_name, engine_options, keep_rollups=False) as workspace:
        yield questioned(workspace)


def questioned(workspace: Workspace) -> dict[str, Any]:
    explained = workspace.query("mrr").explain("2024-06").to_json()
    del explained["sql"]
    return {
        "explain": explained,
        "bridge": workspace.bridge("mrr", "maxio", "holdfast", period="2024-06").to_json(),
        "diff": workspace.diff("mrr", SHOWN, period="2024-06", column="accounts").to_json(),
    }


@pytest.mark.parametrize("question", ["explain", "bridge", "diff"])
def test_every_engine_says_the_same(question: str, asked: dict[str, Any], expected: dict[str, Any]) -> None:
    assert exact_json(asked[question]) == exact_json(expected[question])


def test_there_is_something_to_say(expected: dict[str, Any]) -> None:
    steps = {step["step"]: step for step in expected["diff"]["differences"][0]["steps"]}
    assert {name for name, step in steps.items() if step["accounts"]} == {
        "merge",
        "changed subscription_terms",
        "new subscription_terms",
    }
    assert expected["explain"]["accounts"][0]["facts"]
    assert [step["step"] for step in expected["bridge"]["bridges"][0]["steps"]] == ["paused", "reactivation"]
