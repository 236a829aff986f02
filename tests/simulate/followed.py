"""Customers followed month by month, from the tables alone: what was seen of each before, and whether it then left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from holdfast.simulate import months
from holdfast.simulate.model import PLANS
from tests.simulate.conftest import END
from tests.simulate.made import Made

Cells = npt.NDArray[Any]
MONTHS = 37
NEVER = months.NEVER


def days(column: pa.ChunkedArray) -> Cells:
    return np.asarray(column.cast(pa.int32()).fill_null(NEVER).to_numpy(), dtype=np.int64)


def account_rows(column: pa.ChunkedArray) -> Cells:
    """`acc_0000012` and `sub_0000012` are row 11."""
    return np.asarray(pc.utf8_slice_codeunits(column, 4, 11).cast(pa.int64()).to_numpy()) - 1


@dataclass(frozen=True)
class Followed:
    """First subscriptions, one row for each account and one column for each billing month."""

    starts: Cells
    at_risk: Cells
    """Whether it could decide to leave in the month: it was there on its first day, and the month is over."""
    left: Cells
    plan: Cells
    """Plan at the end of the month; -1 where there was none."""

    @property
    def size(self) -> int:
        return len(self.starts)

    def month(self, account: Cells, day: Cells) -> Cells:
        """The billing month that holds each day; -1 before the first."""
        first = self.starts[account, 0]
        passed = months.month_of(day) - months.month_of(first)
        reached = months.add_months(first, np.maximum(passed, 0)) <= day
        return np.where(day < first, -1, passed - ~reached)

    def counted(self, account: Cells, day: Cells) -> Cells:
        """How many of the rows fall into each month of each account."""
        month = self.month(account, day)
        kept = (month >= 0) & (month < MONTHS)
        found = np.zeros((self.size, MONTHS), dtype=np.int64)
        np.add.at(found, (account[kept], month[kept]), 1)
        return found

    def ratio(self, seen: Cells, among: Cells | None = None) -> float:
        """How many times as often those leave of whom it was seen, within the same subscription month."""
        base = self.at_risk if among is None else self.at_risk & among
        with_it, without = base & seen, base & ~seen
        n1, n0 = with_it.sum(axis=0), without.sum(axis=0)
        left1, left0 = (with_it & self.left).sum(axis=0), (without & self.left).sum(axis=0)
        n = np.maximum(n1 + n0, 1)
        return float((left1 * n0 / n).sum() / (left0 * n1 / n).sum())


def after(begun: Cells, first: int, last: int) -> Cells:
    """Whether it began `first` to `last` months before each month."""
    found = np.zeros_like(begun, dtype=bool)
    for months_ago in range(first, last + 1):
        found[:, months_ago:] |= begun[:, :-months_ago].astype(bool)
    return found


def follow(made: Made) -> Followed:
    size, end = made.truth.accounts, months.number(END)
    terms = made.tables["subscription_terms"]
    main = pc.and_(
        pc.equal(terms["item_id"], terms["subscription_id"]),
        pc.and_(pc.equal(pc.utf8_length(terms["subscription_id"]), 11), pc.not_equal(terms["status"], "trialing")),
    )
    terms = terms.filter(main)
    account, from_day = account_rows(terms["account_id"]), days(terms["valid_from_day"])
    to_day = days(terms["valid_to_day"])
    begun, over = np.full(size, NEVER), np.full(size, 0)
    np.minimum.at(begun, account, from_day)
    np.maximum.at(over, account, to_day)
    first = np.minimum(begun, end + 1)
    starts = np.stack([months.add_months(first, k) for k in range(MONTHS + 1)], axis=1)
    request = _requests(made, size)
    ahead = np.minimum(over, end + 1)[:, None]
    there = (starts[:, :-1] < ahead) & (starts[:, :-1] <= request[:, None]) & (begun[:, None] < NEVER)
    at_risk = there & (starts[:, 1:] <= end)
    left = at_risk & (request[:, None] < starts[:, 1:])
    return Followed(starts, at_risk, left, _plans(terms, account, from_day, to_day, starts))


def _requests(made: Made, size: int) -> Cells:
    rows = made.tables["cancellations"]
    rows = rows.filter(
        pc.and_(
            pc.equal(pc.utf8_length(rows["subscription_id"]), 11),
            pc.not_equal(pc.fill_null(rows["reason"], ""), "payment failed"),
        )
    )
    found = np.full(size, NEVER)
    found[account_rows(rows["subscription_id"])] = days(rows["requested_day"])
    return found


def _plans(terms: pa.Table, account: Cells, from_day: Cells, to_day: Cells, starts: Cells) -> Cells:
    names = [plan.plan_id for plan in PLANS]
    code = pc.index_in(terms["plan_id"], pa.array(names)).to_numpy()
    found = np.full((len(starts), MONTHS), -1)
    for month in range(MONTHS):
        day = starts[account, month + 1] - 1
        rows = np.flatnonzero((from_day <= day) & (day < to_day))
        found[account[rows], month] = code[rows]
    return found
