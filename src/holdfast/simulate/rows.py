"""The simulated company as rows of the canonical tables."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from holdfast.facts import TABLES
from holdfast.facts.money import MICROS
from holdfast.simulate import months
from holdfast.simulate.accounts import Accounts
from holdfast.simulate.billing import FAILURES, INVOICE_STATUSES, PAYMENT_STATUSES, REFUNDED, Invoices, Payments
from holdfast.simulate.company import Rates, Spend
from holdfast.simulate.draws import Flags, Ints
from holdfast.simulate.farewells import COMMENTS, UNKNOWN, YES, Farewells
from holdfast.simulate.history import STATUSES, Leavings
from holdfast.simulate.model import ADD_ONS, CURRENCIES, PLANS, TRIAL_KINDS, Model
from holdfast.simulate.names import joined, numbered, words
from holdfast.simulate.subscriptions import MAIN_ITEM, Spans
from holdfast.sources.parts import row_keys

SOURCE = "simulated"
OFFERS = (*PLANS, *ADD_ONS)

Columns = Mapping[str, pa.Array]


def facts(name: str, columns: Columns) -> pa.Table:
    """Rows of the table `name`: its own columns (null where none is given), the key and the source."""
    table, count = TABLES[name], len(next(iter(columns.values())))
    arrays = {
        column.name: columns[column.name].cast(column.arrow.type)
        if column.name in columns
        else pa.nulls(count, column.arrow.type)
        for column in table.own_columns
    }
    arrays["row_key"] = row_keys(name, arrays, SOURCE, count)
    arrays["source"] = pa.repeat(pa.scalar(SOURCE), count)
    return pa.table(arrays)


def days(values: Ints) -> pa.Array:
    """Days as dates; null for `NEVER`."""
    return pa.array(values.astype(np.int32), mask=values >= months.NEVER).cast(pa.date32())


def account_ids(accounts: Accounts, rows: Ints | None = None) -> pa.Array:
    numbers = accounts.numbers if rows is None else accounts.numbers[rows]
    return numbered("acc_", numbers)


def subscription_ids(accounts: Accounts, rows: Ints, subscription: Ints) -> pa.Array:
    """`sub_0000012` is the first subscription of account 12, `sub_0000012_2` the one it returned with."""
    suffix = pc.if_else(pa.array(subscription > 1), joined("_", pa.array(subscription).cast(pa.string())), "")
    return joined(numbered("sub_", accounts.numbers[rows]), suffix)


def account_rows(accounts: Accounts, names: pa.Array) -> pa.Table:
    columns = {"account_id": account_ids(accounts), "name": names, "created_day": days(accounts.created)}
    return facts("accounts", columns)


def attribute_rows(model: Model, accounts: Accounts) -> pa.Table:
    """One row for each account and attribute."""
    texts = {a.name: words(accounts.codes[a.name], a.values) for a in model.attributes}
    texts["trial"] = words(accounts.trial, TRIAL_KINDS)
    numbers = {"employees": pa.array(accounts.employees), "founded": pa.array(accounts.founded)}
    names = [*texts, *numbers]
    absent = pa.nulls(accounts.size * len(texts), pa.float64())
    columns = {
        "account_id": pa.concat_arrays([account_ids(accounts)] * len(names)),
        "name": words(np.repeat(np.arange(len(names)), accounts.size), names),
        "text": pa.concat_arrays([*texts.values(), *(number.cast(pa.string()) for number in numbers.values())]),
        "number": pa.concat_arrays([absent, *(number.cast(pa.float64()) for number in numbers.values())]),
    }
    return facts("account_attributes", columns)


def trial_rows(accounts: Accounts) -> pa.Table:
    """What the product knows of each trial: also whether it asked for a card, which the billing system does not say."""
    tried = np.flatnonzero(accounts.tried)
    columns = {
        "account_id": account_ids(accounts, tried),
        "trial_id": numbered("trial_", accounts.numbers[tried]),
        "started_day": days(accounts.created[tried]),
        "ends_day": days(accounts.trial_to[tried]),
        "card_required": pa.array(accounts.trial[tried] == TRIAL_KINDS.index("card")),
        "plan_id": words(accounts.plan[tried], [plan.plan_id for plan in PLANS]),
    }
    return facts("trials", columns)


def term_rows(accounts: Accounts, spans: Spans, reasons: pa.Array) -> pa.Table:
    """`reasons` has one for each span, null where it was not cancelled."""
    subscription = subscription_ids(accounts, spans.account, spans.subscription)
    item = pc.if_else(
        pa.array(spans.item == MAIN_ITEM),
        "",
        joined("-", words(np.maximum(spans.item - 1, 0), [p.plan_id for p in ADD_ONS])),
    )
    columns = {
        "subscription_id": subscription,
        "item_id": joined(subscription, item),
        "account_id": account_ids(accounts, spans.account),
        "plan_id": words(spans.product, [offer.plan_id for offer in OFFERS]),
        "product": words(spans.product, [offer.product for offer in OFFERS]),
        "valid_from_day": days(spans.from_day),
        "valid_to_day": days(spans.to_day),
        "cancelled_day": days(spans.cancelled),
        "access_ends_day": days(np.where(spans.to_day == months.NEVER, spans.announced, months.NEVER)),
        "status": words(spans.status, STATUSES),
        "quantity": pa.array(spans.quantity).cast(pa.string()),
        "unit_amount": pa.array(spans.unit).cast(pa.string()),
        "currency": words(accounts.currency[spans.account], CURRENCIES),
        "billing_interval": words(spans.yearly.astype(np.int64), ("month", "year")),
        "interval_count": pa.array(np.ones(len(spans), dtype=np.int64)),
        "discount_percent": pa.array(spans.discount, mask=spans.discount == 0).cast(pa.string()),
        "discount_duration": _where(
            spans.discount > 0, words(spans.forever.astype(np.int64), ("repeating", "forever"))
        ),
        "metered": pa.array(np.zeros(len(spans), dtype=np.bool_)),
        "cancel_reason": reasons,
        "gross_micros": pa.array(spans.gross_micros),
        "forever_micros": pa.array(spans.forever_micros),
        "net_micros": pa.array(spans.net_micros),
    }
    return facts("subscription_terms", columns)


def reason_words(model: Model, reason: Ints) -> pa.Array:
    """The reason of each leaving; null where none was given."""
    return _where(reason >= 0, words(np.maximum(reason, 0), list(model.reasons)))


def leaving_reasons(model: Model, leavings: Leavings, farewells: Farewells) -> pa.Array:
    """Like `reason_words`, with `payment failed` for those that ended unpaid."""
    unpaid = pa.array(farewells.wish > YES)
    return pc.if_else(unpaid, "payment failed", reason_words(model, farewells.reason))


def span_reasons(accounts: Accounts, spans: Spans, leavings: Leavings, reasons: pa.Array) -> pa.Array:
    """The reason of each span that was cancelled."""
    width = max(int(spans.subscription.max(initial=0)), int(leavings.subscription.max(initial=0))) + 1
    row = np.zeros((accounts.size, width), dtype=np.int64)
    row[leavings.account, leavings.subscription] = np.arange(len(leavings.account))
    cancelled = spans.cancelled < months.NEVER
    if not len(leavings.account):
        return pa.nulls(len(spans), pa.string())
    return _where(cancelled, reasons.take(pa.array(row[spans.account, spans.subscription])))


def cancellation_rows(model: Model, accounts: Accounts, leavings: Leavings, farewells: Farewells) -> pa.Table:
    said = [text for reason in model.reasons for text in COMMENTS[reason]]
    comment = np.maximum(farewells.reason, 0) * 3 + np.maximum(farewells.comment, 0)
    columns = {
        "subscription_id": subscription_ids(accounts, leavings.account, leavings.subscription),
        "requested_day": days(leavings.requested),
        "effective_day": days(leavings.effective),
        "voluntary": pa.array(farewells.wish == YES, mask=farewells.wish == UNKNOWN),
        "reason": leaving_reasons(model, leavings, farewells),
        "comment": _where(farewells.comment >= 0, words(comment, said)),
    }
    return facts("cancellations", columns)


def _invoice_ids(accounts: Accounts, invoices: Invoices, rows: Ints | None = None) -> pa.Array:
    chosen = slice(None) if rows is None else rows
    number = numbered("", accounts.numbers[invoices.account[chosen]])
    return joined(joined("inv_", number), numbered("", invoices.month[chosen] + 1, 3), separator="_")


def invoice_rows(accounts: Accounts, invoices: Invoices) -> pa.Table:
    columns = {
        "invoice_id": _invoice_ids(accounts, invoices),
        "account_id": account_ids(accounts, invoices.account),
        "subscription_id": subscription_ids(accounts, invoices.account, invoices.subscription),
        "issued_day": days(invoices.issued),
        "due_day": days(invoices.due),
        "paid_day": days(invoices.paid),
        "amount_micros": pa.array(invoices.amount_micros),
        "currency": words(accounts.currency[invoices.account], CURRENCIES),
        "status": words(invoices.status, INVOICE_STATUSES),
    }
    return facts("invoices", columns)


def payment_rows(accounts: Accounts, invoices: Invoices, payments: Payments) -> pa.Table:
    row, account = payments.invoice, invoices.account[payments.invoice]
    invoice = _invoice_ids(accounts, invoices, row)
    refunded: Flags = payments.status == REFUNDED
    columns = {
        "payment_id": joined(
            "pay", pc.utf8_slice_codeunits(invoice, 3), joined("_", pa.array(payments.attempt).cast(pa.string()))
        ),
        "invoice_id": invoice,
        "account_id": account_ids(accounts, account),
        "subscription_id": subscription_ids(accounts, account, invoices.subscription[row]),
        "paid_day": days(payments.day),
        "amount_micros": pa.array(invoices.amount_micros[row]),
        "currency": words(accounts.currency[account], CURRENCIES),
        "status": words(payments.status, PAYMENT_STATUSES),
        "failure": _where(payments.failure >= 0, words(np.maximum(payments.failure, 0), FAILURES)),
        "service_from_day": days(np.where(refunded, invoices.issued[row], months.NEVER)),
        "service_to_day": days(np.where(refunded, invoices.service_to[row], months.NEVER)),
    }
    return facts("payments", columns)


def plan_rows() -> pa.Table:
    columns = {
        "plan_id": pa.array([offer.plan_id for offer in OFFERS]),
        "name": pa.array([offer.name for offer in OFFERS]),
        "product": pa.array([offer.product for offer in OFFERS]),
    }
    return facts("plans", columns)


def feature_rows() -> pa.Table:
    pairs = [(offer.plan_id, feature) for offer in OFFERS for feature in offer.features]
    plan_ids, features = zip(*pairs, strict=True)
    return facts(
        "plan_features",
        {"plan_id": pa.array(plan_ids), "feature": pa.array(features), "included": pa.array([True] * len(pairs))},
    )


def limit_rows() -> pa.Table:
    rows = [(offer.plan_id, name, limit) for offer in OFFERS for name, limit in offer.limits.items()]
    plan_ids, names, limits = zip(*rows, strict=True)
    values = pa.array(limits, pa.float64())
    return facts("plan_limits", {"plan_id": pa.array(plan_ids), "limit_name": pa.array(names), "limit_value": values})


def rate_rows(rates: Rates) -> pa.Table:
    count = len(rates.day)
    columns = {
        "day": days(rates.day),
        "from_currency": pa.repeat(pa.scalar(rates.source), count),
        "to_currency": pa.repeat(pa.scalar(rates.target), count),
        "rate": pa.array([_decimal(rate) for rate in rates.rate_micros.tolist()]),
    }
    return facts("fx_rates", columns)


def _decimal(micros: int) -> str:
    """
    >>> _decimal(1_090_000)
    '1.09'
    """
    return f"{micros // MICROS}.{micros % MICROS:06}".rstrip("0").rstrip(".")


def spend_rows(spend: Spend) -> pa.Table:
    count = len(spend.day)
    columns = {
        "day": days(spend.day),
        "amount_micros": pa.array(spend.cents * 10_000),
        "currency": pa.repeat(pa.scalar("USD"), count),
        "purpose": pa.repeat(pa.scalar(spend.purpose), count),
        "channel": pa.repeat(pa.scalar(spend.channel), count),
    }
    return facts("spend", columns)


def _where(condition: Flags, values: pa.Array) -> pa.Array:
    """The values where the condition holds, null elsewhere."""
    return pc.if_else(pa.array(condition), values, pa.scalar(None, values.type))
