"""Holdfast: keep your customers. Revenue and retention numbers that can be questioned down to the row.

>>> import holdfast
>>> ws = holdfast.open("no-such-folder")
>>> ws.settings.currency
'USD'
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from holdfast.workspace import Workspace

__version__ = "0.1.0"


def open(  # noqa: A001 (it is called holdfast.open)
    folder: str | Path, engine: str = "duckdb", engine_options: Mapping[str, str] | None = None
) -> Workspace:
    """Open a data folder. `engine` is duckdb, spark or clickhouse; `engine_options` say where it runs."""
    from holdfast.workspace import Workspace

    return Workspace(folder, engine, engine_options)


__all__ = ["open"]
