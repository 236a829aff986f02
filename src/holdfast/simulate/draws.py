"""Random numbers with names: what one part of the model draws never shifts what another part draws.

Accounts are made in blocks. Every draw has its own stream, seeded by the company's seed, the block's number and the
purpose, and gives one row to each account. So an account is the same whatever the size of the company, of the batches
that are written, or of the parts that are added to the model later.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from zlib import crc32

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

BLOCK = 4_000
"""Accounts in a full block."""


def stream(seed: int, block: int, purpose: str) -> np.random.Generator:
    """The generator of one purpose in one block."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, block, crc32(purpose.encode())])))


@dataclass(frozen=True)
class Draws:
    """The random numbers of one block of `size` accounts.

    >>> small, large = Draws(seed=1, block=0, size=2), Draws(seed=1, block=0, size=5)
    >>> bool((small.uniform("churn", 3) == large.uniform("churn", 3)[:2]).all())
    True
    """

    seed: int
    block: int
    size: int

    def uniform(self, purpose: str, *columns: int) -> Floats:
        """Numbers in [0, 1): one for each account, or one row of `columns` for each."""
        return stream(self.seed, self.block, purpose).random((self.size, *columns))

    def happens(self, purpose: str, probability: float | Floats) -> Flags:
        return self.uniform(purpose) < probability

    def hashed(self, purpose: str, *keys: Ints) -> Floats:
        """Numbers in [0, 1) for things of which accounts have different numbers: one for each combination of keys.

        The first key is the number of the account, so that the block does not matter.

        >>> draws = Draws(seed=1, block=0, size=2)
        >>> bool(draws.hashed("day", np.array([7, 8]))[1] == draws.hashed("day", np.array([8]))[0])
        True
        """
        start = (self.seed * 0x9E3779B97F4A7C15 + crc32(purpose.encode())) % 2**64
        state = np.full(np.broadcast_shapes(*(np.shape(key) for key in keys)), start, dtype=np.uint64)
        for key in keys:
            state = _mixed(state ^ _mixed(np.asarray(key).astype(np.uint64)))
        return np.asarray((state >> np.uint64(11)).astype(np.float64) * 2.0**-53)

    def choice(self, purpose: str, shares: Sequence[float] | Floats) -> Ints:
        """An index for each account, by shares that are the same for all or one row for each account."""
        return pick(self.uniform(purpose), np.asarray(shares, dtype=np.float64))


def _mixed(values: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """The finalizer of SplitMix64: neighbours come out unrelated."""
    values = values + np.uint64(0x9E3779B97F4A7C15)
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(values ^ (values >> np.uint64(31)))


def pick(uniform: Floats, shares: Floats) -> Ints:
    """The index that a uniform number falls on when [0, 1) is divided by shares.

    >>> pick(np.array([0.1, 0.3, 0.99]), np.array([0.25, 0.75])).tolist()
    [0, 1, 1]
    """
    bounds = np.cumsum(shares, axis=-1)[..., :-1]
    return np.asarray((uniform[..., None] >= bounds).sum(axis=-1), dtype=np.int64)
