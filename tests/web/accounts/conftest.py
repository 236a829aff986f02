"""A copy of the company with an account whose name, id and attributes are hostile, and somebody signed in."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from holdfast.sources.record import record_facts
from holdfast.workspace import Workspace
from tests.web.signed import signed_in

if TYPE_CHECKING:
    from starlette.testclient import TestClient

HOSTILE = "<script>alert(1)</script>"


@pytest.fixture(scope="package")
def company(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("accounts") / "data"
    folder.mkdir()
    shutil.copy(data / "holdfast.toml", folder)
    shutil.copytree(data / "lake", folder / "lake", ignore=shutil.ignore_patterns("_scratch"))
    with Workspace(folder) as workspace:
        account = {"account_id": "a/b?#", "name": HOSTILE}
        record_facts(workspace.lake, "accounts", [account], "test", None)
        value = {"account_id": "a/b?#", "name": "country", "text": "=cmd()"}
        record_facts(workspace.lake, "account_attributes", [value], "test", None)
    return folder


@pytest.fixture(scope="package")
def own(company: Path) -> Iterator[TestClient]:
    with signed_in(company) as opened:
        yield opened


@pytest.fixture
def nobody(tmp_path: Path) -> Iterator[TestClient]:
    """A company that knows events, and no account yet."""
    (tmp_path / "data" / "lake" / "events" / "_delta_log").mkdir(parents=True)
    with signed_in(tmp_path / "data") as opened:
        yield opened
