"""People, tickets and the use of limits as rows of the canonical tables."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from holdfast.simulate.accounts import Accounts
from holdfast.simulate.event_file import anonymous_ids, instants, user_ids
from holdfast.simulate.happenings import BOTH, Happenings
from holdfast.simulate.names import GIVEN_NAMES, SURNAMES, domains, joined, numbered, words
from holdfast.simulate.people import ROLES, People
from holdfast.simulate.rows import account_ids, days, facts
from holdfast.simulate.support import PRIORITIES, SUBJECTS, Gauges, Tickets

EVENT_COLUMNS = ("message_id", "type", "event", "user_id", "anonymous_id", "account_id")


def user_rows(accounts: Accounts, people: People, names: pa.Array) -> pa.Table:
    given, family = words(people.given, GIVEN_NAMES), words(people.family, SURNAMES)
    local = joined(pc.utf8_lower(given), pc.utf8_lower(family), separator=".")
    columns = {
        "user_id": user_ids(accounts, people),
        "email": joined(local, domains(names).take(pa.array(people.account)), separator="@"),
        "name": joined(given, family, separator=" "),
        "created_day": days(people.from_day),
    }
    return facts("users", columns)


def membership_rows(accounts: Accounts, people: People) -> pa.Table:
    columns = {
        "account_id": account_ids(accounts, people.account),
        "user_id": user_ids(accounts, people),
        "role": words(people.role, ROLES),
        "valid_from_day": days(people.from_day),
        "valid_to_day": days(people.to_day),
    }
    return facts("memberships", columns)


def event_rows(events: pa.Table, zone: str) -> pa.Table:
    """The facts that importing the rows of `event_table` makes."""
    columns = {name: events[name].combine_chunks() for name in EVENT_COLUMNS}
    columns["occurred_at"] = columns["original_at"] = at = events["timestamp"].combine_chunks()
    columns["occurred_day"] = days_in(at, zone)
    columns["properties"] = joined('{"platform":"', events["platform"].combine_chunks(), '"}')
    return facts("events", columns)


def identity_rows(accounts: Accounts, people: People, happenings: Happenings, zone: str) -> pa.Table:
    """Each person's anonymous id and user id, from the first event that carries both."""
    both = np.flatnonzero(happenings.ids == BOTH)
    person, first = np.unique(happenings.person[both], return_index=True)
    linked, rows = instants(happenings.taken(both[first])), pa.array(person)
    columns = {
        "anonymous_id": anonymous_ids(accounts, people).take(rows),
        "user_id": user_ids(accounts, people).take(rows),
        "linked_at": linked,
        "linked_day": days_in(linked, zone),
    }
    return facts("identities", columns)


def days_in(at: pa.Array, zone: str) -> pa.Array:
    """The date of each instant in a time zone."""
    return pc.local_timestamp(at.cast(pa.timestamp("us", tz=zone))).cast(pa.date32())


def ticket_rows(accounts: Accounts, people: People, tickets: Tickets) -> pa.Table:
    named, rated = tickets.person >= 0, tickets.score >= 0
    who = user_ids(accounts, people).take(pa.array(np.maximum(tickets.person, 0), mask=~named))
    columns = {
        "ticket_id": joined(numbered("tic_", accounts.numbers[tickets.account]), numbered("_", tickets.number + 1, 3)),
        "account_id": account_ids(accounts, tickets.account),
        "user_id": who,
        "opened_day": days(tickets.opened),
        "closed_day": days(tickets.closed),
        "priority": words(tickets.priority, PRIORITIES),
        "subject": words(tickets.subject, SUBJECTS),
        "satisfaction": pa.array(tickets.score, mask=~rated).cast(pa.float64()),
    }
    return facts("tickets", columns)


def gauge_rows(accounts: Accounts, gauges: Gauges) -> pa.Table:
    limits = {"projects": gauges.projects, "seats": gauges.seats}
    ids, measured = account_ids(accounts, gauges.account), days(gauges.measured)
    columns = {
        "account_id": pa.concat_arrays([ids] * len(limits)),
        "limit_name": words(np.repeat(np.arange(len(limits)), len(gauges.account)), list(limits)),
        "measured_day": pa.concat_arrays([measured] * len(limits)),
        "used": pa.array(np.concatenate(list(limits.values()))).cast(pa.float64()),
    }
    return facts("usage_gauges", columns)
