"""Exact products and exchange rates as fractions."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from pathlib import Path
from random import Random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from holdfast.engines import Engine, open_engine
from holdfast.metrics.fx import daily_rates
from holdfast.metrics.wide import with_exact_product

MOST = 2**60
DAY = date(2024, 3, 1)


@pytest.fixture
def engine() -> Iterator[Engine]:
    opened = open_engine("duckdb")
    yield opened
    opened.close()


def sample() -> list[tuple[int, int, int]]:
    """Numbers of any size, powers of ten, and quotients that end in exactly a half; the result is at most 2^60."""
    random = Random(4)
    found = [(1, 1, 2), (MOST, 1, 1), (MOST, MOST, MOST), (1, 1, MOST), (0, 5, 3), (MOST - 1, MOST - 1, MOST)]
    while len(found) < 20_000:
        value, numerator, denominator = (random.getrandbits(random.randint(0, 60)) for _ in range(3))
        denominator = random.choice((denominator, 10 ** random.randint(0, 18), 2 * numerator, numerator // 2)) or 1
        if denominator <= MOST and value * numerator <= MOST * denominator:
            found.append((value, numerator, denominator))
    return found


def test_products_are_exact(engine: Engine, tmp_path: Path) -> None:
    rows = sample()
    table = pa.table({name: [row[place] for row in rows] for place, name in enumerate(("a", "n", "d"))})
    pq.write_table(table, tmp_path / "numbers.parquet")
    numbers = engine.parquet([str(tmp_path / "numbers.parquet")], table.schema, name="numbers")
    answered = engine.to_arrow(with_exact_product(numbers, "a", "n", "d", "worth")).to_pylist()
    assert len(answered) == len(rows)
    wrong = [row for row in answered if row["worth"] != (2 * row["a"] * row["n"] + row["d"]) // (2 * row["d"])]
    assert wrong == []


@pytest.mark.parametrize(
    ("rate", "expected"),
    [
        ("1.0842", Fraction(10842, 10000)),
        ("0.92", Fraction(92, 100)),
        ("27000", Fraction(27000)),
        ("1", Fraction(1)),
        ("0.000036", Fraction(36, 10**6)),
        ("1.0623456789012345", Fraction(10623456789012345, 10**16)),
        ("12.3456789012345678901234567890", Fraction(123456789012345678, 10**16)),
    ],
)
def test_a_rate_is_the_fraction_that_was_written(rate: str, expected: Fraction, engine: Engine, tmp_path: Path) -> None:
    text = pa.string()
    schema = pa.schema(list({"day": pa.date32(), "from_currency": text, "to_currency": text, "rate": text}.items()))
    given = {"day": DAY, "rate": rate}
    pairs = ({"from_currency": "EUR", "to_currency": "USD"}, {"from_currency": "USD", "to_currency": "GBP"})
    pq.write_table(pa.Table.from_pylist([given | pair for pair in pairs], schema), tmp_path / "rates.parquet")
    rates = daily_rates(engine.parquet([str(tmp_path / "rates.parquet")], schema, name="rates"), "USD")
    found = {
        row["rate_currency"]: Fraction(row["rate_units"], row["rate_parts"])
        for row in engine.to_arrow(rates).to_pylist()
        if row["rate_day"] == DAY
    }
    assert found == {"EUR": expected, "GBP": 1 / expected}
