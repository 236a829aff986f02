"""Dimensions: what a metric can be split by and filtered on.

`plan`, `product` and `currency` belong to items; `cohort`, `account` and every attribute belong to the account.
A dimension lives in internal columns `d0`, `d1`, ... so that an attribute may have any name at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import date

import ibis
import ibis.expr.types as ir
import sqlglot
from sqlglot import exp

from holdfast.errors import InputError
from holdfast.metrics.policy import unknown

ITEM_DIMENSIONS = ("plan", "product", "currency")
ACCOUNT_DIMENSIONS = ("cohort", "account")
ATTRIBUTE_PREFIX = "account."
MAX_CONDITION = 2_000
YES_OR_NO = {"true": "yes", "false": "no"}

COMPARISONS: dict[type[exp.Expr], Callable[[ir.Value, ir.Value], ir.BooleanValue]] = {
    exp.EQ: lambda a, b: a == b,
    exp.NEQ: lambda a, b: a != b,
    exp.GT: lambda a, b: a > b,
    exp.GTE: lambda a, b: a >= b,
    exp.LT: lambda a, b: a < b,
    exp.LTE: lambda a, b: a <= b,
}


@dataclass(frozen=True)
class Dimension:
    """One dimension under its internal column name."""

    name: str
    column: str
    of_metric: bool = False

    @property
    def of_item(self) -> bool:
        return self.name in ITEM_DIMENSIONS

    @property
    def number_column(self) -> str:
        return f"{self.column}_number"

    @property
    def attribute(self) -> str | None:
        if self.of_item or self.of_metric or self.name in ACCOUNT_DIMENSIONS:
            return None
        return self.name.removeprefix(ATTRIBUTE_PREFIX)


class Dimensions:
    """The dimensions of one question: those it is split by, those it is filtered on, and the conditions."""

    def __init__(
        self,
        by: Iterable[str],
        where: Iterable[str],
        attributes: Iterable[str],
        *,
        money: bool = False,
        own: Sequence[str] = (),
    ) -> None:
        self.own = tuple(own)
        """Dimensions of the metric alone: columns of its rows that say yes, no or null."""
        self.money = money
        """True where rows are amounts, each of one currency: then the currency is the row's, never
        the account's main one."""
        self.known = [*ITEM_DIMENSIONS, *ACCOUNT_DIMENSIONS, *self.own, *attributes]
        self.conditions = [_parse(text) for text in where]
        split = [self._resolve(name) for name in by]
        if len(set(split)) < len(split):
            raise InputError(f"--by names a dimension twice: {', '.join(split)}")
        asked = [self._resolve(_column_name(c)) for tree in self.conditions for c in tree.find_all(exp.Column)]
        names = list(dict.fromkeys([*split, *asked]))
        self.all = [Dimension(name, f"d{number}", name in self.own) for number, name in enumerate(names)]
        self.split = self.all[: len(split)]

    def of_accounts(self, *, by_currency: bool = False) -> Dimensions:
        """The same, where rows are accounts and no amounts. `by_currency`: split by their currency at last, too."""
        other = copy(self)
        other.money = False
        if by_currency and all(dimension.name != "currency" for dimension in self.split):
            found = [dimension for dimension in self.all if dimension.name == "currency"]
            currency = found or [Dimension("currency", f"d{len(self.all)}")]
            rest = [d for d in self.all[len(self.split) :] if d not in found]
            other.split = [*self.split, *currency]
            other.all = [*other.split, *rest]
        return other

    @property
    def columns(self) -> list[str]:
        """Internal names of the columns to group by."""
        return [dimension.column for dimension in self.split]

    @property
    def main_item_columns(self) -> list[str]:
        """Internal names of the columns that an account has by its main item, to split by or to filter on."""
        return [d.column for d in self.all if d.of_item and d is not self.own_currency]

    @property
    def own_currency(self) -> Dimension | None:
        """The dimension currency, where it is that of each row."""
        return next((d for d in self.all if self.money and d.name == "currency"), None)

    def _resolve(self, name: str) -> str:
        plain = name.removeprefix(ATTRIBUTE_PREFIX)
        built_in = (*ITEM_DIMENSIONS, *ACCOUNT_DIMENSIONS, *self.own)
        if name in self.known:
            return name
        if plain in self.known:
            # the prefix is only needed for an attribute that is called like a built-in dimension
            return name if plain in built_in else plain
        folded = {known.lower(): known for known in self.known}
        if name.lower() in folded:
            return folded[name.lower()]
        raise unknown("dimension", name, self.known)

    def tag_items(self, table: ir.Table) -> ir.Table:
        """Add the item dimensions, from the columns plan, product and own_currency."""
        source = {"plan": "plan", "product": "product", "currency": "own_currency"}
        return table.mutate(**{d.column: table[source[d.name]] for d in self.all if d.of_item})

    def tag_accounts(self, table: ir.Table, attributes: ir.Table, first_days: ir.Table) -> ir.Table:
        """Add the account dimensions, by account_id."""
        for dimension in self.all:
            if dimension.attribute is not None:
                table = _with_attribute(table, attributes, dimension)
            elif dimension.of_metric:
                table = table.mutate(**{dimension.column: _said(table[dimension.name])})
            elif dimension.name == "account":
                table = table.mutate(**{dimension.column: table.account_id})
            elif dimension.name == "cohort":
                known = first_days.select(
                    cohort_account="account_id", **{dimension.column: first_days.first_day.truncate("M")}
                )
                joined = table.left_join(known, table.account_id == known.cohort_account)
                table = joined.select(*table.columns, dimension.column)
        return table

    def keep(self, table: ir.Table) -> ir.Table:
        """Rows that meet every condition; the columns that only conditions needed are dropped."""
        for tree in self.conditions:
            table = table.filter(self._condition(tree, table).fill_null(False))
        extra = [d.column for d in self.all[len(self.split) :]] + [d.number_column for d in self.all]
        return table.drop(*[name for name in extra if name in table.columns])

    def _condition(self, tree: exp.Expr, table: ir.Table) -> ir.BooleanValue:
        if isinstance(tree, exp.Paren):
            return self._condition(tree.this, table)
        if isinstance(tree, exp.Not):
            return ~self._condition(tree.this, table).fill_null(False)
        if isinstance(tree, exp.And):
            return self._condition(tree.this, table) & self._condition(tree.expression, table)
        if isinstance(tree, exp.Or):
            return self._condition(tree.this, table) | self._condition(tree.expression, table)
        if isinstance(tree, exp.Is) and isinstance(tree.expression, exp.Null):
            return self._value(tree.this, table, numeric=False).isnull()
        if isinstance(tree, exp.In) and tree.expressions:
            parts = [self._compare(exp.EQ, tree.this, option, table) for option in tree.expressions]
            return ibis.or_(*parts)
        if type(tree) in COMPARISONS:
            return self._compare(type(tree), tree.this, tree.expression, table)
        raise _bad_condition(tree.sql())

    def _compare(self, kind: type[exp.Expr], left: exp.Expr, right: exp.Expr, table: ir.Table) -> ir.BooleanValue:
        if not isinstance(left, exp.Column):
            raise _bad_condition(f"{left.sql()} ... {right.sql()}")
        dimension = self._dimension(left)
        literal = _literal(right)
        if dimension.name == "cohort":
            return COMPARISONS[kind](table[dimension.column], ibis.literal(_cohort(literal)))
        numeric = isinstance(literal, float) and dimension.attribute is not None
        value: str | float = literal if numeric else _plain_text(right)
        if dimension.of_metric:
            value = YES_OR_NO.get(str(value), value)
        return COMPARISONS[kind](self._value(left, table, numeric=numeric), ibis.literal(value))

    def _value(self, column: exp.Expr, table: ir.Table, *, numeric: bool) -> ir.Value:
        if not isinstance(column, exp.Column):
            raise _bad_condition(column.sql())
        dimension = self._dimension(column)
        return table[dimension.number_column if numeric else dimension.column]

    def _dimension(self, column: exp.Column) -> Dimension:
        name = self._resolve(_column_name(column))
        return next(dimension for dimension in self.all if dimension.name == name)


