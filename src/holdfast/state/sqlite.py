"""The SQLite that the inbox and the state stand on."""

from __future__ import annotations

import sqlite3
from types import ModuleType

from holdfast.errors import MissingExtra

NEEDED = (3, 51, 3)
"""Before this version, a write-ahead log that is reset while another connection writes can damage the database."""


def sqlite() -> ModuleType:
    """The module to use: pysqlite3, which carries its own SQLite, else Python's. Raises where both are too old."""
    try:
        import pysqlite3
    except ImportError:
        return checked(sqlite3)
    return checked(pysqlite3)


def checked(module: ModuleType) -> ModuleType:
    """The module, where its SQLite is new enough."""
    if module.sqlite_version_info < NEEDED:
        wanted = ".".join(map(str, NEEDED))
        raise MissingExtra(
            f"SQLite {wanted} or newer is needed, and this Python has {module.sqlite_version}:"
            " older ones can damage a database whose log is reset while it is written",
            hint="pip install pysqlite3, which brings its own",
        )
    return module
