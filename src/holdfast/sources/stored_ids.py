"""The ids of stored events, as hashes: what many files of one import are held against."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from holdfast.lake import Lake
from holdfast.lake.duck import quiet_connection

if TYPE_CHECKING:
    Digests = np.ndarray[Any, np.dtype[np.uint64]]

_STORED = "SELECT hash(message_id) AS digest FROM read_parquet($files) WHERE source = $source"


class StoredIds:
    """What the ids of one source in the lake are hashed to. Each file of the lake is read once.

    They are kept as few sorted runs: a new one is merged with those before it that are not much longer, so that each
    hash is moved a few times in all.
    """

    def __init__(self, table: str, source: str) -> None:
        self.table, self.source = table, source
        self._read: set[str] = set()
        self._runs: list[Digests] = []

    def __len__(self) -> int:
        return sum(map(len, self._runs))

    def catch_up(self, lake: Lake) -> None:
        """Read the files that were not there before."""
        files = [file for file in lake.files(self.table) if file not in self._read]
        if not files:
            return
        self._read.update(files)
        with quiet_connection() as db:
            found = db.execute(_STORED, {"files": files, "source": self.source}).fetchnumpy()["digest"]
        self._runs.append(np.sort(np.asarray(found, np.uint64)))
        while len(self._runs) > 1 and len(self._runs[-2]) < 2 * len(self._runs[-1]):
            both = np.concatenate([self._runs.pop(-2), self._runs.pop()])
            both.sort(kind="stable")  # which merges what is in order already
            self._runs.append(both)

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
