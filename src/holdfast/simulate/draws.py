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

    def choice(self, purpose: str, shares: Sequence[float] | Floats) -> Ints:
        """An index for each account, by shares that are the same for all or one row for each account."""
        return pick(self.uniform(purpose), np.asarray(shares, dtype=np.float64))


def pick(uniform: Floats, shares: Floats) -> Ints:
    """The index that a uniform number falls on when [0, 1) is divided by shares.

    >>> pick(np.array([0.1, 0.3, 0.99]), np.array([0.25, 0.75])).tolist()
    [0, 1, 1]
    """
    bounds = np.cumsum(shares, axis=-1)[..., :-1]
    return np.asarray((uniform[..., None] >= bounds).sum(axis=-1), dtype=np.int64)
