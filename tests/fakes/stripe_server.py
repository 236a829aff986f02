"""A Stripe that runs in a thread of the test: the part of its protocol that a reader needs, over real HTTP.

    with FakeStripe() as stripe:
        stripe.add(customer("cus_a"), price("price_a", 1000), subscription("sub_a", "cus_a", [("price_a", 1)]))
        stripe.fail("/v1/invoices", 429, retry_after=1)

It checks the key, pages with `starting_after` and `has_more`, expands only what was asked for, filters by `created`,
`status`, `type` and `subscription`, speaks the shapes of three generations of the API (`acacia`, `basil`, `clover`),
and breaks on request. The shapes follow the specification's example objects (github.com/stripe/stripe-mock, MIT).
"""

from __future__ import annotations

import base64
import copy
import fnmatch
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

Object = dict[str, Any]
KEY = "rk_test_notarealkey0notarealkey0"
PATHS = {
    "product": "products",
    "price": "prices",
    "coupon": "coupons",
    "customer": "customers",
    "subscription": "subscriptions",
    "subscription_schedule": "subscription_schedules",
    "invoice": "invoices",
    "credit_note": "credit_notes",
    "charge": "charges",
    "refund": "refunds",
    "event": "events",
    "subscription_item": "subscription_items",
}
INNER_LINES = 10
"""Lines of an invoice inside the invoice itself; the others have a list of their own."""


@dataclass
class Fault:
    """What the next request to a path gets instead of an answer."""

    path: str
    what: int | str
    """A status, or `truncated`, `dropped`, `not json`, `empty page`"""
    retry_after: float | None = None
    times: int = 1


