"""Which person an id turned out to be, and which account a person belonged to. The rules are in decision 0007."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import ibis
import ibis.expr.types as ir

from holdfast.metrics.frame import ACCOUNT
from holdfast.metrics.tables import union

MOST_USERS = 5
"""An id that was linked to more users is a shared device or no id at all: it leads to nobody."""
MOST_IDS = 50
"""Ids that lead to one user."""
ALWAYS = 10_000_000
"""A day number behind every day; its negative lies before every day."""


def first_links(identities: ir.Table, today: date) -> ir.Table:
    """Each id with the user that it was first linked to: `id`, `person`."""
    known = identities.filter(
        (identities.anonymous_id != identities.user_id)
        & (identities.linked_day.isnull() | (identities.linked_day <= ibis.literal(today)))
    )
    order = [known.linked_day.asc(nulls_first=True), known.linked_at.asc(nulls_first=True)]
    by_id = ibis.window(group_by="anonymous_id", order_by=[*order, "user_id"])
    ranked = known.mutate(
        place=ibis.row_number().over(by_id).cast("int64"),
        users=known.user_id.count().over(ibis.window(group_by="anonymous_id")).cast("int64"),
    )
    first = ranked.filter((ranked.place == 0) & (ranked.users <= MOST_USERS))
    order = [first.linked_day.asc(nulls_first=True), first.linked_at.asc(nulls_first=True)]
    by_user = ibis.window(group_by="user_id", order_by=[*order, "anonymous_id"])
    counted = first.mutate(nth=ibis.row_number().over(by_user).cast("int64"))
    return counted.filter(counted.nth < MOST_IDS).select(id="anonymous_id", person="user_id")


def chained(links: ir.Table) -> ir.Table:
    """The links whose user is linked further, and those that these lead to."""
    ids = links.select(next_id="id")
    onward = links.semi_join(ids, links.person == ids.next_id)
    reached = onward.select(next_id="person").distinct()
    return union(onward, links.semi_join(reached, links.id == reached.next_id), distinct=True)


def ends_of(links: Mapping[str, str]) -> dict[str, str]:
    """Each id with the person at the end of its chain; of a circle, the alphabetically first id.

    >>> ends_of({"a": "b", "b": "c"})
    {'a': 'c', 'b': 'c'}
    >>> ends_of({"b": "c", "c": "b", "x": "c"})
    {'b': 'b', 'c': 'b', 'x': 'b'}
    """
    return {one: _end_of(one, links) for one in links}


def _end_of(one: str, links: Mapping[str, str]) -> str:
    seen = [one]
    while (following := links.get(seen[-1])) is not None:
        if following in seen:
            return min(seen[seen.index(following) :])
        seen.append(following)
    return seen[-1]


def with_ends(links: ir.Table, ends: ir.Table) -> ir.Table:
    """Links that lead to the end of each chain; `ends` holds `id` and `person` of those that are chained."""
    others = links.anti_join(ends, "id")
    return union(others, ends.select("id", "person"))


def as_people(table: ir.Table, column: str, people: ir.Table | None) -> ir.Table:
    """The table with `person`: what the ids in `column` turned out to be."""
    if people is None:
        return table.mutate(person=table[column])
    named = people.select(linked_id="id", linked_person="person")
    joined = table.left_join(named, table[column] == named.linked_id)
    return joined.select(*table.columns, person=ibis.coalesce(joined.linked_person, joined[column]))


def homes(memberships: ir.Table, people: ir.Table | None) -> ir.Table:
    """The account that a person belonged to: `person`, `home`, `from_number` and `to_number` (day numbers).

    A person's rows cover all days; `home` is null where there was none, or more than one.
    """
    members = as_people(memberships, "user_id", people)
    spans = members.select(
        "person",
        ACCOUNT,
        first=members.valid_from_day.epoch_days().cast("int64").fill_null(-ALWAYS),
        last=members.valid_to_day.epoch_days().cast("int64").fill_null(ALWAYS),
    )
    spans = spans.filter(spans["first"] < spans["last"])
    edges = union(
        spans.select("person", edge=ibis.literal(-ALWAYS, "int64")),
        spans.select("person", edge="first"),
        spans.select("person", edge="last"),
        distinct=True,
    )
    in_order = ibis.window(group_by="person", order_by="edge")
    segments = edges.mutate(to_number=edges.edge.lead(1, ALWAYS).over(in_order)).rename(from_number="edge")
    segments = segments.filter(segments.from_number < ALWAYS)
    both = segments.inner_join(spans, "person")
    inside = both.filter((both["first"] <= both.from_number) & (both.from_number < both["last"]))
    found = inside.group_by("person", "from_number", "to_number").agg(
        accounts=inside[ACCOUNT].nunique(), home=inside[ACCOUNT].min()
    )
    alone = found.filter(found.accounts == 1).select(of_person="person", of_number="from_number", home="home")
    joined = segments.left_join(alone, [segments.person == alone.of_person, segments.from_number == alone.of_number])
    return joined.select("person", "home", "from_number", "to_number")
