"""The MRR roll-ups of a policy: `mrr_spans`, `mrr_changes` and `customer_spans`.

They live beside the facts in the lake, one set for each way of making MRR (`Policy.mrr_key`), and note in each
commit which version of every source they were made from. Whoever needs them and finds a source ahead brings them
up to date: only the accounts that the new files speak of are computed anew. Questions about the past (`as_of`)
get a set of their own that is thrown away with the workspace.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from holdfast.errors import LakeError
from holdfast.facts import TABLES
from holdfast.metrics.changes import account_days, customer_spans, mrr_changes
from holdfast.metrics.frame import Facts
from holdfast.metrics.fx import daily_rates
from holdfast.metrics.policy import Policy
from holdfast.metrics.query import Known, MetricQuery
from holdfast.metrics.refunds import less_refunds
from holdfast.metrics.spans import mrr_spans
from holdfast.rollups.merged import with_merges
from holdfast.rollups.scratch import Scratch

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from holdfast.engines import Engine
    from holdfast.lake import Lake

NAMES = ("mrr_spans", "mrr_changes", "customer_spans")
TERMS = "subscription_terms"
BUCKETS = 32
MOST_TOUCHED = 0.2
"""Above this share of accounts touched a rebuild of everything is cheaper."""
LAYOUT = 1
"""Raised when the roll-ups are computed or laid out in another way: older ones are made anew."""

Standing = Callable[[str], "ir.Table"]


def sources(policy: Policy) -> tuple[str, ...]:
    """The facts that the roll-ups of a policy are made from."""
    return (TERMS, "plans", "payments") if policy["refunds"] == "subtract" else (TERMS, "plans")


def bucket_of(account_id: str) -> int:
    """The partition that an account's rows live in.

    >>> 0 <= bucket_of("acme") < BUCKETS
    True
    """
    return zlib.crc32(account_id.encode()) % BUCKETS


class MrrRollups:
    """The roll-ups of one policy on one engine. `facts(...)` gives them as tables, made where they are missing."""

    def __init__(self, lake: Lake, engine: Engine, *, keep: bool = True) -> None:
        self.lake = lake
        self.engine = engine
        self.scratch = Scratch(lake, engine)
        self.keep = keep
        """False to compute every set in this workspace alone, as a test of an engine must."""
        self._daily_rates: dict[tuple[str, Known, int | None], ir.Table] = {}
        self._merged: dict[tuple[object, ...], Facts] = {}
        self._merge_tables: dict[tuple[tuple[str, str], ...], ir.Table] = {}
        self._scratch: dict[tuple[object, ...], dict[str, list[str]]] = {}
        self._used: set[str] | None = None

    @contextmanager
    def passing(self, *used: Policy) -> Iterator[None]:
        """Inside, only the roll-ups of the policies named are kept in the lake: those of others are only passed."""
        self._used, before = {policy.mrr_key for policy in used}, self._used
        try:
            yield
        finally:
            self._used = before

    def facts(self, query: MetricQuery, standing: Standing, counted: Standing, merges: Mapping[str, str]) -> Facts:
        """The tables that a question is computed from. `standing` gives facts as they were recorded, `counted` under
        the accounts that merges made of them.
        """
        files = self._files(query, standing)
        spans, changes, customers = (self.engine.parquet(files[n], TABLES[n].schema, name=n) for n in NAMES)
        facts = Facts(spans, changes, customers, counted, lambda target: self._rates(target, query, standing))
        if not merges:
            return facts
        key = (tuple(files["mrr_spans"]), tuple(merges.items()), query.policy.mrr_key)
        if key not in self._merged:
            self._merged[key] = with_merges(facts, self.merge_table(merges), query.policy, self.scratch.stored)
        return replace(self._merged[key], table=facts.table, rates=facts.rates)

    def merge_table(self, merges: Mapping[str, str]) -> ir.Table:
        """Every account that a merge touches: `merged_id`, and the account `into_id` that it is counted as."""
        key = tuple(merges.items())
        if key not in self._merge_tables:
            named = {**{one: one for one in merges.values()}, **merges}
            rows = pa.table({"merged_id": list(named), "into_id": list(named.values())})
            self._merge_tables[key] = self.scratch.table(rows)
        return self._merge_tables[key]

    def _rates(self, target: str, query: MetricQuery, standing: Standing) -> ir.Table:
        """The exchange rates of every day to a currency, computed once for each state of the facts."""
        key = (target, query.known("fx_rates"), self.lake.version("fx_rates"))
        if key not in self._daily_rates:
            self._daily_rates[key] = self.scratch.stored(daily_rates(standing("fx_rates"), target))
        return self._daily_rates[key]

    def refresh(self, policy: Policy, standing: Standing) -> None:
        """Bring the kept roll-ups of a policy up to date with the facts."""
        self._kept(policy, standing)

    def close(self) -> None:
        self.scratch.close()

    def _files(self, query: MetricQuery, standing: Standing) -> dict[str, list[str]]:
        policy = query.policy
        known = tuple(query.known(name) for name in sources(policy))
        used = self._used is None or policy.mrr_key in self._used
        if self.keep and used and set(known) == {Known()} and policy["refunds"] == "ignore":
            with suppress(LakeError, PermissionError):
                return self._kept(policy, standing)
        until = query.today if policy["refunds"] == "subtract" else None
        key = (policy.mrr_key, known, until, tuple(self._positions(policy).values()))
        if key not in self._scratch:
            tables = self._compute(policy, standing)
            self._scratch[key] = {name: self.scratch.write(rows) for name, rows in tables.items()}
        return self._scratch[key]

    # kept in the lake

    def _kept(self, policy: Policy, standing: Standing) -> dict[str, list[str]]:
        now = self._positions(policy)
        if self._made_from(policy) != now:
            self._bring_up_to_date(policy, now, standing)
        return {name: self.lake.files(_path(policy, name)) for name in NAMES}

    def _positions(self, policy: Policy) -> dict[str, int]:
        """The version of each source, and of the layout: what kept roll-ups must have been made from."""
        versions = {name: self.lake.version(name) for name in sources(policy)}
        return {"layout": LAYOUT, **{name: -1 if v is None else v for name, v in versions.items()}}

    def _made_from(self, policy: Policy) -> dict[str, int] | None:
        """What all three kept roll-ups were made from; None where they are missing or of different ages."""
        wanted = ("layout", *sources(policy))
        found = [self.lake.positions(_path(policy, name), wanted) for name in NAMES]
        same = all(positions == found[0] for positions in found)
        return {k: v for k, v in found[0].items() if v is not None} if same else None

    def _bring_up_to_date(self, policy: Policy, now: dict[str, int], standing: Standing) -> None:
        touched = self._touched(policy, now)
        if touched is None:
            tables, where = self._compute(policy, standing), None
        else:
            tables, where = self._recompute(policy, standing, touched)
        for name, rows in tables.items():
            self.lake.replace(
                _path(policy, name),
                with_buckets(rows),
                where=where,
                partition_by=["bucket"],
                transactions=now,
            )

    def _touched(self, policy: Policy, now: dict[str, int]) -> pa.Array | None:
        """The accounts that facts newer than the kept roll-ups speak of; None where all must be made anew."""
        stored = self._made_from(policy)
        others = [name for name in ("layout", *sources(policy)) if name != TERMS]
        if stored is None or any(stored.get(name) != now[name] for name in others) or stored.get(TERMS, -1) < 0:
            return None
        added = self.lake.files_added(TERMS, stored[TERMS])
        if added is None:
            return None
        found = [pq.read_table(file, columns=["account_id"])["account_id"].cast(pa.string()).unique() for file in added]
        touched = pa.chunked_array(found, pa.string()).unique() if found else pa.array([], pa.string())
        return None if len(touched) > MOST_TOUCHED * self._accounts() else touched

    def _accounts(self) -> int:
        accounts = self.engine.parquet(self.lake.files("accounts"), TABLES["accounts"].schema, name="accounts")
        counted = self.engine.to_arrow(accounts.count().name("accounts").as_table())
        return int(counted["accounts"][0].as_py())

    def _recompute(self, policy: Policy, standing: Standing, touched: pa.Array) -> tuple[dict[str, pa.Table], str]:
        """The rows of the buckets that hold a touched account, with those accounts computed anew."""
        wanted = self.scratch.table(pa.table({"account_id": touched}))
        fresh = self._compute(policy, lambda name: _only(standing(name), wanted))
        buckets = sorted({bucket_of(account) for account in touched.to_pylist()})
        tables = {}
        for name in NAMES:
            schema = TABLES[name].schema
            old = self.engine.parquet(self._bucket_files(policy, name, buckets), schema, name=name)
            untouched = self.engine.to_arrow(old.anti_join(wanted, "account_id"))
            tables[name] = pa.concat_tables([_declared(untouched, schema), _declared(fresh[name], schema)])
        return tables, f"bucket IN ({', '.join(map(str, buckets))})" if buckets else "bucket = -1"

    def _bucket_files(self, policy: Policy, name: str, buckets: list[int]) -> list[str]:
        parts = {f"/bucket={bucket}/" for bucket in buckets}
        return [file for file in self.lake.files(_path(policy, name)) if any(part in file for part in parts)]

    # computing

    def _compute(self, policy: Policy, standing: Standing) -> dict[str, pa.Table]:
        """All three roll-ups, each stage read back from a file so that no query holds the whole pipeline."""
        read_spans = self.scratch.stored(mrr_spans(standing(TERMS), standing("plans"), policy))
        if policy["refunds"] == "subtract":
            stored = self.scratch.stored
            read_spans = stored(less_refunds(read_spans, standing("payments"), policy, stored))
        spans = _declared(self.engine.to_arrow(read_spans), TABLES["mrr_spans"].schema)
        days = self.scratch.stored(account_days(read_spans, policy))
        customers = _declared(self.engine.to_arrow(customer_spans(days, policy)), TABLES["customer_spans"].schema)
        read_customers = self.scratch.table(customers)
        changes = self.engine.to_arrow(mrr_changes(read_spans, days, read_customers))
        return {"mrr_spans": spans, "mrr_changes": changes, "customer_spans": customers}


def with_buckets(rows: pa.Table) -> pa.Table:
    """Rows with the partition of their account, sorted by account."""
    rows = rows.sort_by("account_id")
    encoded = pc.dictionary_encode(rows["account_id"]).combine_chunks()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.chunk(0) if encoded.num_chunks else pa.array([], pa.string()).dictionary_encode()
    buckets = pa.array([bucket_of(account) for account in encoded.dictionary.to_pylist()], pa.int32())
    return rows.append_column("bucket", buckets.take(encoded.indices))


def _only(table: ir.Table, accounts: ir.Table) -> ir.Table:
    return table.semi_join(accounts, "account_id") if "account_id" in table.columns else table


def _declared(rows: pa.Table, schema: pa.Schema) -> pa.Table:
    return rows.select(schema.names).cast(schema)


def _path(policy: Policy, name: str) -> str:
    key = policy.mrr_key
    slug = key if key == "default" else hashlib.blake2s(key.encode(), digest_size=6).hexdigest()
    return f"rollups/{slug}/{name}"