@dataclass
class Request:
    method: str
    path: str
    parameters: dict[str, Any]
    headers: dict[str, str] = field(default_factory=dict)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that was killed is no news."""


class FakeStripe:
    """A Stripe account with what the test put into it."""

    def __init__(self, version: str = "clover", key: str = KEY) -> None:
        self.version, self.key = version, key
        self.objects: dict[str, dict[str, Object]] = {name: {} for name in PATHS.values()}
        self.forbidden: set[str] = set()
        self.faults: list[Fault] = []
        self.requests: list[Request] = []
        self.before_answer: Callable[[Request], None] = lambda request: None
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def add(self, *objects: Object) -> None:
        """Put objects in, or in place of those with their ids."""
        for thing in objects:
            self.objects[PATHS[thing["object"]]][thing["id"]] = thing

    def remove(self, thing_id: str) -> None:
        for kept in self.objects.values():
            kept.pop(thing_id, None)

    def get(self, thing_id: str) -> Object:
        return next(kept[thing_id] for kept in self.objects.values() if thing_id in kept)

    def change(self, thing_id: str, at: int | None, event: str | None = None, **attributes: Any) -> Object:
        """Change an object, and where `event` names a type, note an event that tells of it."""
        thing = self.get(thing_id)
        previous = {name: copy.deepcopy(thing.get(name)) for name in attributes}
        thing.update(attributes)
        if event is not None and at is not None:
            self.tell(event, thing, at, previous)
        return thing

    def tell(self, type_: str, thing: Object, at: int, previous: Object | None = None) -> Object:
        """Note an event; its object is in the shape of this account's version, with nothing expanded."""
        data: Object = {"object": render(copy.deepcopy(thing), self.version, set())}
        if previous:
            data["previous_attributes"] = previous
        event = {
            "id": f"evt_{len(self.objects['events']):06d}", "object": "event", "type": type_, "created": at,
            "api_version": self.version, "data": data,
        }  # fmt: skip
        self.add(event)
        return event

    def fail(self, path: str, what: int | str, *, retry_after: float | None = None, times: int = 1) -> None:
        """Break the next requests whose path matches the pattern."""
        self.faults.append(Fault(path, what, retry_after, times))

    def forbid(self, *names: str) -> None:
        """Take permissions away from the key: names of lists, such as `invoices`."""
        self.forbidden |= set(names)

    def paths(self) -> list[str]:
        return [request.path for request in self.requests]

    # answers

    def answer(self, request: Request) -> tuple[int, dict[str, str], Object]:
        refusal = self._refusal(request)
        if refusal is not None:
            return refusal
        parts = request.path.removeprefix("/v1/").split("/")
        if parts[0] not in self.objects:
            return _error(404, "invalid_request_error", f"Unrecognized request URL (GET: {request.path})")
        expand = set(request.parameters.get("expand", []))
        if len(parts) == 1:
            return 200, {}, self._list(parts[0], request.parameters, expand)
        thing = self.objects[parts[0]].get(parts[1])
        if thing is None:
            return _error(404, "invalid_request_error", f"No such {parts[0][:-1]}: '{parts[1]}'", "resource_missing")
        if len(parts) == 3:
            shown = render(copy.deepcopy(thing), self.version, {f"{parts[2]}.{one}" for one in expand}, whole=True)
            return 200, {}, _page(shown[parts[2]]["data"], request.parameters, request.path)
        return 200, {}, render(copy.deepcopy(thing), self.version, expand)

    def _refusal(self, request: Request) -> tuple[int, dict[str, str], Object] | None:
        if _key_of(request.headers.get("authorization", "")) != self.key:
            shown = self.key[:8] + "*" * 12 + "abcd"
            return _error(401, "invalid_request_error", f"Invalid API Key provided: {shown}")
        name = request.path.removeprefix("/v1/").split("/")[0]
        if name in self.forbidden:
            message = f"The provided key '{self.key[:12]}*****' does not have the required permissions for '{name}'."
            return _error(403, "invalid_request_error", message)
        if not 1 <= int(request.parameters.get("limit", 10)) <= 100:
            return _error(400, "invalid_request_error", "This value must be less than or equal to 100.")
        return None

    def _list(self, name: str, parameters: Object, expand: set[str]) -> Object:
        every = sorted(self.objects[name].values(), key=lambda one: -int(one.get("created") or 0))
        if name == "subscription_items":
            owner = self.objects["subscriptions"][parameters["subscription"]]
            every = owner["items"]["data"]
        created = parameters.get("created", {})
        found = [one for one in every if int(created.get("gte", 0)) <= int(one.get("created") or 0)]
        if name == "subscriptions" and parameters.get("status") != "all":
            found = [one for one in found if one["status"] not in {"canceled", "incomplete_expired"}]
        if parameters.get("type"):
            found = [one for one in found if fnmatch.fnmatchcase(one["type"], parameters["type"])]
        if parameters.get("customer"):
            found = [one for one in found if one.get("customer") == parameters["customer"]]
        page = _page(found, parameters, f"/v1/{name}")
        inner = {one.removeprefix("data.") for one in expand}
        page["data"] = [render(copy.deepcopy(one), self.version, inner) for one in page["data"]]
        return page

    def fault(self, path: str) -> Fault | None:
        for fault in self.faults:
            if fault.times > 0 and fnmatch.fnmatchcase(path, fault.path):
                fault.times -= 1
                return fault
        return None


def _page(found: list[Object], parameters: Object, url: str) -> Object:
    limit = int(parameters.get("limit", 10))
    start = 0
    if parameters.get("starting_after"):
        ids = [one["id"] for one in found]
        start = ids.index(parameters["starting_after"]) + 1
    return {
        "object": "list",
        "url": url,
        "data": found[start : start + limit],
        "has_more": start + limit < len(found),
    }


def _error(status: int, type_: str, message: str, code: str | None = None) -> tuple[int, dict[str, str], Object]:
    return status, {}, {"error": {"type": type_, "message": message} | ({"code": code} if code else {})}


def _key_of(header: str) -> str:
    scheme, _, value = header.partition(" ")
    if scheme.lower() == "basic":
        return base64.b64decode(value).decode().partition(":")[0]
    return value


def _parameters(query: str) -> Object:
    """`expand[0]=a&created[gte]=5` as lists and objects."""
    found: Object = {}
    for name, value in parse_qsl(query):
        outer, _, inner = name.partition("[")
        if not inner:
            found[outer] = value
        elif inner.rstrip("]").isdigit() or inner == "]":
            found.setdefault(outer, []).append(value)
        else:
            found.setdefault(outer, {})[inner.rstrip("]")] = value
    return found


