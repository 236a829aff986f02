"""The ids of stored events, as hashes: what many files of one import are held against."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

from holdfast.lake import Lake
from holdfast.lake.duck import quiet_connection
from holdfast.lake.log import files_appended

Digests: TypeAlias = "np.ndarray[Any, np.dtype[np.uint64]]"

_STORED = "SELECT hash(message_id) AS digest FROM read_parquet($files) WHERE source = $source"


NOTHING = -1
"""The version before the first one."""


class StoredIds:
    """What the ids of one source in the lake are hashed to. Each commit to the lake is read once.

    They are kept as few sorted runs: a new one is merged with those before it that are not much longer, so that each
    hash is moved a few times in all.
    """

    def __init__(self, table: str, source: str) -> None:
        self.table, self.source = table, source
        self._read_until: int | None = None
        self._known: set[int] = set()
        self._runs: list[Digests] = []

    def __len__(self) -> int:
        return sum(map(len, self._runs))

    def catch_up(self, lake: Lake) -> None:
        """Read what was stored since, but for the versions whose ids were added already."""
        now = lake.version(self.table)
        if now is None:
            self._read_until = NOTHING
            return
        files = self._new_files(lake, now)
        if files is None:  # what was added stays: not all of it may be in the lake yet
            files = lake.files(self.table)
        self._read_until = now
        if files:
            with quiet_connection() as db:
                found = db.execute(_STORED, {"files": files, "source": self.source}).fetchnumpy()["digest"]
            self.add(np.asarray(found, np.uint64))

    def known_version(self, version: int | None) -> None:
        """The ids of that version were added."""
        if version is not None:
            self._known.add(version)

    def add(self, digests: Digests) -> None:
        """Keep hashes of ids that are stored, or about to be."""
        self._runs.append(np.sort(digests))
        while len(self._runs) > 1 and len(self._runs[-2]) < 2 * len(self._runs[-1]):
            both = np.concatenate([self._runs.pop(-2), self._runs.pop()])
            both.sort(kind="stable")  # which merges what is in order already
            self._runs.append(both)

    def _new_files(self, lake: Lake, now: int) -> list[str] | None:
        """The files that others appended since; None where that cannot be told."""
        if self._read_until is None:
            return None
        found: list[str] = []
        for version in range(self._read_until + 1, now + 1):
            if version not in self._known:
                files = files_appended(lake.path(self.table), version - 1, version)
                if files is None:
                    return None
                found += files
        return found

    def among(self, digests: Digests) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Which of the hashes are among them."""
        found = np.zeros(len(digests), bool)
        for run in self._runs:
            found |= among(digests, run)
        return found


def among(values: Digests, known: Digests) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Which values are among the known ones, which are in order.

    >>> among(np.array([1, 5], np.uint64), np.array([2, 5, 9], np.uint64)).tolist()
    [False, True]
    """
    if not len(known):
        return np.zeros(len(values), bool)
    at = np.searchsorted(known, values)
    return np.asarray(known[np.minimum(at, len(known) - 1)] == values)
