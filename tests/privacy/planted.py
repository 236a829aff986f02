"""A company into whose data one person was planted, by every way in which data come in."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from deltalake import DeltaTable

import holdfast
from holdfast.collector import Applier, Inbox, Message
from holdfast.collector.events.loader import EventsHandler
from holdfast.collector.message import STRIPE_WEBHOOK
from holdfast.collector.stripe_events import StripeEvents
from holdfast.lake import Lake
from holdfast.settings import Settings
from holdfast.sources import import_files

PERSON, EMAIL, OLD_EMAIL = "u-planted-7", "pat.planted@example.com", "pat@planted-old.example"
NAME, DEVICE, SECOND_DEVICE = "Pat Plantedname", "device-planted-1", "device-planted-2"
SECRET = "plantedsecret"
"""In everything that the person said."""
MARKS = ("planted",)
"""What every planted value holds, and nothing else."""
NOW = int(datetime(2026, 6, 10, 12, tzinfo=UTC).timestamp() * 1_000_000)

CSV = {
    "accounts": [
        "account_id,name,created_at,owner,country",
        f"acme,Acme,2026-01-01,{EMAIL},DE", "birch,Birch,2026-01-01,kim@birch.example,FR",
    ],
    "subscriptions": [
        "subscription_id,account_id,valid_from,valid_to,mrr,currency",
        "s1,acme,2026-01-01,,100,USD", "s2,birch,2026-01-01,2026-04-01,50,USD", "s3,birch,2026-05-01,,70,USD",
    ],
    "users": [
        "user_id,account_id,email,name,role",
        f"{PERSON},acme,{OLD_EMAIL},{NAME},{SECRET} chief", "kim,birch,kim@birch.example,Kim Birch,admin",
        "lee,acme,lee@acme.example,Lee Acme,member",
    ],
    "cancellations": [
        "subscription_id,requested_at,comment", f"s2,2026-03-20,ask {EMAIL} why",
    ],
    "trials": ["account_id,user_id,started_at,ends_at", f"acme,{PERSON},2025-12-01,2026-01-01"],
    "tickets": [
        "ticket_id,account_id,user_id,opened_at,subject,satisfaction",
        f"t1,acme,{PERSON},2026-02-01,{SECRET} broken,2", f"t2,birch,kim,2026-02-02,{NAME} told me,5",
        f"t3,acme,{EMAIL},2026-02-03,{SECRET} again,1",
    ],
    "leads": ["lead_id,account_id,created_at,channel", f"{EMAIL},acme,2025-11-01,ads", "l2,birch,2025-11-02,ads"],
    "events": [
        "message_id,timestamp,event,user_id,anonymous_id,account_id,plan",
        f"{PERSON}-1,2026-02-01T10:00:00Z,Opened,{PERSON},{DEVICE},acme,{SECRET}",
        "k-1,2026-02-01T11:00:00Z,Opened,kim,,birch,pro",
        f"bad-1,2026-02-31,Opened,{PERSON},,acme,{SECRET}",
        f"{PERSON}-1,2026-02-01T10:00:00Z,Closed,{PERSON},,acme,{SECRET} other",
    ],
    "usage-gauges": ["account_id,limit_name,measured_at,used", "acme,seats,2026-02-01,3"],
}  # fmt: skip


def imported(
    data: Path, folder: Path, only: tuple[str, ...] = tuple(CSV), known_at: datetime | None = None
) -> dict[str, Any]:
    """Import the files, and give what each import reported."""
    folder.mkdir(parents=True, exist_ok=True)
    lake, reports = Lake(data / "lake"), {}
    for kind in only:
        path = folder / f"{kind}.csv"
        path.write_text("\n".join(CSV[kind]) + "\n", encoding="utf-8")
        reports[kind] = import_files(lake, Settings(), kind, [path], known_at=known_at)
    return reports


def track(number: str, user: str | None, **more: Any) -> dict[str, Any]:
    call: dict[str, Any] = {"type": "track", "event": "Opened", "messageId": number, "properties": {}, **more}
    return call | ({"userId": user} if user else {})


def sent_by_person() -> list[Any]:
    """What the person's browser sends."""
    return [
        track("p1", None, anonymousId=DEVICE, properties={"note": SECRET}, context={"ip": f"::{SECRET}"}),
        {"type": "identify", "messageId": "p2", "userId": PERSON, "anonymousId": DEVICE,
         "traits": {"email": EMAIL, "name": NAME, "role": SECRET}},
        {"type": "group", "messageId": "p3", "userId": PERSON, "groupId": "acme", "traits": {"plan": "pro"}},
        {"type": "alias", "messageId": "p4", "userId": PERSON, "previousId": SECOND_DEVICE},
        track("p5", PERSON, timestamp=f"{SECRET} o'clock", properties={"n": 1.50, "said": SECRET}),
        track("p5", PERSON, properties={"said": f"{SECRET}, differently"}),
        {"type": SECRET, "messageId": "p6", "userId": PERSON},
        {"type": "track", "event": "", "userId": PERSON, "properties": {"said": SECRET}},
        track("p7", None, anonymousId=SECOND_DEVICE, properties={"said": SECRET}),
        track("k2", "kim", properties={"invited": EMAIL, "n": 2.50, "by": PERSON}),
        track("k3", "kim", properties={"n": 3.50}, context={"groupId": "birch"}),
    ]  # fmt: skip


