"""What events say of people and accounts, one cell for each thing said: the latest to happen counts, in whatever order
events arrive.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from holdfast.collector.events.book import Book
from holdfast.collector.events.event import Event
from holdfast.collector.events.json_text import scalars
from holdfast.collector.events.times import OLDEST, instant
from holdfast.sources.ids import usable

Name = tuple[str, str, str, str]
"""Kind, the two parts of the key, and the field."""
EARLIEST = {"linked", "from", "signed_up", "made", "start"}
"""Fields of which the earliest time counts; of others the latest value."""
MOST_REMEMBERED = 500_000
RESERVED = {"createdAt": "created_at", "Name": "name", "Industry": "industry", "Employees": "employees", "Plan": "plan",
            "Website": "website"}  # fmt: skip

_LATEST = """
INSERT INTO cells VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
    at = excluded.at, tie = excluded.tie, place = iif(value IS excluded.value, place, excluded.place),
    value = excluded.value
WHERE (excluded.at, excluded.tie) > (at, tie)
"""
_EARLIEST = """
INSERT INTO cells VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
    at = excluded.at, tie = excluded.tie, place = excluded.place, value = excluded.value
WHERE (excluded.at, excluded.tie) < (at, tie)
"""
_REJOINED = "UPDATE cells SET place = ? WHERE kind = 'memberships' AND a = ? AND b = ? AND field = 'left'"


class Cell(NamedTuple):
    """One thing that an event says."""

    kind: str
    a: str
    b: str
    field: str
    value: str | None = None
    at: int | None = None
    """When it holds from, where that is not the event's own time."""


def note_cells(book: Book, events: Sequence[Event]) -> None:
    """Write down what accepted events say, in the transaction that is open."""
    latest: dict[Name, tuple[int, bytes, str | None, int]] = {}
    earliest: dict[Name, tuple[int, bytes, str | None, int]] = {}
    for event in events:
        for cell in said(event):
            name = cell[:4]
            at = event.occurred if cell.at is None else cell.at
            told = (at, event.key, cell.value, book.base + event.number)
            if cell.field not in EARLIEST:
                if name not in latest or told[:2] > latest[name][:2]:
                    latest[name] = told
            elif at < book.known_since.get(name, at + 1) and (name not in earliest or told[:2] < earliest[name][:2]):
                earliest[name] = told
    book.db.executemany(_LATEST, [(*name, *told) for name, told in latest.items()])
    book.db.executemany(_EARLIEST, [(*name, *told) for name, told in earliest.items()])
    book.db.executemany(
        _REJOINED, [(told[3], name[1], name[2]) for name, told in latest.items() if name[3] == "joined"]
    )
    if len(book.known_since) > MOST_REMEMBERED:
        book.known_since.clear()
    for name, told in earliest.items():
        book.known_since[name] = min(told[0], book.known_since.get(name, told[0]))


def said(event: Event) -> Iterator[Cell]:
    """What one event says."""
    user, account = event.user_id, event.account_id
    if user and event.anonymous_id and user != event.anonymous_id:
        yield Cell("identities", event.anonymous_id, user, "linked")
    if event.type == "alias" and user and event.previous_id and user != event.previous_id:
        yield Cell("identities", event.previous_id, user, "linked")
    if user and account and event.name != "Account Removed User":
        yield Cell("memberships", user, account, "from")
    if event.type == "group":
        yield from _group(event)
    elif event.type == "identify" and user:
        yield from _identify(event, user)
    elif event.type == "track" and event.name in _MEANINGS:
        yield from _MEANINGS[event.name](event, scalars(event.properties))


def _group(event: Event) -> Iterator[Cell]:
    if event.account_id is None:
        return
    if event.user_id:
        yield Cell("memberships", event.user_id, event.account_id, "joined")
    yield Cell("accounts", event.account_id, "", "known")
    for written, value in scalars(event.traits).items():
        name = RESERVED.get(written, written)
        if name == "name":
            yield Cell("accounts", event.account_id, "", "name", value)
        elif name == "created_at":
            yield Cell("accounts", event.account_id, "", "created", value)
        elif name:
            yield Cell("account_attributes", event.account_id, name, "value", value)


