"""A DuckDB of one's own, in memory, that says nothing."""

from __future__ import annotations

from contextlib import suppress

import duckdb


def quiet_connection(**config: str) -> duckdb.DuckDBPyConnection:
    """A connection without a progress bar: who imports shows progress in his own words."""
    connection = duckdb.connect(config=dict(config))
    with suppress(duckdb.Error):  # in a notebook without ipywidgets there is none to turn off
        connection.execute("SET enable_progress_bar = false")
    return connection
