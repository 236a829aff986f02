"""The accounts that are known, by id and name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from holdfast.metrics.query import Known

if TYPE_CHECKING:
    from holdfast.workspace.workspace import Workspace


def directory(workspace: Workspace) -> list[tuple[str, str]]:
    """Each account under the id that it is counted as, with its name (its id where it has none), by name."""
    merges = workspace.standing.merges(Known())
    named = workspace.rollups.merge_table(merges) if merges else None
    table = workspace.standing.counted("accounts", Known(), named)
    rows = workspace.engine.to_arrow(table.select("account_id", "name")).to_pylist()
    found = [(row["account_id"], row["name"] or row["account_id"]) for row in rows]
    return sorted(found, key=lambda one: (one[1].casefold(), one[0]))
