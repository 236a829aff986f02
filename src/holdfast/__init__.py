"""Holdfast: keep your customers. Revenue and retention numbers that can be questioned down to the row.

>>> import holdfast
>>> ws = holdfast.open("no-such-folder")
>>> ws.settings.currency
'USD'
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from holdfast import calculators
    from holdfast.workspace import Workspace

__version__ = "0.1.0"


def open(  # noqa: A001 (it is called holdfast.open)
    folder: str | Path, engine: str = "duckdb", engine_options: Mapping[str, str] | None = None
) -> Workspace:
    """Open a data folder. `engine` is duckdb, spark or clickhouse; `engine_options` say where it runs."""
    from holdfast.workspace import Workspace

    return Workspace(folder, engine, engine_options)


def __getattr__(name: str) -> ModuleType:
    """`holdfast.calculators` without an import of its own."""
    if name == "calculators":
        return import_module("holdfast.calculators")
    raise AttributeError(f"module 'holdfast' has no attribute {name!r}")


__all__ = ["calculators", "open"]
