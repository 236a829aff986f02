"""Events of people and accounts who were erased: they are counted, and nothing of them is kept."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import msgspec

from holdfast.collector.events.event import Event, Refused
from holdfast.lake.erased import Erased


def cleared(erased: Erased, events: Iterable[Event | Refused]) -> list[Event | Refused]:
    """The events, those of erased people without anything that they said."""
    if not erased:
        return list(events)
    return [_event(erased, one) if isinstance(one, Event) else _refused(erased, one) for one in events]


def _refused(erased: Erased, one: Refused) -> Refused:
    return replace(one, raw=b"", reason="it names somebody who was erased") if erased.names_erased(one.raw) else one


def _event(erased: Erased, one: Event) -> Event:
    if erased.person(one.user_id or one.anonymous_id):
        return msgspec.structs.replace(
            one, raw=b"", user_id=None, anonymous_id=None, account_id=None, previous_id=None, properties=b"",
            traits=b"", context=b"", time_text=None, given_time=None, message_id="", erased=True,
        )  # fmt: skip
    if erased.person(one.anonymous_id):
        one = msgspec.structs.replace(one, anonymous_id=None, raw=b"")
    if erased.person(one.previous_id):
        one = msgspec.structs.replace(one, previous_id=None, raw=b"")
    renamed = erased.account(one.account_id)
    return one if renamed is None else _of_account(erased, one, renamed)


def _of_account(erased: Erased, one: Event, renamed: str) -> Event:
    """An event of somebody in an erased account: it counts for what the account is called since."""
    traits = b"" if one.type == "group" else _renamed(erased, one.traits)
    return msgspec.structs.replace(
        one, raw=b"", account_id=renamed, context=_renamed(erased, one.context),
        properties=_renamed(erased, one.properties), traits=traits,
    )  # fmt: skip


def _renamed(erased: Erased, written: bytes) -> bytes:
    try:
        return msgspec.json.encode(erased.renamed(msgspec.json.decode(written))) if written else written
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return b""
