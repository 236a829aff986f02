"""The state's database: found, opened and brought up to date."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from filelock import FileLock
from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from holdfast.environment import secret_text
from holdfast.errors import InputError, LakeError, MissingExtra
from holdfast.state.migration import upgrade
from holdfast.state.sqlite import sqlite

if TYPE_CHECKING:
    from sqlalchemy import Connection

FILE = "state.sqlite"
URL = "HOLDFAST_STATE_URL"
PATIENCE_SECONDS = 30
HINT = f"{URL}, or the file that {URL}_FILE names, holds an address like postgresql+psycopg://user:password@host/name"


class State:
    """The database, open. Everything that is done in `begin` stands when it ends, or nothing of it."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @contextlib.contextmanager
    def begin(self) -> Iterator[Connection]:
        """A transaction. Raises `LakeError` where the database cannot be read or written."""
        with self._told(), self.engine.begin() as connection:
            yield connection

    @contextlib.contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that only reads, and keeps nobody from writing."""
        with self._told(), self.engine.execution_options(reads=True).begin() as connection:
            yield connection

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            raise LakeError(f"the state ({self.place}) cannot be read or written: {error.orig}") from error

    @property
    def place(self) -> str:
        """Where it is; never with a password."""
        url = self.engine.url
        return url.render_as_string(hide_password=True) if url.host else str(url.database)

    def close(self) -> None:
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *about: object) -> None:
        self.close()


def open_state(data: Path, url: str | None = None) -> State:
    """The state of a data folder, its tables as this version needs them.

    The database is `data/state.sqlite`, or the one that `url` names, or HOLDFAST_STATE_URL, or
    what is in the file of HOLDFAST_STATE_URL_FILE.
    Raises `InputError` where the URL cannot be used, `LakeError` where the database cannot be opened.
    """
    named = url or secret_text(URL, HINT)[0]
    state = State(_by_url(named) if named else _in_folder(data))
    try:
        alone = contextlib.nullcontext() if named else FileLock(data / ".state.lock", timeout=PATIENCE_SECONDS)
        with alone, state.begin() as connection:
            upgrade(connection)
        if not named:
            (data / FILE).chmod(0o600)
    except BaseException:
        state.close()
        raise
    return state


def _in_folder(data: Path) -> Engine:
    try:
        data.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LakeError(f"cannot write to {data}: {error.strerror or error}") from error
    engine = create_engine(
        f"sqlite:///{data / FILE}", module=sqlite(), connect_args={"timeout": PATIENCE_SECONDS, "isolation_level": None}
    )
    event.listen(engine, "connect", _durable)
    event.listen(engine, "begin", _begin)
    return engine


def _durable(connection: Any, record: object) -> None:
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    """A transaction that reads first and then writes would fail where another one wrote in between."""
    reads = connection.get_execution_options().get("reads", False)
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


def _by_url(text: str) -> Engine:
    try:
        url = make_url(text)
    except ArgumentError as error:
        raise InputError("the address of the state is not a database URL", hint=HINT) from error
    if url.get_backend_name() != "postgresql":
        raise InputError(f"the state cannot be kept in {url.get_backend_name()}: it is SQLite or PostgreSQL", hint=HINT)
    try:
        return create_engine(url)
    except (NoSuchModuleError, ImportError) as error:
        raise MissingExtra(
            "the library for PostgreSQL is not installed", hint=f"pip install 'holdfast[postgres]'; {HINT}"
        ) from error
