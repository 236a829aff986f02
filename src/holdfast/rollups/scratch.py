"""What one workspace computes for itself alone: files in the lake's scratch folder, gone when it is closed."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq

from holdfast.errors import LakeError

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from holdfast.engines import Engine
    from holdfast.lake import Lake


class Scratch:
    """A folder in the lake that an engine can read, for stages of a computation."""

    def __init__(self, lake: Lake, engine: Engine) -> None:
        self.lake, self.engine = lake, engine

    def stored(self, expression: ir.Table) -> ir.Table:
        """The answer of one stage, where the engine can read it: no query then holds the whole pipeline."""
        return self.table(self.engine.to_arrow(expression))

    def table(self, rows: pa.Table) -> ir.Table:
        """Rows where the engine can read them."""
        return self.engine.parquet(self.write(rows), rows.schema, name="scratch")

    def write(self, rows: pa.Table) -> list[str]:
        return self.write_batches(rows.schema, rows.to_batches())

    def write_batches(self, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> list[str]:
        """The same, of more rows than memory holds."""
        path = self._folder / f"{uuid4().hex}.parquet"
        with _explained(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            with pq.ParquetWriter(path, schema) as writer:
                for batch in batches:
                    writer.write_batch(batch)
        return [str(path)]

    @cached_property
    def _folder(self) -> Path:
        return self.lake.root / "_scratch" / uuid4().hex

    def close(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise LakeError(
            f"cannot write {path}: {error.strerror or error}", hint="free some space or check the folder's rights"
        ) from error
