"""Accounts with their attributes, users with their memberships, plans with their features and limits."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator

import pyarrow as pa

from holdfast.sources.amounts import parse_number
from holdfast.sources.batch import Batch, trimmed
from holdfast.sources.build_simple import moment_columns
from holdfast.sources.parts import Part, make_part

NUMBER = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?")
UNLIMITED = {"unlimited", "none", "no limit", "∞", "infinite", "null"}


def build_accounts(batch: Batch) -> list[Part]:
    """The accounts, and one attribute for each further column; an empty cell is an attribute without a value."""
    account = batch.ids("account_id")
    columns = {"account_id": account, "name": batch.read("name", str).array(pa.string())}
    columns |= moment_columns(batch, batch.reading.kind.field("created_at"))
    source = batch.reading.source
    parts = [make_part("accounts", columns, batch.positions, source)]
    for name in batch.reading.extra:
        cells = trimmed(batch.table[name])
        attribute = {
            "account_id": account,
            "name": pa.repeat(pa.scalar(name), batch.size),
            "text": cells,
            "number": _numbers(cells),
        }
        parts.append(make_part("account_attributes", attribute, batch.positions, source))
    return parts


def _numbers(cells: pa.Array) -> pa.Array:
    encoded = cells.dictionary_encode()
    return pa.array([as_number(text) for text in encoded.dictionary.to_pylist()], pa.float64()).take(encoded.indices)


def as_number(text: str) -> float | None:
    """A text as a finite number, where it is one.

    >>> as_number("12"), as_number("1e999"), as_number("DE")
    (12.0, None, None)
    """
    if not NUMBER.fullmatch(text):
        return None
    value = float(text)
    return value if math.isfinite(value) else None


def build_users(batch: Batch) -> list[Part]:
    """The people; where a row names an account, also that they belong to it."""
    user, account = batch.ids("user_id"), batch.ids("account_id")
    columns = {"user_id": user}
    for name in ("email", "name"):
        columns[name] = batch.read(name, str).array(pa.string())
    columns |= moment_columns(batch, batch.reading.kind.field("created_at"))
    parts = [make_part("users", columns, batch.positions, batch.reading.source)]
    if batch.reading.has("account_id"):
        role = batch.read("role", str).array(pa.string())
        member = {"account_id": account, "user_id": user, "role": role}
        everyone = make_part("memberships", member, batch.positions, batch.reading.source)
        parts.append(Part(everyone.table, everyone.rows.filter(account.is_valid())))
    return parts


def build_plans(batch: Batch) -> list[Part]:
    """The plans, a row for each of their features, and one for each limit."""
    plan = batch.ids("plan_id")
    columns = {"plan_id": plan}
    for name in ("name", "product"):
        columns[name] = batch.read(name, str).array(pa.string())
    parts = [make_part("plans", columns, batch.positions, batch.reading.source)]
    if batch.reading.has("features"):
        parts.append(_listed(batch, plan, "features", "plan_features", parse_features, _feature_columns))
    if batch.reading.has("limits"):
        parts.append(_listed(batch, plan, "limits", "plan_limits", parse_limits, _limit_columns))
    return parts


def _listed(
    batch: Batch,
    plan: pa.Array,
    name: str,
    table: str,
    parse: Callable[[str], dict[str, float | None]],
    columns: Callable[[list[tuple[str, float | None]]], dict[str, pa.Array]],
) -> Part:
    """One row for each entry of a list cell."""
    rows, entries = [], []
    for row, listed in enumerate(batch.read(name, parse).list()):
        for entry in (listed or {}).items():
            rows.append(row)
            entries.append(entry)
    index = pa.array(rows, pa.int64())
    return make_part(
        table, {"plan_id": plan.take(index), **columns(entries)}, batch.positions.take(index), batch.reading.source
    )


def _feature_columns(entries: list[tuple[str, float | None]]) -> dict[str, pa.Array]:
    names = pa.array([name for name, _ in entries], pa.string())
    return {"feature": names, "included": pa.repeat(pa.scalar(True), len(entries))}


def _limit_columns(entries: list[tuple[str, float | None]]) -> dict[str, pa.Array]:
    names = pa.array([name for name, _ in entries], pa.string())
    return {"limit_name": names, "limit_value": pa.array([value for _, value in entries], pa.float64())}


def parse_features(text: str) -> dict[str, float | None]:
    """The features in a cell, separated by `;` or `|`, or as a JSON list.

    >>> list(parse_features("export; sso")), list(parse_features('["export", "sso"]'))
    (['export', 'sso'], ['export', 'sso'])
    """
    if text.startswith("["):
        return dict.fromkeys(_json_names(text))
    return dict.fromkeys(part.strip() for part in re.split(r"[;|\n]", text) if part.strip())


def _json_names(text: str) -> Iterator[str]:
    try:
        names = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError(f"not a JSON list: {text[:40]!r}") from None
    if not all(isinstance(name, str) and name.strip() for name in names):
        raise ValueError("a JSON list of features holds names only")
    return iter([name.strip() for name in names])


def parse_limits(text: str) -> dict[str, float | None]:
    """The limits in a cell: `seats=10; projects=5`, or a JSON object; `unlimited` is none.

    >>> parse_limits("seats=10; projects=unlimited")
    {'seats': 10.0, 'projects': None}
    """
    if text.startswith("{"):
        return {name: _limit(value) for name, value in _json_limits(text).items()}
    limits: dict[str, float | None] = {}
    for entry in re.split(r"[;|\n]", text):
        if entry.strip():
            name, mark, value = _split_limit(entry)
            if not mark or not name:
                raise ValueError(f"{entry.strip()!r} is not a limit; write name=number")
            limits[name] = _limit(value)
    return limits


def _split_limit(entry: str) -> tuple[str, str, str]:
    mark = "=" if "=" in entry else ":"
    name, mark, value = entry.partition(mark)
    return name.strip(), mark, value.strip()


def _json_limits(text: str) -> dict[str, str]:
    try:
        limits = json.loads(text, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        raise ValueError(f"not a JSON object: {text[:40]!r}") from None
    return {str(name): "unlimited" if value is None else str(value) for name, value in limits.items()}


def _limit(text: str) -> float | None:
    if text.strip().casefold() in UNLIMITED:
        return None
    value = float(parse_number(text, "."))
    if value < 0:
        raise ValueError(f"a limit is not below 0: {text!r}")
    return value
