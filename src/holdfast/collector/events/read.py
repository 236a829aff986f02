"""Events out of a request: each is read alone, so that one that cannot be read takes no other with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import msgspec

from holdfast.collector.events.event import LARGEST, TYPES, Event, Refused, key_of
from holdfast.collector.events.json_text import NOTHING, fields, text_of, without_lone_surrogates
from holdfast.collector.events.times import when
from holdfast.collector.message import Stored
from holdfast.sources.ids import usable

ASSIGNED = "holdfast"
"""What an id begins with that was assigned here, because the event came without one."""


class Outer(msgspec.Struct):
    """A batch request."""

    batch: list[msgspec.Raw]
    sentAt: msgspec.Raw = NOTHING  # noqa: N815 - names as clients write them
    context: msgspec.Raw = NOTHING


class Call(msgspec.Struct):
    """An event as nearly all clients write it."""

    type: str | None = None
    event: str | None = None
    name: str | None = None
    category: str | None = None
    messageId: str | None = None  # noqa: N815
    userId: str | None = None  # noqa: N815
    anonymousId: str | None = None  # noqa: N815
    groupId: str | None = None  # noqa: N815
    previousId: str | None = None  # noqa: N815
    timestamp: str | None = None
    originalTimestamp: str | None = None  # noqa: N815
    sentAt: str | None = None  # noqa: N815
    properties: msgspec.Raw = NOTHING
    traits: msgspec.Raw = NOTHING
    context: msgspec.Raw = NOTHING


class Context(msgspec.Struct):
    """What of the context says who it was."""

    groupId: msgspec.Raw = NOTHING  # noqa: N815
    group_id: msgspec.Raw = NOTHING
    traits: msgspec.Raw = NOTHING


_TEXTS = [name for name in Call.__struct_fields__ if name not in ("properties", "traits", "context")]
_NOTHING_SAID = Context()
_call: msgspec.json.Decoder[Call] = msgspec.json.Decoder(Call)
_outer: msgspec.json.Decoder[Outer] = msgspec.json.Decoder(Outer)
_context: msgspec.json.Decoder[Context] = msgspec.json.Decoder(Context)


class Unreadable(ValueError):
    """Why an event can never be stored."""


def read(stored: Stored, inbox: str = "") -> Iterator[Event | Refused]:
    """The events of one request, in their order. `inbox` names the inbox in ids that have to be assigned."""
    message = stored.message
    source = message.headers.get("source", "")
    try:
        calls, outer = _calls(message.body, message.headers.get("endpoint", "batch"))
    except (msgspec.MsgspecError, ValueError, RecursionError):
        yield Refused(stored.number, 0, source, message.received_at, "the request is not JSON of events", message.body)
        return
    reader = _Reader(stored.number, source, message.received_at, message.headers.get("endpoint", "batch"), outer, inbox)
    for index, raw in enumerate(calls):
        try:
            yield reader.event(index, raw)
        except Unreadable as error:
            yield Refused(stored.number, index, source, message.received_at, str(error), raw)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            yield Refused(stored.number, index, source, message.received_at, "it cannot be read", raw)


def _calls(body: bytes, endpoint: str) -> tuple[list[bytes], Outer]:
    try:
        return _split(body, endpoint)
    except (msgspec.MsgspecError, ValueError):
        return _split(without_lone_surrogates(body), endpoint)


def _split(body: bytes, endpoint: str) -> tuple[list[bytes], Outer]:
    body.decode()
    if endpoint == "batch":
        outer = _outer.decode(body)
        return [bytes(one) for one in outer.batch], outer
    msgspec.json.decode(body, type=msgspec.Raw)
    return [body.strip()], Outer([])


class _Reader:
    """Reads the events of one request."""

    def __init__(self, number: int, source: str, received: int, endpoint: str, outer: Outer, inbox: str) -> None:
        self.number, self.source, self.received, self.inbox = number, source, received, inbox
        self.type = None if endpoint == "batch" else endpoint
        self.sent = _quietly(outer.sentAt)
        self.outer = fields(bytes(outer.context))

    def event(self, index: int, raw: bytes) -> Event:
        if len(raw) > LARGEST:
            raise Unreadable(f"it is longer than {LARGEST >> 10} KB")
        if raw[:1] != b"{":
            raise Unreadable("it is not an object")
        call = _read_call(raw)
        kind = self.type or (call.type or "").strip().lower()
        name = _named(kind, call)
        _check_ids(kind, call)
        context = self._merged(_object(call.context, "context is"))
        said = _context.decode(context) if context else _NOTHING_SAID
        traits, properties = _object(call.traits, "traits are"), _object(call.properties, "properties are")
        if kind == "identify":
            traits = _with(fields(bytes(said.traits)), traits)
        elif call.category and kind in ("page", "screen"):
            properties = _with({"category": msgspec.Raw(msgspec.json.encode(call.category))}, properties)
        who = _who(kind, call, said)
        given = call.originalTimestamp or call.timestamp
        time = when(given, call.sentAt or self.sent, self.received)
        message_id = call.messageId or f"{ASSIGNED}-{self.inbox}{self.number}-{index}"
        return Event(
            number=self.number, index=index, source=self.source, raw=raw, received=self.received, type=kind, name=name,
            message_id=message_id, key=key_of(self.source, message_id), user_id=who.user, anonymous_id=who.anonymous,
            account_id=who.account, previous_id=who.previous, occurred=time.occurred, original=time.original,
            sent=time.sent, note=time.note, time_text=time.text, given_time=given, properties=properties, traits=traits,
            context=_noted(context, who.unusable) if who.unusable else context,
        )  # fmt: skip

    def _merged(self, context: bytes) -> bytes:
        """The context of the whole batch, and over it that of the event itself."""
        return _with(self.outer, context) if self.outer else context


def _read_call(raw: bytes) -> Call:
    try:
        return _call.decode(raw)
    except msgspec.ValidationError:
        return _read_slowly(raw)


def _read_slowly(raw: bytes) -> Call:
    """An event whose ids are numbers, or which holds something that does not belong there."""
    found = fields(raw)
    values: dict[str, str | msgspec.Raw | None] = {}
    for name in Call.__struct_fields__:
        if name not in found:
            continue
        if name not in _TEXTS:
            values[name] = found[name]
            continue
        try:
            values[name] = text_of(found[name])
        except ValueError as error:
            raise Unreadable(f"{name} is {error}") from None
    return Call(**values)  # type: ignore[arg-type]


def _named(kind: str, call: Call) -> str | None:
    """The event's name. Raises `Unreadable` where the type is unknown, or a track event has no name."""
    if not kind:
        raise Unreadable("type is missing")
    if kind not in TYPES:
        raise Unreadable(f"type is none of {', '.join(TYPES)}")
    if kind == "track":
        if not call.event or not call.event.strip():
            raise Unreadable("event is missing: a track event needs its name")
        return call.event
    return call.name if kind in ("page", "screen") else None