def _handler(stripe: FakeStripe) -> type[BaseHTTPRequestHandler]:  # noqa: C901 - the methods of one handler
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            request = Request("GET", parts.path, _parameters(parts.query), headers)
            stripe.requests.append(request)
            stripe.before_answer(request)
            fault = stripe.fault(parts.path)
            if fault is None:
                status, more, content = stripe.answer(request)
                self._send(status, json.dumps(content).encode(), more)
            else:
                self._break(fault, request)

        def do_POST(self) -> None:
            stripe.requests.append(Request("POST", self.path, {}))
            self._send(405, b'{"error": {"type": "invalid_request_error", "message": "only reading is allowed"}}', {})

        def _break(self, fault: Fault, request: Request) -> None:
            content = json.dumps(stripe.answer(request)[2]).encode()
            if fault.what == "dropped":
                self.close_connection = True
                self.connection.close()
            elif fault.what == "truncated":
                self._send(200, content[: len(content) // 2], {}, length=len(content))
                self.close_connection = True
            elif fault.what == "not json":
                self._send(200, content[: len(content) // 2], {})
            elif fault.what == "empty page":
                self._send(200, b'{"object": "list", "data": [], "has_more": true}', {})
            else:
                more = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
                type_ = "rate_limit_error" if fault.what == 429 else "api_error"
                self._send(int(fault.what), json.dumps({"error": {"type": type_, "message": "no"}}).encode(), more)

        def _send(self, status: int, content: bytes, more: dict[str, str], length: int | None = None) -> None:
            self.send_response(status)
            headers = {"Content-Type": "application/json", "Request-Id": f"req_{len(stripe.requests)}", **more}
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content) if length is None else length))
            self.end_headers()
            self.wfile.write(content)
            self.wfile.flush()

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - as the base class has it
            return None

    return Handler


# shapes: objects are held as clover has them, with everything expanded


def render(thing: Object, version: str, expand: set[str], *, whole: bool = False) -> Object:
    """An object as the API shows it: in the shape of a version, with only what was asked for expanded."""
    shape = SHAPES.get(thing["object"])
    return shape(thing, version, expand, whole) if shape else thing


def _price(thing: Object, version: str, expand: set[str], whole: bool) -> Object:
    for name in ("tiers", "currency_options"):
        if name not in expand:
            thing.pop(name, None)
    return thing


def _coupon(thing: Object, version: str, expand: set[str], whole: bool) -> Object:
    for name in ("applies_to", "currency_options"):
        if name not in expand:
            thing.pop(name, None)
    return thing


def _discount(thing: Object, version: str, expanded: bool) -> Any:
    if not expanded:
        return thing["id"]
    coupon = _coupon(dict(thing["source"]["coupon"]), version, set(), False)
    if version == "clover":
        return {**thing, "source": {"type": "coupon", "coupon": coupon["id"]}}
    return {name: value for name, value in thing.items() if name != "source"} | {"coupon": coupon}


def _subscription(thing: Object, version: str, expand: set[str], whole: bool) -> Object:
    thing["discounts"] = [_discount(one, version, "discounts" in expand) for one in thing["discounts"]]
    items = thing["items"]["data"]
    for item in items:
        item["price"] = _price(item["price"], version, set(), False)
        item["discounts"] = [_discount(one, version, "items.data.discounts" in expand) for one in item["discounts"]]
        period = item.pop("current_period_start"), item.pop("current_period_end")
        if version == "acacia":
            thing["current_period_start"], thing["current_period_end"] = period
            thing["discount"] = None
        else:
            item["current_period_start"], item["current_period_end"] = period
    thing["items"] = _inner(items, f"/v1/subscription_items?subscription={thing['id']}", 20, whole)
    return thing


def _inner(members: list[Any], url: str, most: int, whole: bool) -> Object:
    shown = members if whole else members[:most]
    return {"object": "list", "url": url, "data": shown, "has_more": len(shown) < len(members)}


def _invoice(thing: Object, version: str, expand: set[str], whole: bool) -> Object:
    lines = [_line(line, version, "lines.data.discounts" in expand) for line in thing["lines"]["data"]]
    thing["lines"] = _inner(lines, f"/v1/invoices/{thing['id']}/lines", INNER_LINES, whole)
    payments = thing.pop("payments")
    if version == "acacia":
        parent = thing.pop("parent") or {}
        thing["subscription"] = (parent.get("subscription_details") or {}).get("subscription")
        thing["payment_intent"] = payments[0] if payments else None
        thing["charge"] = None
    elif "payments" in expand:
        entries = [{"payment": {"type": "payment_intent", "payment_intent": one}} for one in payments]
        thing["payments"] = {"object": "list", "data": entries, "has_more": False}
    return thing


def _line(line: Object, version: str, expanded: bool) -> Object:
    if line["discounts"]:
        line["discounts"] = [_discount(one, version, expanded) for one in line["discounts"]]
    if version != "acacia":
        line["pricing"]["price_details"]["price"] = line["pricing"]["price_details"]["price"]["id"]
        return line
    parent, pricing = line.pop("parent") or {}, line.pop("pricing")
    details = parent.get("subscription_item_details") or parent.get("invoice_item_details") or {}
    line |= {
        "subscription": details.get("subscription"),
        "subscription_item": details.get("subscription_item"),
        "proration": bool(details.get("proration")),
        "type": "subscription",
        "price": _price(pricing["price_details"]["price"], version, set(), False),
        "tax_amounts": line.pop("taxes", None) or [],
    }
    return line


def _charge(thing: Object, version: str, expand: set[str], whole: bool) -> Object:
    invoice = thing.pop("_invoice", None)
    if version == "acacia":
        thing["invoice"] = invoice
    return thing


SHAPES: dict[str, Callable[[Object, str, set[str], bool], Object]] = {
    "price": _price,
    "coupon": _coupon,
    "subscription": _subscription,
    "invoice": _invoice,
    "charge": _charge,
}

# builders


def at(day: str) -> int:
    """Midnight UTC of a day as Unix seconds; `2026-01-31T12:00` for another time."""
    text = day if "T" in day else f"{day}T00:00"
    return int(time.mktime(time.strptime(f"{text}:00 UTC", "%Y-%m-%dT%H:%M:%S %Z"))) - time.timezone


def customer(id_: str, created: str = "2026-01-01", **more: Any) -> Object:
    return {
        "id": id_, "object": "customer", "created": at(created), "name": None, "email": None, "description": None,
        "address": None, "metadata": {}, "livemode": False, **more,
    }  # fmt: skip


def product(id_: str, name: str, features: tuple[str, ...] = (), **more: Any) -> Object:
    listed = [{"name": one} for one in features]
    return {
        "id": id_,
        "object": "product",
        "created": at("2025-01-01"),
        "name": name,
        "marketing_features": listed,
        **more,
    }


def price(
    id_: str,
    amount: int | None,
    interval: str = "month",
    count: int = 1,
    *,
    currency: str = "usd",
    product: str = "prod_gold",
    usage: str = "licensed",
    **more: Any,
) -> Object:
    return {
        "id": id_, "object": "price", "created": at("2025-01-01"), "currency": currency, "product": product,
        "billing_scheme": "per_unit", "unit_amount": amount,
        "unit_amount_decimal": None if amount is None else str(amount), "type": "recurring", "nickname": None,
        "recurring": {"interval": interval, "interval_count": count, "usage_type": usage}, "tiers_mode": None,
        "transform_quantity": None, "tax_behavior": "unspecified", **more,
    }  # fmt: skip


def coupon(id_: str, duration: str, **more: Any) -> Object:
    return {
        "id": id_, "object": "coupon", "created": at("2025-01-01"), "duration": duration, "percent_off": None,
        "amount_off": None, "currency": None, "name": None, **more,
    }  # fmt: skip


def discount(id_: str, coupon: Object, start: str, end: str | None = None) -> Object:
    return {
        "id": id_, "object": "discount", "start": at(start), "end": at(end) if end else None,
        "source": {"type": "coupon", "coupon": coupon},
    }  # fmt: skip


def item(
    id_: str,
    price: Object,
    quantity: int | None,
    created: str,
    period: tuple[str, str],
    discounts: list[Object] | None = None,
) -> Object:
    return {
        "id": id_, "object": "subscription_item", "created": at(created), "price": copy.deepcopy(price),
        "quantity": quantity, "discounts": discounts or [], "metadata": {},
        "current_period_start": at(period[0]), "current_period_end": at(period[1]),
    }  # fmt: skip


def subscription(
    id_: str, customer: str, items: list[Object], start: str, status: str = "active", **more: Any
) -> Object:
    return {
        "id": id_, "object": "subscription", "created": at(start), "start_date": at(start), "customer": customer,
        "currency": items[0]["price"]["currency"], "status": status, "items": {"object": "list", "data": items},
        "discounts": [], "trial_start": None, "trial_end": None, "ended_at": None, "canceled_at": None,
        "cancel_at": None, "cancel_at_period_end": False, "pause_collection": None, "schedule": None, "metadata": {},
        "cancellation_details": {"comment": None, "feedback": None, "reason": None}, **more,
    }  # fmt: skip


def line(
    id_: str,
    subscription: Object,
    item: Object,
    period: tuple[str, str],
    amount: int,
    *,
    price: Object | None = None,
    quantity: int | None = None,
    proration: bool = False,
    discounts: list[tuple[Object, int]] | None = None,
) -> Object:
    taken = discounts or []
    return {
        "id": id_, "object": "line_item", "amount": amount, "currency": subscription["currency"],
        "quantity": item["quantity"] if quantity is None else quantity,
        "period": {"start": at(period[0]), "end": at(period[1])},
        "discounts": [one for one, _ in taken],
        "discount_amounts": [{"discount": one["id"], "amount": off} for one, off in taken],
        "parent": {
            "type": "subscription_item_details",
            "subscription_item_details": {
                "subscription": subscription["id"], "subscription_item": item["id"], "proration": proration,
            },
        },
        "pricing": {"type": "price_details", "price_details": {"price": copy.deepcopy(price or item["price"])}},
        "taxes": [],
    }  # fmt: skip


def invoice(
    id_: str, subscription: Object | None, created: str, lines: list[Object], *, customer: str = "",
    status: str = "paid", currency: str = "usd", **more: Any,
) -> Object:  # fmt: skip
    total = sum(one["amount"] - sum(two["amount"] for two in one["discount_amounts"]) for one in lines)
    details = {"subscription_details": {"subscription": subscription["id"]}} if subscription else None
    moment = at(created)
    return {
        "id": id_, "object": "invoice", "created": moment, "effective_at": moment, "status": status, "total": total,
        "currency": subscription["currency"] if subscription else currency,
        "customer": subscription["customer"] if subscription else customer, "parent": details, "due_date": None,
        "billing_reason": "subscription_cycle", "collection_method": "charge_automatically", "attempted": True,
        "attempt_count": 1, "pre_payment_credit_notes_amount": 0, "payments": [f"pi_{id_}"],
        "status_transitions": {
            "finalized_at": moment, "paid_at": moment if status == "paid" else None, "voided_at": None,
            "marked_uncollectible_at": None,
        },
        "lines": {"object": "list", "data": lines}, **more,
    }  # fmt: skip


def charge(
    id_: str, invoice: Object | None, created: str, amount: int, *, status: str = "succeeded", **more: Any
) -> Object:
    return {
        "id": id_, "object": "charge", "created": at(created), "amount": amount, "amount_refunded": 0,
        "currency": "usd", "customer": invoice["customer"] if invoice else None,
        "status": status, "failure_code": None, "outcome": None,
        "payment_intent": f"pi_{invoice['id']}" if invoice else None, "_invoice": invoice["id"] if invoice else None,
        **more,
    }  # fmt: skip


def refund(id_: str, charge: Object, created: str, amount: int, **more: Any) -> Object:
    return {
        "id": id_, "object": "refund", "created": at(created), "amount": amount, "currency": charge["currency"],
        "charge": charge["id"], "payment_intent": charge["payment_intent"], "status": "succeeded", **more,
    }  # fmt: skip


def credit_note(
    id_: str,
    invoice: Object,
    created: str,
    amount: int,
    *,
    lines: list[str],
    refunds: list[tuple[str, int]] | None = None,
    type_: str = "post_payment",
) -> Object:
    after = amount if type_ == "post_payment" else 0
    return {
        "id": id_, "object": "credit_note", "created": at(created), "amount": amount, "currency": invoice["currency"],
        "invoice": invoice["id"], "customer": invoice["customer"], "status": "issued", "type": type_,
        "post_payment_amount": after, "pre_payment_amount": amount - after,
        "refunds": [{"refund": name, "amount_refunded": back} for name, back in refunds or []],
        "lines": {"object": "list", "data": [{"invoice_line_item": name} for name in lines], "has_more": False},
    }  # fmt: skip