def _written(body: dict[str, Any]) -> bytes:
    """JSON in which numbers are written as no program here would write them."""
    return re.sub(r'("n": \d\.\d)\b', r"\g<1>0", json.dumps(body)).encode()


class Sender:
    """Sends requests into the inbox of a data folder."""

    def __init__(self, data: Path) -> None:
        self.data, self.at = data, NOW

    def send(self, *calls: Any, apply: bool = True, raw: bytes | None = None, kind: str = "segment") -> None:
        inbox = Inbox(self.data)
        handler = EventsHandler(self.data, Settings())
        try:
            self.at += 1_000_000
            body = raw if raw is not None else _written({"batch": list(calls)})
            headers = {"source": "web", "endpoint": "batch"} if kind == "segment" else {}
            inbox.submit(Message(kind, body, headers, self.at)).result(10)
            if apply:
                handlers = {"segment": handler, STRIPE_WEBHOOK: StripeEvents(self.data, Settings())}
                Applier(inbox, handlers).apply_all()
        finally:
            handler.close()
            inbox.close()


def stripe_event(number: int, thing: dict[str, Any], kind: str) -> bytes:
    event = {"id": f"evt_{number}", "object": "event", "type": kind, "created": 1_780_000_000 + number,
             "livemode": False, "api_version": "2025-03-31.basil", "data": {"object": thing}}  # fmt: skip
    return json.dumps(event).encode()


def customer(customer_id: str, **more: Any) -> dict[str, Any]:
    return {
        "id": customer_id,
        "object": "customer",
        "created": 1_770_000_000,
        "livemode": False,
        "metadata": {},
        **more,
    }


def planted(data: Path, folder: Path) -> Path:
    """The data folder."""
    data.mkdir(parents=True, exist_ok=True)
    imported(data, folder, known_at=datetime(2026, 3, 1, tzinfo=UTC))
    later = f"user_id,account_id,email,name\n{PERSON},acme,{EMAIL},{NAME}\n"
    (folder / "later.csv").write_text(later, encoding="utf-8")
    import_files(Lake(data / "lake"), Settings(), "users", [folder / "later.csv"])
    sender = Sender(data)
    sender.send(*sent_by_person())
    sender.send(raw=f"not json of {PERSON}, {SECRET}-{EMAIL}".encode())
    sender.send(kind=STRIPE_WEBHOOK, raw=stripe_event(1, customer("cus_2", name=NAME, email=EMAIL), "customer.created"))
    sender.send(kind=STRIPE_WEBHOOK, raw=json.dumps({"id": 7, "email": EMAIL, "said": SECRET}).encode())
    with holdfast.open(data) as workspace:
        workspace.refresh()
    for log in (data / "lake").rglob("_delta_log"):
        DeltaTable(log.parent).create_checkpoint()
    published = data / "published"
    published.mkdir()
    (published / "board.html").write_text(f"<p>{NAME}, {EMAIL}</p>", encoding="utf-8")
    sender.send(track("p9", PERSON, properties={"said": SECRET}), track("k4", "kim"), apply=False)
    return data