def _check_ids(kind: str, call: Call) -> None:
    if not call.userId and not call.anonymousId:
        raise Unreadable("userId and anonymousId are missing")
    if kind == "group" and not call.groupId:
        raise Unreadable("groupId is missing")
    if kind == "alias" and not call.previousId:
        raise Unreadable("previousId is missing")


class Who(NamedTuple):
    """Whom an event is about: the ids that identify somebody, and those that do not, by their names."""

    user: str | None
    anonymous: str | None
    account: str | None
    previous: str | None
    unusable: dict[str, str]


def _who(kind: str, call: Call, said: Context) -> Who:
    account = call.groupId if kind == "group" else _quietly(said.groupId) or _quietly(said.group_id)
    unusable: dict[str, str] = {}

    def checked(name: str, given: str | None) -> str | None:
        if given is None or usable(given):
            return given
        if given:
            unusable[name] = given
        return None

    return Who(
        checked("userId", call.userId), checked("anonymousId", call.anonymousId), checked("groupId", account),
        checked("previousId", call.previousId), unusable,
    )  # fmt: skip


def _object(part: msgspec.Raw, what: str) -> bytes:
    written = bytes(part)
    if written[:1] == b"{":
        return written
    if written in (b"", b"null"):
        return b""
    raise Unreadable(f"{what} not an object")


def _quietly(raw: msgspec.Raw) -> str | None:
    if raw is NOTHING:
        return None
    try:
        return text_of(raw)
    except ValueError:
        return None


def _with(under: Mapping[str, msgspec.Raw], over: bytes) -> bytes:
    """One object of two: where both have a field, that of the second counts."""
    if not under:
        return over
    if len(over) <= 2:
        return msgspec.json.encode(under)
    return msgspec.json.encode({**under, **fields(over)})


def _noted(context: bytes, unusable: Mapping[str, str]) -> bytes:
    """The context, with the ids that identify nobody noted under `holdfast`."""
    return _with(fields(context), msgspec.json.encode({"holdfast": {"unusable": unusable}}))
