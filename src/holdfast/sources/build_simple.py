"""Kinds whose rows become one row of one table, field by field."""

from __future__ import annotations

from decimal import Decimal

import pyarrow as pa

from holdfast.facts.money import to_micros
from holdfast.sources.amounts import LARGEST, Amount, from_minor, plain
from holdfast.sources.batch import Batch
from holdfast.sources.kinds import Field
from holdfast.sources.parts import Part, make_part

INSTANT = pa.timestamp("us", tz="UTC")


def build_simple(batch: Batch) -> list[Part]:
    """The one part of a simple kind."""
    kind = batch.reading.kind
    columns: dict[str, pa.Array] = {}
    currencies = row_currencies(batch) if any(field.name == "currency" for field in kind.fields) else []
    for field in kind.fields:
        if field.name == "currency":
            columns["currency"] = pa.array(currencies, pa.string())
        else:
            columns |= field_columns(batch, field, currencies)
    if kind.name == "fx-rates":
        _check_rates(batch, columns)
    if kind.name == "trials":
        _check_trials(batch, columns)
    return [make_part(kind.tables[0], columns, batch.positions, batch.reading.source)]


def field_columns(batch: Batch, field: Field, currencies: list[str]) -> dict[str, pa.Array]:
    """The columns of the table that one field fills."""
    target = field.target
    if field.reads == "moment":
        return moment_columns(batch, field)
    if field.reads == "amount":
        return {f"{target}_micros": micros(batch, field.name, currencies)}
    if field.reads == "number":
        values = batch.numbers(field.name)
        if target == "rate":
            return {target: values.array(pa.string(), plain)}
        return {target: values.array(pa.float64(), float)}
    return {target: batch.simple(field)}


def moment_columns(batch: Batch, field: Field) -> dict[str, pa.Array]:
    values = batch.moments(field.name)
    return {
        f"{field.target}_at": values.array(INSTANT, lambda moment: moment.at),
        f"{field.target}_day": values.array(pa.date32(), lambda moment: moment.day),
    }


def row_currencies(batch: Batch) -> list[str]:
    """The currency of each row: its own column, else what an amount itself names, else the company's."""
    own = batch.simple(batch.reading.kind.field("currency")).to_pylist()
    named: list[str | None] = [None] * batch.size
    for field in batch.reading.kind.fields:
        if field.reads == "amount" and batch.reading.has(field.name):
            _collect_named(batch, field.name, own, named)
    fallback = batch.reading.currency
    return [currency or other or fallback for currency, other in zip(own, named, strict=True)]


def _collect_named(batch: Batch, name: str, own: list[str | None], named: list[str | None]) -> None:
    values = batch.amounts(name)
    if not any(amount is not None and amount.currency for amount in values.distinct):
        return
    for row, amount in enumerate(values.list()):
        if amount is not None and amount.currency:
            expected = own[row] or named[row]
            if expected not in (None, amount.currency):
                batch.reject(row, f"{name} is in {amount.currency}, and the row in {expected}")
            named[row] = amount.currency


def micros(batch: Batch, name: str, currencies: list[str]) -> pa.Array:
    """An amount column in micros of the rows' currencies."""
    known: dict[tuple[Amount, str], int] = {}
    result: list[int | None] = []
    for row, amount in enumerate(batch.amounts(name).list()):
        if amount is None:
            result.append(None)
            continue
        pair = (amount, currencies[row])
        if pair not in known:
            known[pair] = to_micros(major(batch, *pair))
        value = known[pair]
        if abs(value) > LARGEST_MICROS:
            batch.reject(row, f"{name}: more than {LARGEST:,} {currencies[row]}")
        result.append(min(max(value, -LARGEST_MICROS), LARGEST_MICROS))
    return pa.array(result, pa.int64())


def major(batch: Batch, amount: Amount, currency: str) -> Decimal:
    """The amount in major units, whichever the file has."""
    return from_minor(amount.value, currency) if batch.reading.minor_units else amount.value


LARGEST_MICROS = to_micros(LARGEST)


def _check_rates(batch: Batch, columns: dict[str, pa.Array]) -> None:
    for row, (rate, base, quote) in enumerate(
        zip(*(columns[name].to_pylist() for name in ("rate", "from_currency", "to_currency")), strict=True)
    ):
        if rate is not None and (rate.startswith("-") or rate == "0"):
            batch.reject(row, f"rate: {rate!r} is not above 0")
        if base is not None and base == quote and rate != "1":
            batch.reject(row, f"from and to are both {base}")


def _check_trials(batch: Batch, columns: dict[str, pa.Array]) -> None:
    started = columns["started_day"].to_pylist()
    for field in ("ends", "converted"):
        for row, (start, day) in enumerate(zip(started, columns[f"{field}_day"].to_pylist(), strict=True)):
            if start is not None and day is not None and day < start:
                batch.reject(row, f"{field}_at: {day} lies before the trial began ({start})")
