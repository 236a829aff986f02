"""The list of accounts and its address: what is searched, filtered and in which order, in the URL."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from holdfast.web.page import _, company_of, view_of
from holdfast.web.segments import with_segment
from holdfast.web.view import LONGEST, View
from holdfast.workspace.listing import STATUSES, Listed, Listing, key_attributes

if TYPE_CHECKING:
    from starlette.datastructures import QueryParams
    from starlette.requests import Request

ACCOUNTS = "accounts"
DESK = repr(ACCOUNTS)
"""The thread that answers for accounts: what it keeps of them is kept once."""
MOST_COLUMNS = 8
NO_COLUMNS = "-"
"""Chosen where no attribute is to be shown."""


@dataclass(frozen=True)
class Heading:
    """A column of the list, by which it can be put in order."""

    name: str
    label: str
    kind: str = "text"
    of_attribute: bool = False
    rising: bool = False
    """Whether a first click puts the smallest first."""

    @property
    def is_figure(self) -> bool:
        return self.kind == "n"


HEADINGS = (
    Heading("name", _("Account"), rising=True),
    Heading("plan", _("Plan"), rising=True),
    Heading("mrr", _("MRR"), "n"),
    Heading("since", _("Customer since"), "day"),
    Heading("status", _("Status"), rising=True),
    Heading("used", _("Last use"), "n"),
    Heading("renewal", _("Renewal"), "day", rising=True),
)
SAID = {
    "paying": _("Paying"),
    "trial": _("In trial"),
    "free": _("Free"),
    "former": _("Left"),
    "none": _("Never paid"),
}


@dataclass(frozen=True)
class AccountsView:
    """A view with a part of the list."""

    view: View
    listing: Listing
    chosen: tuple[str, ...] = ()
    """The columns as the address names them."""

    def url(self, path: str = "/accounts", *, view: View | None = None, **change: Any) -> str:
        """The address of the same with something else; any change but that of the page leads to the first page."""
        chosen = change.pop("chosen", self.chosen)
        one = replace(self.listing, **{"page": 1, **change})
        pairs = (self.view if view is None else view).pairs() + self.own(one, chosen)
        return f"{path}?{urlencode(pairs)}" if pairs else path

    def own(self, one: Listing | None = None, chosen: tuple[str, ...] | None = None) -> list[tuple[str, str]]:
        """What the address has beside the view."""
        one = one or self.listing
        order = f"-{one.order}" if one.descending else one.order
        found = [("q", one.search), ("status", one.status), ("order", "" if order == "-mrr" else order)]
        found += [("column", name) for name in (self.chosen if chosen is None else chosen)]
        found += [("page", str(one.page) if one.page > 1 else "")]
        return [(name, value) for name, value in found if value]

    def ordered(self, heading: Heading) -> str:
        """The address of the list put in order by a column, or the other way round."""
        now = self.listing.order == heading.name
        return self.url(order=heading.name, descending=not self.listing.descending if now else not heading.rising)

    def way(self, heading: Heading) -> str:
        """Which way the column goes, as browsers tell it to those who do not see it."""
        if self.listing.order != heading.name:
            return "none"
        return "descending" if self.listing.descending else "ascending"

    def without(self, condition: str) -> str:
        return self.url(view=replace(self.view, where=tuple(one for one in self.view.where if one != condition)))

    def kept(self, *names: str) -> list[tuple[str, str]]:
        """What a form carries along, beside the names that it asks for itself."""
        given = self.view.pairs() + self.own()
        return [(name, value) for name, value in given if name not in (*names, "page")]

    @property
    def is_narrowed(self) -> bool:
        return bool(self.listing.search or self.listing.status or self.listing.where)


@dataclass(frozen=True)
class Known:
    """The attributes that accounts have, and those that are shown where nobody chose."""

    names: tuple[str, ...]
    usual: tuple[str, ...]


def asked_of(request: Request) -> dict[str, Any]:
    """The policy, currency and time that the list is asked with."""
    view = view_of(request)
    switches = dict(one.split("=", 1) for one in request.query_params.getlist("set") if "=" in one)
    asked = {"policy": view.policy, "currency": view.currency, "as_of": view.as_of, "set": switches}
    return {name: value for name, value in asked.items() if value}


def has_accounts(request: Request) -> bool:
    """Whether any account is known."""
    return company_of(request).has("accounts")


def known_attributes(request: Request) -> Known:
    asked = asked_of(request)

    def read(workspace: Any) -> Known:
        base = workspace.accounts.base(workspace.accounts.question(**asked))
        return Known(tuple(base.names), key_attributes(base.known))

    return company_of(request).once((ACCOUNTS, "attributes", repr(asked)), read)


def accounts_view(request: Request, known: Known) -> AccountsView:
    """What the address says of the list. Raises `UnknownName` where there is no such segment."""
    view = with_segment(request, view_of(request))
    return AccountsView(view, *_listing(request.query_params, view, known))


def _listing(given: QueryParams, view: View, known: Known) -> tuple[Listing, tuple[str, ...]]:
    order = given.get("order", "").strip()[:LONGEST] or "-mrr"
    status, page = given.get("status", ""), given.get("page", "")
    chosen = tuple(dict.fromkeys(one for one in given.getlist("column") if one in known.names or one == NO_COLUMNS))
    columns = tuple(one for one in chosen if one != NO_COLUMNS) if chosen else known.usual
    listing = Listing(
        search=given.get("q", "").strip()[:200],
        status=status if status in STATUSES else "",
        where=(*view.where, *view.meant),
        order=order.removeprefix("-"),
        descending=order.startswith("-"),
        page=int(page) if page.isascii() and page.isdigit() and len(page) < 7 else 1,
        columns=columns[:MOST_COLUMNS],
    )
    return listing, chosen


def listed(request: Request, shown: AccountsView) -> Listed:
    """The page of the list."""
    asked = asked_of(request)
    return company_of(request).once(
        (ACCOUNTS, "page", repr(asked), shown.listing),
        lambda workspace: workspace.accounts.page(workspace.accounts.question(**asked), shown.listing),
    )


def every_row(request: Request, shown: AccountsView) -> list[dict[str, Any]]:
    """All rows of the list."""
    asked = asked_of(request)
    return company_of(request).work(
        lambda workspace: workspace.accounts.every(workspace.accounts.question(**asked), shown.listing), DESK
    )


def account_path(account: str) -> str:
    """The path of an account's page, whatever its id holds.

    >>> account_path("a/b?")
    '/accounts/a%2Fb%3F'
    """
    return f"/accounts/{quote(account, safe='')}"


def headings(shown: AccountsView) -> tuple[Heading, ...]:
    own = tuple(Heading(name, name, of_attribute=True, rising=True) for name in shown.listing.columns)
    return (*HEADINGS, *own)
