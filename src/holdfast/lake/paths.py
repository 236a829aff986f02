"""The paths of tables and their files."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from deltalake import DeltaTable


def files_of(table: DeltaTable) -> list[str]:
    """Absolute paths of the Parquet files of a table, in order; deltalake escapes letters in them."""
    return sorted(unquote(file.removeprefix("file://")) for file in table.file_uris())
