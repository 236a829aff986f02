"""The state's database: made, kept, and refused in words."""

from __future__ import annotations

import multiprocessing
import os
import stat
import threading
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import insert, text

from holdfast.errors import InputError, LakeError
from holdfast.state import Keys, open_state
from holdfast.state.database import FILE, URL, _in_folder
from holdfast.state.instant import Instant
from holdfast.state.migration import NEWEST, config, version
from holdfast.state.tables import KEYS, METADATA


def test_it_is_made_when_it_is_opened_and_stays(tmp_path: Path) -> None:
    with open_state(tmp_path / "data") as state:
        key, _ = Keys(state).create("write", "web")
    with open_state(tmp_path / "data") as state:
        assert Keys(state).all() == [key]
        with state.read() as connection:
            pragmas = [connection.exec_driver_sql(f"PRAGMA {one}").scalar() for one in ("journal_mode", "synchronous")]
    assert pragmas == ["wal", 2]
    assert stat.S_IMODE((tmp_path / "data" / FILE).stat().st_mode) == 0o600


def test_the_migrations_make_what_the_tables_say(tmp_path: Path) -> None:
    with open_state(tmp_path) as state, state.begin() as connection:
        assert version(connection) == NEWEST
        assert ScriptDirectory.from_config(config(connection)).get_current_head() == NEWEST
        options = {"compare_type": True, "compare_server_default": True}
        assert compare_metadata(MigrationContext.configure(connection, opts=options), METADATA) == []


def test_tables_of_a_newer_version_are_left_alone(tmp_path: Path) -> None:
    with open_state(tmp_path) as state, state.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(LakeError, match="newer version of Holdfast") as found:
        open_state(tmp_path)
    assert "--upgrade" in str(found.value)


def test_what_was_there_before_a_migration_is_there_after_it(tmp_path: Path) -> None:
    from alembic import command

    engine = _in_folder(tmp_path)
    with engine.begin() as connection:
        command.upgrade(config(connection), "0001")
        connection.execute(
            text(
                "INSERT INTO keys (id, kind, source, hash, created_at) VALUES ('hfw_abcdefgh', 'write', 'web', :h, :t)"
            ),
            {"h": b"1", "t": "2026-01-02 03:04:05.000000"},
        )
    engine.dispose()
    with open_state(tmp_path) as state:
        [key] = Keys(state).all()
    assert (key.id, key.kind, key.source, key.role, key.name) == ("hfw_abcdefgh", "write", "web", None, None)


def opened(folder: str) -> None:
    with open_state(Path(folder)) as state:
        Keys(state).create("write", "web")


@pytest.mark.slow
def test_several_processes_may_make_it_at_once(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=opened, args=(str(tmp_path),)) for _ in range(3)]
    for one in processes:
        one.start()
    for one in processes:
        one.join(60)
    assert [one.exitcode for one in processes] == [0, 0, 0]
    with open_state(tmp_path) as state:
        assert len(Keys(state).all()) == 3


def test_threads_write_one_after_another(tmp_path: Path) -> None:
    with open_state(tmp_path) as state:
        threads = [threading.Thread(target=lambda: Keys(state).create("write", "web")) for _ in range(8)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        assert len(Keys(state).all()) == 8


def test_what_is_begun_and_not_ended_never_was(tmp_path: Path) -> None:
    with open_state(tmp_path) as state:
        row = {"id": "a", "kind": "write", "source": "web", "hash": b"1", "created_at": datetime.now(UTC)}

        def cut_short() -> None:
            with state.begin() as connection:
                connection.execute(insert(KEYS).values(row))
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            cut_short()
        assert Keys(state).all() == []


def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LakeError, match=str(tmp_path / "file")):
        open_state(tmp_path / "file")
    (tmp_path / FILE).write_bytes(b"this is no database" * 100)
    with pytest.raises(LakeError, match="cannot be read or written"):
        open_state(tmp_path)


@pytest.mark.parametrize("url", ["not a url", "mysql://localhost/x", "sqlite:///elsewhere.sqlite"])
def test_another_address_is_postgresql_or_refused(tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(URL, url)
    with pytest.raises(InputError) as found:
        open_state(tmp_path)
    assert "postgresql" in str(found.value).lower()
    assert not (tmp_path / FILE).exists()


def test_an_instant_is_utc_both_ways_and_never_without_a_zone() -> None:
    east = datetime(2026, 1, 1, 5, tzinfo=timezone(timedelta(hours=5)))
    kind, dialect = Instant(), None
    assert kind.process_bind_param(east, dialect) == datetime(2026, 1, 1, tzinfo=UTC)  # type: ignore[arg-type]
    assert kind.process_result_value(datetime(2026, 1, 1), dialect) == datetime(2026, 1, 1, tzinfo=UTC)  # type: ignore[arg-type]  # noqa: DTZ001
    with pytest.raises(ValueError, match="no time zone"):
        kind.process_bind_param(datetime(2026, 1, 1), dialect)  # type: ignore[arg-type]  # noqa: DTZ001


POSTGRESQL = os.environ.get("HOLDFAST_TEST_POSTGRESQL", "")


@pytest.mark.skipif(not POSTGRESQL, reason="no PostgreSQL: name an empty database in HOLDFAST_TEST_POSTGRESQL")
def test_postgresql(tmp_path: Path) -> None:
    with open_state(tmp_path, POSTGRESQL) as state:
        key, text_ = Keys(state).create("write", "web")
        assert key in Keys(state).all()
        assert Keys(state).revoke(text_).revoked_at is not None
    with open_state(tmp_path, POSTGRESQL) as state, state.begin() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []
    assert not (tmp_path / FILE).exists()
