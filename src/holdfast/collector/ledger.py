"""How far the inbox had come, kept in a file of its own: a database that lost its end opens without complaint."""

from __future__ import annotations

import os
import struct
import zlib
from pathlib import Path
from typing import NamedTuple

_SLOT = struct.Struct("<8sQQQI")
_MAGIC = b"holdfast"
_APART = 512
"""Bytes between the two slots: a write that is torn leaves the other one whole."""


class Position(NamedTuple):
    """The highest number that was acknowledged, and the highest up to which everything was applied."""

    acknowledged: int
    applied: int


class Ledger:
    """Two slots, written in turn; the newer one that is whole counts."""

    def __init__(self, path: Path) -> None:
        self.path = path
        new = not path.exists()
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        found = _newest(os.pread(self._file, 2 * _APART, 0))
        self._turn = found[0] if found else 0
        self.position = found[1] if found else None
        """None where there is no ledger yet, or neither slot is whole."""
        if new:
            os.pwrite(self._file, bytes(2 * _APART), 0)
            os.fsync(self._file)

    def write(self, position: Position) -> None:
        """Returns when it is on the disk."""
        turn = self._turn + 1
        content = _SLOT.pack(_MAGIC, turn, *position, 0)[:-4]
        os.pwrite(self._file, content + struct.pack("<I", zlib.crc32(content)), turn % 2 * _APART)
        os.fdatasync(self._file)
        self._turn, self.position = turn, position

    def close(self) -> None:
        os.close(self._file)


def _newest(content: bytes) -> tuple[int, Position] | None:
    found = [one for start in (0, _APART) if (one := _read(content[start : start + _SLOT.size])) is not None]
    return max(found, default=None)


def _read(slot: bytes) -> tuple[int, Position] | None:
    if len(slot) < _SLOT.size:
        return None
    magic, turn, acknowledged, applied, checksum = _SLOT.unpack(slot)
    if magic != _MAGIC or checksum != zlib.crc32(slot[:-4]):
        return None
    return turn, Position(acknowledged, applied)
