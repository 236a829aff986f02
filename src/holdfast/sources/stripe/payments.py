"""Charges, refunds and credit notes on their way into the lake: which invoice and which service they belong to."""

from __future__ import annotations

from holdfast.sources.stripe import objects
from holdfast.sources.stripe.mirror import Mirror
from holdfast.sources.stripe.shapes import Object, id_of, listed
from holdfast.sources.stripe.waiting import Owner, Waiting


def take_charge(waiting: Waiting, mirror: Mirror, thing: Object, at: int, owner: Owner) -> None:
    link = mirror.invoice_of(id_of(thing.get("payment_intent")), thing["id"]) or {}
    invoice = id_of(thing.get("invoice")) or link.get("invoice")
    customer = id_of(thing.get("customer"))
    waiting.add("payments", objects.charge_rows(thing, invoice)["payments"], owner)
    if invoice is None:
        waiting.mentioned.setdefault(("refunded", thing["id"]), {"customer": customer})
        return
    content = {"invoice": invoice, "customer": customer, "all": thing.get("amount") == thing.get("amount_refunded")}
    waiting.kept["refunded", thing["id"]] = (content, None)


def take_refund(waiting: Waiting, mirror: Mirror, thing: Object, at: int, owner: Owner) -> None:
    waiting.add("payments", objects.refund_rows(thing, _refunded(mirror, thing))["payments"], owner)


def take_credit_note(waiting: Waiting, mirror: Mirror, thing: Object, at: int, owner: Owner) -> None:
    invoice = mirror.invoice(str(id_of(thing.get("invoice"))))
    lines = {id_of(one.get("invoice_line_item")) for one in listed(thing.get("lines"))}
    link = invoice | _service(mirror, invoice, lines)
    refunds = [id_of(one.get("refund")) for one in thing.get("refunds") or []] + [id_of(thing.get("refund"))]
    waiting.add("payments", objects.credit_note_rows(thing, link).get("payments", []), owner)
    for refund in filter(None, refunds):
        waiting.kept["credited", refund] = (link, None)
    waiting.kept["credit_note", thing["id"]] = ([thing.get("status"), thing.get("amount")], owner)


def _refunded(mirror: Mirror, refund: Object) -> Object:
    """What a refund gives back: as its credit note says, else the service of the whole invoice that it repays."""
    credited = mirror.get("credited", refund["id"])
    if credited:
        return dict(credited)
    charge = mirror.get("refunded", str(id_of(refund.get("charge")))) or {}
    link = mirror.invoice_of(id_of(refund.get("payment_intent")), id_of(refund.get("charge")))
    if link is None and charge.get("invoice"):
        link = mirror.invoice(charge["invoice"])
    if link is None:
        return {"customer": charge.get("customer")}
    return link | (_service(mirror, link, None) if charge.get("all") else {})


def _service(mirror: Mirror, invoice: Object, lines: set[str | None] | None) -> Object:
    """The period of an invoice's lines, all or some; nothing where they belong to no subscription."""
    if invoice["subscription"] is None:
        return {}
    every = mirror.lines_of_invoice(invoice["subscription"], invoice["invoice"])
    wanted = [line for line in every if line.amount > 0 and (lines is None or line.line_id in lines)]
    if not wanted:
        return {}
    return {"service_from": min(line.start for line in wanted), "service_to": max(line.end for line in wanted)}
