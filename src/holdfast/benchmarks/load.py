"""The published figures that come with Holdfast, and a user's own beside them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from holdfast.benchmarks.benchmark import Benchmark
from holdfast.errors import InputError, UnusableFile

PUBLISHED = Path(__file__).with_name("published.toml")
OWN_FILE = "benchmarks.toml"
HINT = "docs/benchmarks-published.md shows an entry of your own"


def load(folder: Path | str | None = None) -> tuple[Benchmark, ...]:
    """Every published figure, then those of the data folder's `benchmarks.toml`, marked as its own.

    Raises `InputError` that names the file, the entry and what is wrong with it.

    >>> load()[0].id
    'bessemer-annual-customer-churn'
    """
    published = _published()
    path = None if folder is None else Path(folder) / OWN_FILE
    if path is None or not path.exists():
        return published
    own = tuple(benchmark.model_copy(update={"own": True}) for benchmark in read(path))
    taken = {benchmark.id for benchmark in published}
    for benchmark in own:
        if benchmark.id in taken:
            raise InputError(f"{path}: the id {benchmark.id!r} is taken by a published figure; choose another one")
    return (*published, *own)


@cache
def _published() -> tuple[Benchmark, ...]:
    return read(PUBLISHED)


def read(path: Path) -> tuple[Benchmark, ...]:
    """The entries of one file, checked."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise UnusableFile(f"{path} cannot be read: {error}") from error
    except tomllib.TOMLDecodeError as error:
        raise UnusableFile(f"{path} is not valid TOML: {error}", hint=HINT) from error
    entries = content.pop("benchmark", [])
    if content or not isinstance(entries, list):
        keys = ", ".join(content) or "benchmark"
        raise UnusableFile(f"{path}: {keys} is not expected there; each entry begins with [[benchmark]]", hint=HINT)
    found = tuple(_entry(path, number, entry) for number, entry in enumerate(entries, 1))
    _check_unique(path, found)
    return found


def _entry(path: Path, number: int, entry: Any) -> Benchmark:
    if not isinstance(entry, Mapping):
        raise UnusableFile(f"{path}, entry {number}: not a table; each entry begins with [[benchmark]]", hint=HINT)
    try:
        return Benchmark.model_validate(entry)
    except ValidationError as error:
        problems = "; ".join(_said(detail) for detail in error.errors())
        raise InputError(f"{path}, entry {number} ({entry.get('id', 'no id')}): {problems}", hint=HINT) from error


def _said(detail: Mapping[str, Any]) -> str:
    """One problem in words: unknown keys with those that there are."""
    where = ".".join(str(part) for part in detail["loc"])
    if detail["type"] == "extra_forbidden":
        return f"unknown key {where!r}; there are: {', '.join(_keys(detail['loc'][:-1]))}"
    if detail["type"] == "missing":
        return f"{where} is missing"
    said = detail["msg"].removeprefix("Value error, ")
    return f"{where}: {said}" if where else said


def _keys(inside: tuple[int | str, ...]) -> list[str]:
    """The keys that a part of an entry may have."""
    model: type[BaseModel] = Benchmark
    for name in inside:
        kinds = [model.model_fields[str(name)].annotation]
        kinds += list(getattr(kinds[0], "__args__", ()))
        model = next(kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel))
    return [name for name in model.model_fields if name != "own"]


def _check_unique(path: Path, found: tuple[Benchmark, ...]) -> None:
    seen: set[str] = set()
    for benchmark in found:
        if benchmark.id in seen:
            raise InputError(f"{path}: two entries have the id {benchmark.id!r}; each needs its own")
        seen.add(benchmark.id)
