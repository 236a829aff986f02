"""What the same Ibis expression means on the three engines: what agrees, and what differs and is avoided.

Every case is run on DuckDB by `make test` and on all three by `make conformance`; the table of
differences in `docs/engines.md` is made from here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa
from ibis import _

from holdfast.engines import Engine

SCHEMA = pa.schema(
    [
        ("i", pa.int64()),
        ("g", pa.string()),
        ("s", pa.string()),
        ("n", pa.int64()),
        ("b", pa.bool_()),
        ("f", pa.float64()),
        ("d", pa.date32()),
    ]
)
BIG = 2**53 + 1
ROWS = pa.table(
    {
        "i": [1, 2, 3, 4, 5, 6],
        "g": ["a", "a", "b", "b", None, None],
        "s": [None, None, "x", "Y", "é", "y"],
        "n": [10, None, -7, 7, BIG, -3],
        "b": [True, None, False, True, False, None],
        "f": [1.5, None, -2.5, 2.5, 0.5, 0.0],
        "d": [date(2024, 1, 31), None, date(2024, 2, 29), date(2023, 12, 31), date(2020, 2, 2), date(1969, 12, 31)],
    },
    schema=SCHEMA,
)

Build = Callable[[ir.Table], ir.Expr]


@dataclass(frozen=True)
class Safe:
    """An expression that gives `expected` on every engine: a value a row in the order of `i`, a scalar, or rows."""

    name: str
    build: Build
    expected: Any


@dataclass(frozen=True)
class Different:
    """An expression that engines answer differently; an outcome that is a text names the error raised."""

    name: str
    build: Build
    duckdb: Any
    spark: Any
    clickhouse: Any
    instead: str


def answer(engine: Engine, table: ir.Table, build: Build) -> Any:
    """What the engine says, in the shape of `Safe.expected`."""
    built = build(table)
    if isinstance(built, ir.Scalar):
        return engine.to_arrow(built.name("answer")).column(0)[0].as_py()
    if isinstance(built, ir.Table):
        return [tuple(row.values()) for row in engine.to_arrow(built).to_pylist()]
    columns = table.mutate(answer=built).order_by("i").select("answer")
    return engine.to_arrow(columns).column(0).to_pylist()


def numbers(stop: int) -> ir.Table:
    return ibis.range(0, stop).unnest().name("p").as_table()


def right(table: ir.Table) -> ir.Table:
    """The first two rows, as the other side of a join."""
    return table.filter(table.i < 3).select(j="i", one=ibis.literal(1), day="d", key="g")


def nothing(table: ir.Table) -> ir.Table:
    return table.filter(table.i < 0)


def left(table: ir.Table, other: ir.Table, on: Callable[[ir.Table], list[ir.BooleanValue]]) -> Any:
    return table.left_join(other, on(other)).group_by("i")


def with_numbers(
    table: ir.Table, join: Callable[..., ir.Table], on: Callable[[ir.Column], ir.BooleanValue]
) -> ir.Table:
    other = numbers(4)
    return join(other, on(other.p))


def closest(table: ir.Table, other: ir.Table) -> ir.Table:
    return table.asof_join(other, on=table.i >= other.j)


by_i = ibis.window(group_by="g", order_by="i")
running = ibis.window(group_by="g", order_by="i", preceding=None, following=0)
far = ibis.literal(date(9999, 12, 31))
one = ibis.literal(1, "int64")
D = date

SAFE = (
    # NULLs in order, in comparisons and in functions
    Safe("order_by puts NULLs last", lambda t: t.order_by("n").select("i"), [(3,), (6,), (4,), (1,), (5,), (2,)]),
    Safe("order_by desc, too", lambda t: t.order_by(ibis.desc("n")).select("i"), [(5,), (1,), (4,), (6,), (3,), (2,)]),
    Safe("row_number over NULLs", lambda t: ibis.row_number().over(order_by="n"), [3, 5, 0, 2, 4, 1]),
    Safe(
        "row_number over NULLs, desc", lambda t: ibis.row_number().over(order_by=ibis.desc("n")), [1, 5, 4, 2, 0, 3]
    ),
    Safe("text is ordered by code point", lambda t: t.filter(_.i > 2).order_by("s").select("s"), [(c,) for c in "Yxyé"]),
    Safe("text is compared by code point", lambda t: t.s < "a", [None, None, False, True, False, False]),
    Safe("least ignores NULL", lambda t: ibis.least(t.n, 5), [5, 5, -7, 5, 5, -3]),
    Safe("greatest ignores NULL", lambda t: ibis.greatest(t.n, 5), [10, 5, 5, 7, BIG, 5]),
    Safe("nullif", lambda t: t.n.nullif(7), [10, None, -7, None, BIG, -3]),
    Safe("coalesce", lambda t: ibis.coalesce(t.n, t.i), [10, 2, -7, 7, BIG, -3]),
    Safe("ifelse of NULL takes the other", lambda t: ibis.ifelse(t.b, 1, 0), [1, 0, 0, 1, 0, 0]),
    Safe("cases without else", lambda t: ibis.cases((t.i == 1, "one")), ["one", None, None, None, None, None]),
    Safe("NULL and false", lambda t: t.b & ibis.literal(False), [False] * 6),
    Safe("not NULL is NULL", lambda t: ~t.b, [False, None, True, False, True, None]),
    Safe("between", lambda t: t.n.between(0, 10), [True, None, False, True, False, False]),
    Safe("filter drops NULL", lambda t: t.filter(~t.b).order_by("i").select("i"), [(3,), (5,)]),
    Safe("isin", lambda t: t.g.isin(["a", "q"]), [True, True, False, False, None, None]),
    Safe("notin", lambda t: t.g.notin(["a"]), [False, False, True, True, None, None]),
    Safe("NULL in text", lambda t: t.g + "-" + t.s, [None, None, "b-x", "b-Y", None, None]),
    # aggregates
    Safe("sum of no rows is NULL", lambda t: nothing(t).n.sum(), None),
    Safe("sum of no rows of what is never NULL", lambda t: ibis.ifelse(nothing(t).i > 3, 1, 0).sum(), None),
    Safe("sum where nothing is", lambda t: t.n.sum(where=t.i < 0), None),
    Safe("sum of NULLs", lambda t: t.filter(t.i == 2).n.sum(), None),
    Safe("count where nothing is", lambda t: t.count(where=t.i < 0), 0),
    Safe("count where NULL", lambda t: t.count(where=~t.b), 2),
    Safe("max of no rows", lambda t: nothing(t).d.max(), None),
    Safe("sum of bools", lambda t: t.b.sum(), 2),
    Safe("mean of bools skips NULL", lambda t: t.b.mean(), 0.5),
    Safe("any of nothing", lambda t: nothing(t).b.any(), None),
    Safe("nunique ignores NULL", lambda t: t.s.nunique(), 4),
    Safe("nunique where", lambda t: t.g.nunique(where=t.i > 2), 1),
    Safe("median", lambda t: t.n.median(), 7.0),
    Safe("quantile", lambda t: t.f.quantile(0.3), 0.1),
    Safe("counts subtract below zero", lambda t: t.s.count() - t.i.count(), -2),
    Safe(
        "NULL is a group",
        lambda t: t.group_by("g").aggregate(c=_.count()).order_by("g"),
        [("a", 2), ("b", 2), (None, 2)],
    ),
    Safe("distinct keeps one NULL", lambda t: t.select("g").distinct().count(), 3),
    Safe(
        "argmax",
        lambda t: t.group_by("g").aggregate(s=_.s.argmax(_.i)).order_by("g"),
        [("a", None), ("b", "Y"), (None, "y")],
    ),
    # joins
    Safe("NULL keys never join", lambda t: t.join(t.view(), "g").count(), 8),
    Safe(
        "a left join's missing side is NULL",
        lambda t: t.left_join(right(t), [("i", "j")]).filter(_.i.isin([2, 3])).order_by("i").select("j", "one", "day", "key"),
        [(2, 1, None, "a"), (None, None, None, None)],
    ),
    Safe(
        "a count that is missing in a left join",
        lambda t: t.left_join(right(t).group_by("j").aggregate(c=_.count()), [("i", "j")]).order_by("i").select("c").limit(3),
        [(1,), (1,), (None,)],
    ),
    Safe(
        "left join by equality and inequality",
        lambda t: left(t, t.select(h="g", j="i"), lambda o: [t.g == o.h, t.i < o.j]).aggregate(c=_.j.count()).order_by("i"),
        [(1, 1), (2, 0), (3, 1), (4, 0), (5, 0), (6, 0)],
    ),
    Safe("inner join by inequality alone", lambda t: with_numbers(t, t.join, lambda p: t.i <= p).count(), 6),
    Safe(
        "anti join keeps NULL keys",
        lambda t: t.anti_join(right(t), [("g", "key")]).order_by("i").select("i"),
        [(3,), (4,), (5,), (6,)],
    ),
    # windows
    Safe("running sum", lambda t: t.n.sum().over(running), [10, 10, -7, 0, BIG, BIG - 3]),
    Safe(
        "sum of an empty frame",
        lambda t: t.n.sum().over(ibis.window(group_by="g", order_by="i", preceding=(3, 1))),
        [None, 10, None, -7, None, BIG],
    ),
    Safe("an ordered window without a frame is the whole", lambda t: t.i.sum().over(order_by="i"), [21] * 6),
    Safe("lag", lambda t: t.n.lag().over(by_i), [None, 10, None, -7, None, BIG]),
    Safe("lead of what is never NULL", lambda t: (t.i * 0 + 5).lead().over(by_i), [5, None] * 3),
    Safe("lead of a literal", lambda t: t.mutate(k=one).mutate(answer=_.k.lead().over(by_i)).order_by("i")["answer"].as_table(), [(1,), (None,)] * 3),
    Safe("lag with a default", lambda t: t.n.lag(1, ibis.literal(99, "int64")).over(by_i), [99, 10, 99, -7, 99, BIG]),
    Safe("lead of days", lambda t: t.d.lead().over(by_i).isnull(), [True, True, False, True, False, True]),
    Safe("sum where over a window", lambda t: t.i.sum(where=t.i > 2).over(group_by="g"), [None, None, 7, 7, 11, 11]),
    Safe(
        "the last row of each group",
        lambda t: t.filter(ibis.row_number().over(group_by="g", order_by=ibis.desc("i")) == 0).order_by("i").select("i"),
        [(2,), (4,), (6,)],
    ),
    Safe("counts over a window", lambda t: t.s.count().over(group_by="g") * 10 + t.count().over(group_by="g"), [2, 2, 22, 22, 22, 22]),
    Safe("a count beside an int64", lambda t: ibis.least(t.count(), t.i.sum()), 6),
    # numbers
    Safe("int / int is a float", lambda t: t.n / 2, [5.0, None, -3.5, 3.5, float(2**52), -1.5]),
    Safe("division by nullif", lambda t: t.i.cast("float64") / (t.i - 3).nullif(0).cast("float64"), [-0.5, -2.0, None, 4.0, 2.5, 2.0]),
    Safe("// floors", lambda t: t.filter(t.i != 5).order_by("i").select(x=_.n // 2), [(5,), (None,), (-4,), (3,), (-2,)]),
    Safe("% truncates", lambda t: t.n % 4, [2, None, -3, 3, 1, -3]),
    Safe(">> is exact", lambda t: (t.i * 0 + 2**61 + 3) >> 1, [2**60 + 1] * 6),
    Safe("int64 literals are 64 bits wide", lambda t: (one << t.i) + (one << 40), [2**40 + 2**i for i in range(1, 7)]),
    Safe("a sum of bits", lambda t: (one << (t.i + 50)).sum(), 126 * 2**50),
    Safe("float literals are floats", lambda t: (ibis.literal(0.1) + ibis.literal(0.2)) == ibis.literal(0.3), False),
    Safe("sqrt", lambda t: (t.i.cast("float64") / 7.0).sqrt().max(), 0.9258200997725514),
    Safe("int64 beyond 2^53 beside NULL", lambda t: t.n, [10, None, -7, 7, BIG, -3]),
    Safe("try_cast of text", lambda t: t.s.try_cast("float64"), [None] * 6),
    # days
    Safe("day numbers", lambda t: t.d.epoch_days(), [19753, None, 19782, 19722, 18294, -1]),
    Safe("days between days", lambda t: t.d.epoch_days() - ibis.date(2024, 1, 1).epoch_days(), [30, None, 59, -1, -1429, -19724]),
    Safe("a day plus days", lambda t: ibis.literal(D(2149, 6, 5)) + t.i.as_interval("D"), [D(2149, 6, 5 + i) for i in range(1, 7)]),
    Safe("start of the week", lambda t: t.d.truncate("W").max(), D(2024, 2, 26)),
    Safe("start of the quarter", lambda t: t.d.truncate("Q").min(), D(1969, 10, 1)),
    Safe("month number", lambda t: t.d.year() * 12 + t.d.month(), [24289, None, 24290, 24288, 24242, 23640]),
    Safe("day of the week", lambda t: t.d.day_of_week.index(), [2, None, 3, 6, 6, 2]),
    Safe("days before 1970 and after 2149", lambda t: ibis.date(t.i * 100 + 1800, 12, 1).max(), D(2400, 12, 1)),
    Safe("a far day in place of NULL", lambda t: t.d.coalesce(far).max(), D(9999, 12, 31)),
    Safe("isin days", lambda t: t.d.isin([D(1969, 12, 31), D(2024, 1, 31)]).sum(), 2),
    # tables out of nothing, and text
    Safe("a range", lambda t: numbers(3).order_by("p"), [(0,), (1,), (2,)]),
    Safe(
        "an array of structs",
        lambda t: (
            ibis.array([ibis.struct({"x": 1, "y": D(1960, 1, 1)}), ibis.struct({"x": 2, "y": D(2200, 2, 1)})])
            .unnest()
            .name("r")
            .as_table()
            .unpack("r")
            .order_by("x")
        ),
        [(1, D(1960, 1, 1)), (2, D(2200, 2, 1))],
    ),
    Safe("quotes and backslashes", lambda t: t.filter(t.i == 1).select(x=ibis.literal("a\\n'b\"; --")), [("a\\n'b\"; --",)]),
)  # fmt: skip

DIFFERENT = (
    Different("x / 0", lambda t: t.i.cast("float64").sum() / (t.i * 0).sum().cast("float64"),
              float("inf"), "ArithmeticException", float("inf"), "`x / y.nullif(0)`, both as float64"),
    Different("x % 0", lambda t: (t.i % (t.i * 0)).max(), None, "ArithmeticException", "DatabaseError", "`x % y.nullif(0)`"),
    Different("int64 overflow", lambda t: (t.i + (2**63 - 7)).min() + 7, "OutOfRangeException", "ArithmeticException", -(2**63) + 1,
              "amounts are limited on the way in, so that no sum comes near"),
    Different("`year() * 2_000_000`", lambda t: (t.d.year() * 2_000_000).max(), 4_048_000_000, "ArithmeticException", 4_048_000_000,
              "`.cast(\"int64\")` first: parts of dates and ranges have 32 bits on Spark"),
    Different("`round()` of a half", lambda t: t.f.round(), [2, None, -3, 3, 1, 0], [2, None, -3, 3, 1, 0], [2, None, -2, 2, 0, 0],
              "integers only"),
    Different("float to int", lambda t: t.f.cast("int64").sum(), 2, 1, 1, "`floor()` first"),
    Different("`isin` of a list with NULL", lambda t: t.g.isin(["a", None]).count(), 2, 2, 4, "a list without NULL"),
    Different("`notin` of a subquery with NULL", lambda t: t.filter(t.g.notin(t.filter(t.i > 2).g)).count(), 0, 0, 2, "`anti_join`"),
    Different("`last()` in a window", lambda t: t.n.last().over(ibis.window(group_by="g", order_by="i", preceding=None, following=None)),
              [None, None, 7, 7, -3, -3], [10, 10, 7, 7, -3, -3], [10, 10, 7, 7, -3, -3], "`argmax`, or a filter on `row_number()`"),
    Different("sqrt of a negative number", lambda t: t.f.sqrt().isnan().any(), "OutOfRangeException", True, True, "a guard before it"),
    Different("ln(0)", lambda t: t.f.abs().ln().min(), "OutOfRangeException", -0.6931471805599453, float("-inf"), "`x.nullif(0).ln()`"),
    Different("`isnan` of NULL", lambda t: t.f.isnan().count(), 5, 6, 5, "NULL, never NaN, where there is no number"),
    Different("decimal / int", lambda t: (t.n.cast("decimal(38,6)") / 3).max() < 3002399751580330.9, True, False, False, "float64 first"),
    Different("`cast` of text that is no number", lambda t: t.s.cast("float64").max(), "ConversionException", "NumberFormatException", None, "`try_cast`"),
    Different("length of non-ASCII text", lambda t: t.s.length().max(), 1, 1, 2, "length in Python, on the way in"),
    Different("float to text", lambda t: t.f.cast("string").min(), "-2.5", "-2.5", "-2.5", "never: 0.0 is written `0` by ClickHouse"),
    Different("`bit_or`", lambda t: t.i.bit_or(), 7, "OperationNotDefinedError", 7, "the sum of bits of distinct periods"),
    Different("`nunique` over a window", lambda t: t.s.nunique().over(group_by="g"), [0, 0, 2, 2, 2, 2], "AnalysisException", [0, 0, 2, 2, 2, 2], "an aggregate that is joined"),
    Different("`percent_rank`, `cume_dist`", lambda t: ibis.cume_dist().over(order_by="i") > 0.9, [False] * 5 + [True], [False] * 5 + [True], "OperationNotDefinedError", "`row_number` and `count`"),
    Different("left join by inequality alone", lambda t: with_numbers(t, t.left_join, lambda p: t.i < p).count(), 7, 7, "DatabaseError",
              "an equality beside it, or an inner join"),
    Different("`asof_join`", lambda t: closest(t, right(t)).count(), 6, "UnsupportedOperationError", "DatabaseError", "`lead` gives each row its end; join by the span"),
)  # fmt: skip


def table_of_differences() -> str:
    """The Markdown table in `docs/engines.md`."""
    rows = ["| Expression | DuckDB | Spark | ClickHouse | Instead |", "|---|---|---|---|---|"]
    rows += [
        f"| {case.name} | {_shown(case.duckdb)} | {_shown(case.spark)} | {_shown(case.clickhouse)} | {case.instead} |"
        for case in DIFFERENT
    ]
    return "\n".join(rows)


def _shown(outcome: Any) -> str:
    if isinstance(outcome, str) and outcome.endswith(("Exception", "Error")):
        return f"raises {outcome}"
    if isinstance(outcome, list):
        return ", ".join(map(_shown, outcome))
    return "NULL" if outcome is None else str(outcome)