def _identify(event: Event, user: str) -> Iterator[Cell]:
    yield Cell("users", user, "", "known")
    traits = scalars(event.traits)
    yield from _person(user, traits)
    role = _first(traits, "role", "title")
    if role and event.account_id:
        yield Cell("memberships", user, event.account_id, "role", role)
    elif role:
        yield Cell("users", user, "", "role", role)


def _person(user: str, traits: Mapping[str, str | None]) -> Iterator[Cell]:
    found = {
        "email": _first(traits, "email"),
        "name": _first(traits, "name") or _full_name(traits),
        "created": _first(traits, "createdAt", "created_at"),
    }
    yield from (Cell("users", user, "", field, value) for field, value in found.items() if value)


def _full_name(traits: Mapping[str, str | None]) -> str | None:
    names = [_first(traits, "firstName", "first_name"), _first(traits, "lastName", "last_name")]
    return " ".join(name for name in names if name) or None


def _first(traits: Mapping[str, str | None], *names: str) -> str | None:
    return next((value for name in names if (value := traits.get(name))), None)


def _signed_up(event: Event, said: Mapping[str, str | None]) -> Iterator[Cell]:
    if event.user_id:
        yield Cell("users", event.user_id, "", "signed_up")
        yield from _person(event.user_id, said)


def _account_created(event: Event, said: Mapping[str, str | None]) -> Iterator[Cell]:
    if event.account_id:
        yield Cell("accounts", event.account_id, "", "made")
        if name := _first(said, "account_name", "accountName", "name"):
            yield Cell("accounts", event.account_id, "", "name", name)


def _user_added(event: Event, said: Mapping[str, str | None]) -> Iterator[Cell]:
    if event.user_id and event.account_id:
        yield Cell("memberships", event.user_id, event.account_id, "joined")
        if role := _first(said, "role"):
            yield Cell("memberships", event.user_id, event.account_id, "role", role)


def _user_removed(event: Event, said: Mapping[str, str | None]) -> Iterator[Cell]:
    if event.user_id and event.account_id:
        yield Cell("memberships", event.user_id, event.account_id, "left")


def _trial_started(event: Event, said: Mapping[str, str | None]) -> Iterator[Cell]:
    if event.account_id:
        start = _moment(said, "trial_start_date", "trialStartDate") or event.occurred
        yield from _trial(event, event.account_id, start, said, ended=None)


def _trial_ended(event: Event, said: Mapping[str, str | None]) -> Iterator[Cell]:
    if event.account_id is None:
        return
    start = _moment(said, "trial_start_date", "trialStartDate")
    ended = _moment(said, "trial_end_date", "trialEndDate") or event.occurred
    if start is None:
        yield Cell("trials", event.account_id, f"{event.source}|", f"ended {ended}")
    else:
        yield from _trial(event, event.account_id, start, said, ended)


def _trial(event: Event, account: str, start: int, said: Mapping[str, str | None], ended: int | None) -> Iterator[Cell]:
    one = f"{event.source}|{start}"
    yield Cell("trials", account, one, "start", at=start)
    ends = ended or _moment(said, "trial_end_date", "trialEndDate")
    if ends is not None:
        yield Cell("trials", account, one, "ends", str(ends))
    if plan := _first(said, "trial_plan_name", "trialPlanName"):
        yield Cell("trials", account, one, "plan", plan)
    if usable(event.user_id):
        yield Cell("trials", account, one, "user", event.user_id)


def _moment(said: Mapping[str, str | None], *names: str) -> int | None:
    text = _first(said, *names)
    moment = None if text is None else instant(text)
    return moment if moment is not None and moment >= OLDEST else None


_MEANINGS = {
    "Signed Up": _signed_up, "Account Created": _account_created, "Account Added User": _user_added,
    "Account Removed User": _user_removed, "Trial Started": _trial_started, "Trial Ended": _trial_ended,
}  # fmt: skip
