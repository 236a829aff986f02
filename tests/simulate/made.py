"""The tables of a simulated company as they are made, before anything is stored."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from holdfast.simulate import Model
from holdfast.simulate.block import Block
from holdfast.simulate.draws import BLOCK, Draws
from holdfast.simulate.simulation import window_of
from holdfast.simulate.truth import Counter, Truth
from tests.simulate.conftest import END

if TYPE_CHECKING:
    from collections.abc import Collection


@dataclass(frozen=True)
class Made:
    tables: dict[str, pa.Table]
    truth: Truth
    listed: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def rows(self, name: str) -> list[dict[str, Any]]:
        if name not in self.listed:
            self.listed[name] = self.tables[name].to_pylist()
        return self.listed[name]


def make(accounts: int, *, seed: int = 1, rate: float = 7.0, skipped: Collection[str] = ()) -> Made:
    model, window = Model(), window_of(36, END)
    counter, parts = Counter(model, window), defaultdict(list)
    for first in range(0, accounts, BLOCK):
        block = Block(model, window, Draws(seed, first // BLOCK, min(BLOCK, accounts - first)), first)
        for name, table in block.tables(counter, rate, skipped):
            if name not in skipped:
                parts[name].append(table)
    return Made({name: pa.concat_tables(tables) for name, tables in parts.items()}, counter.truth(seed, {}))
