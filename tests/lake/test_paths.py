"""Where tables may lie: people name their folders, in any script."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

import holdfast
from holdfast.errors import InputError
from holdfast.privacy import erase
from holdfast.sources.importer import import_files

TERMS = "account_id,subscription_id,plan,valid_from,unit_price,currency\nacme,s1,pro,2026-01-01,100,USD\n"
EVENTS = "event,user_id,account_id,timestamp\nSent,u1,acme,2026-01-05\nSent,u2,acme,2026-01-06\n"
JANUARY = {"start": date(2026, 1, 1), "end": date(2026, 1, 31), "grain": "month"}


NAMES = ["Acme data, Straße, 한국", "ข้อมูล", "a#b{e}", "50 = half"]


@pytest.mark.parametrize("name", [NAMES[0], *(pytest.param(name, marks=pytest.mark.slow) for name in NAMES[1:])])
def test_a_folder_of_any_name(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    with holdfast.open(folder) as workspace:
        for kind, text in (("subscriptions", TERMS), ("events", EVENTS)):
            (tmp_path / f"{kind}.csv").write_text(text, encoding="utf-8")
            import_files(workspace.lake, workspace.settings, kind, [tmp_path / f"{kind}.csv"])
        workspace.refresh()
        assert workspace.query("mrr", **JANUARY).arrow["mrr"].to_pylist() == [100]
        assert workspace.query("active-users", **JANUARY).arrow["active"].to_pylist() == [2]
        assert all(Path(file).exists() for file in workspace.lake.files("events"))
    erase(folder, users=["u1"])
    assert not any(b"u1" in file.read_bytes() for file in folder.rglob("*.parquet"))


@pytest.mark.parametrize("name", ["a%20b", "a[b]", "a|b", "a^b", "a\\b", "a\tb", "a*b", "a?b"])
def test_a_folder_that_tables_cannot_lie_in(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="in its path") as told:
        holdfast.open(tmp_path / name)
    assert "choose another" in str(told.value.hint)
    assert not any(tmp_path.iterdir())


def _stored(folder: Path, scratch: Path) -> None:
    folder.mkdir()
    with holdfast.open(folder) as workspace:
        (scratch / "events.csv").write_text(EVENTS)
        import_files(workspace.lake, workspace.settings, "events", [scratch / "events.csv"])
        (scratch / "more.csv").write_text(EVENTS.replace("u1", "u3").replace("u2", "u4"))
        import_files(workspace.lake, workspace.settings, "events", [scratch / "more.csv"])


WAYS = ["link", "plain", "dots", "lake elsewhere"]


@pytest.mark.parametrize("way", [WAYS[0], *(pytest.param(way, marks=pytest.mark.slow) for way in WAYS[1:])])
def test_erasing_deletes_nothing_else_however_the_folder_is_named(tmp_path: Path, way: str) -> None:
    folder = tmp_path / "data"
    _stored(folder, tmp_path)
    named = folder
    if way == "link":
        named = tmp_path / "link"
        named.symlink_to(folder)
    elif way == "dots":
        (tmp_path / "other").mkdir()
        named = tmp_path / "other" / ".." / "data"
    elif way == "lake elsewhere":
        shutil.move(folder / "lake", tmp_path / "large disk")
        (folder / "lake").symlink_to(tmp_path / "large disk")
    erase(named, users=["u1"])
    with holdfast.open(named) as workspace:
        assert workspace.query("active-users", **JANUARY).arrow["active"].to_pylist() == [4]
        assert all(Path(file).exists() for file in workspace.lake.files("events"))
        users = workspace.lake.read("events")["user_id"].to_pylist()
    assert {"u2", "u3", "u4"} < set(users)
    assert "u1" not in users


def test_a_link_to_a_folder_that_tables_cannot_lie_in(tmp_path: Path) -> None:
    (tmp_path / "we[ird]").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "we[ird]")
    with pytest.raises(InputError, match="in its path"):
        holdfast.open(tmp_path / "link")
