"""Payments that failed and were recovered, and renewals to come with what speaks against them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from holdfast.insights import due
from holdfast.web.controls import choices
from holdfast.web.guard import signed_in
from holdfast.web.page import company_of, page, shown_of, view_of
from holdfast.web.panel import Panel
from holdfast.web.panels import Link, Wanted, figures_of, links_of, panels_of
from holdfast.web.remembered import remembered
from holdfast.web.reporting import WebQuestions
from holdfast.web.seen import seen_on
from holdfast.web.segments import with_segment
from holdfast.web.view import chosen

router = APIRouter(dependencies=[Depends(signed_in)], include_in_schema=False)
LISTED = 50


def _(sentence: str) -> str:
    return sentence


AHEAD = {"90": _("90 days"), "30": _("30 days"), "180": _("Half a year"), "365": _("A year")}
USUAL = "90"
FIGURES = (
    ("failure_rate", _("Attempts that failed")),
    ("recovery_rate", _("Failed invoices recovered")),
    ("involuntary_churned_accounts", _("Lost to failed payments")),
    ("median_days_to_pay", _("Days to pay, median")),
    ("refunded", _("Refunded")),
)
CHARTS = (
    ("failure_rate", _("Attempts to pay that failed"), ("attempts", "failed")),
    ("recovery_rate", _("Failed invoices paid within 30 days"), ("failed_invoices", "recovered", "open")),
    ("involuntary_churned_accounts", _("Accounts lost to failed payments"), ()),
    ("refunded", _("Refunded"), ("refunds",)),
    ("median_days_to_pay", _("Days from invoice to payment, median"), ("paid_invoices",)),
    ("median_days_past_due", _("Days from due to payment, median"), ("paid_invoices",)),
)
"""A column to draw, its title, and the columns that its table shows beside it."""
RISKS = {
    due.ANY: _("Any risk"),
    "failed_payment": _("Failed payment"),
    "past_due": _("Past due"),
    "cancellation_scheduled": _("Cancellation"),
    "falling_seats": _("Falling seats"),
}
SORTS = {"risk": _("At risk first"), "day": _("By day"), "amount": _("By amount")}


@router.get("/payments")
@remembered
def payments(request: Request) -> Response:
    company = company_of(request)
    has_payments = company.has("invoices") or company.has("payments")
    has_renewals = company.has("subscription_terms")
    if not has_payments and not has_renewals:
        return page(request, "payments.html", empty=True)
    ahead = chosen(AHEAD, request.query_params.get("ahead", "")) or USUAL
    _end, today = seen_on(request)
    looked_at = {"start": "", "end": today + timedelta(days=int(ahead)), "by": ()}
    trends = [Wanted("payment-trends", instead={"by": ()}), *(_chart(view_of(request).by, *one) for one in CHARTS)]
    wanted = [Wanted("renewals", height=220, instead=looked_at), *(trends if has_payments else [])]
    renewals, *paid = panels_of(request, wanted)
    return page(
        request,
        "payments.html",
        empty=False,
        choices=choices(
            request,
            kept=tuple((n, request.query_params[n]) for n in ("ahead", "sort", "risk") if n in request.query_params),
        ),
        paid=_paid(*paid, currency=shown_of(request).currency) if paid else None,
        renewals=renewals,
        **_renewals(request, renewals, ahead),
    )


def _paid(plain: Panel, *charts: Panel, currency: str) -> dict[str, Any]:
    """How payments went."""
    return {
        "figures": figures_of(plain, FIGURES, currency), "others": _other_currencies(plain, currency), "charts": charts,
    }  # fmt: skip


def _chart(by: tuple[str, ...], column: str, title: str, beside: tuple[str, ...]) -> Wanted:
    return Wanted("payment-trends", title, height=180, only=("period", "currency", *by, *beside, column), column=column)


def _other_currencies(panel: Panel, currency: str) -> list[str]:
    return sorted({row["currency"] for row in panel.rows if row.get("currency") not in (None, currency)})


def _renewals(request: Request, panel: Panel, ahead: str) -> dict[str, Any]:
    """What is due: how much, how much of it at risk, and the items to look at."""
    view, table = with_segment(request, view_of(request)), panel.answer.result.arrow
    risk = chosen(RISKS, request.query_params.get("risk", ""))
    sort = next((one for one in due.SORTS if one == request.query_params.get("sort")), due.SORTS[0])
    wanted = due.at(table, risk)
    rows = due.in_order(wanted, sort, LISTED)
    totals = due.totals(table, shown_of(request).currency)
    given = {"ahead": ahead if ahead != USUAL else "", "sort": sort if sort != due.SORTS[0] else "", "risk": risk}

    def links(ways: Mapping[str, str], chosen: str, name: str) -> list[Link]:
        return links_of(request, ways, chosen, name, "#renewals", **given)

    return {
        "totals": [one for one in totals if one.risk == due.ALL],
        "at_risk": {one.currency: one for one in totals if one.risk == due.ANY},
        "risks": [one for one in totals if one.risk not in (due.ALL, due.ANY)],
        "named": RISKS, "rows": rows, "count": wanted.num_rows, "risk": risk, "ahead": ahead,
        "names": WebQuestions(company_of(request), view).names(sorted({row["account"] for row in rows} - {None})),
        "by_risk": links({due.ALL: _("All"), **RISKS}, risk, "risk"),
        "by_sort": links(SORTS, sort, "sort"),
        "by_ahead": links(AHEAD, ahead, "ahead"),
    }  # fmt: skip