def _said(answer: ir.Value) -> ir.Value:
    """yes or no for what is true or false."""
    return ibis.ifelse(answer, "yes", "no") if answer.type().is_boolean() else answer


def _with_attribute(table: ir.Table, attributes: ir.Table, dimension: Dimension) -> ir.Table:
    one = attributes.filter(attributes.name == dimension.attribute)
    one = one.select(
        attribute_account="account_id", **{dimension.column: one.text, dimension.number_column: one.number}
    )
    joined = table.left_join(one, table.account_id == one.attribute_account)
    return joined.select(*table.columns, dimension.column, dimension.number_column)


def _parse(text: str) -> exp.Expr:
    if len(text) > MAX_CONDITION:
        raise InputError(f"a condition of {len(text):,} characters is too long; {MAX_CONDITION:,} are allowed")
    try:
        tree = sqlglot.parse_one(text, dialect="duckdb")
    except (sqlglot.errors.SqlglotError, RecursionError) as error:
        raise _bad_condition(text[:200]) from error
    if not isinstance(tree, (exp.Connector, exp.Not, exp.Paren, exp.Is, exp.In, *COMPARISONS)):
        raise _bad_condition(text)
    return tree


def _bad_condition(text: str) -> InputError:
    return InputError(
        f"cannot use the condition {text!r}; a condition compares a dimension with a value: "
        "country = 'DE', seats >= 10, plan in ('Gold', 'Silver'), industry is null, joined by and, or, not",
        hint="text stands in single quotes; a name with a space stands in double quotes",
    )


def _column_name(column: exp.Column) -> str:
    return ".".join(part.name for part in column.parts)


def _literal(tree: exp.Expr) -> str | float:
    if isinstance(tree, exp.Neg):
        inner = _literal(tree.this)
        if isinstance(inner, float):
            return -inner
    if isinstance(tree, exp.Boolean):
        return str(tree.this).lower()
    if isinstance(tree, exp.Literal):
        return str(tree.this) if tree.is_string else float(tree.this)
    raise _bad_condition(tree.sql())


def _plain_text(tree: exp.Expr) -> str:
    return f"-{tree.this.this}" if isinstance(tree, exp.Neg) else str(_literal_text(tree))


def _literal_text(tree: exp.Expr) -> str:
    return str(tree.this) if isinstance(tree, exp.Literal) else str(_literal(tree))


def _cohort(literal: str | float) -> date:
    text = str(literal)
    try:
        return date.fromisoformat(text if len(text) > 7 else f"{text}-01").replace(day=1)
    except ValueError:
        raise InputError(f"not a cohort: {text!r}; write a month such as cohort = '2026-01'") from None
