"""Brings the state's tables to what this version of Holdfast needs. It is done whenever the state is opened."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import inspect, text

from holdfast.errors import LakeError
from holdfast.state.tables import METADATA

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy import Connection

SCRIPTS = Path(__file__).parent / "migrations"
NEWEST = "0002"
"""The newest migration, named here so that opening a state that is up to date needs no Alembic."""
_LOCK = 4_631_772_019
"""Any number, the same for everybody: PostgreSQL lets one at a time hold it."""


def upgrade(connection: Connection) -> None:
    """Raises `LakeError` where the tables were made by a newer version."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK})
    found = version(connection)
    if found == NEWEST:
        return
    if found is not None and found > NEWEST:
        raise LakeError(
            f"the state was written by a newer version of Holdfast: its tables are {found}, and {NEWEST} is known here",
            hint="pip install --upgrade holdfast",
        )
    from alembic import command

    command.upgrade(config(connection), "head")


def version(connection: Connection) -> str | None:
    """The newest migration that was carried out; None where there is none."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return None if found is None else str(found)


def config(connection: Connection) -> Config:
    from alembic.config import Config

    made = Config()
    made.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    made.attributes["connection"] = connection
    return made


def run() -> None:
    """What Alembic is to do in `migrations/env.py`: everything inside the transaction of whoever asked."""
    from alembic import context

    context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA)
    context.run_migrations()
