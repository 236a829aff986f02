"""/api/v1/accounts: who is counted, with what they pay."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from holdfast.web import finding
from holdfast.web.api import models
from holdfast.web.api.answering import ERRORS, answered
from holdfast.web.company import Company
from holdfast.web.guard import signed_in
from holdfast.web.page import company_of

router = APIRouter(prefix="/api/v1", dependencies=[Depends(signed_in)], tags=["Accounts"], responses=ERRORS)


@router.get("/accounts", response_model=models.AccountList)
def accounts(
    request: Request,
    q: Annotated[str, Query(description="a part of the name or id", max_length=200)] = "",
    limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
    offset: Annotated[int, Query(ge=0, le=100_000_000)] = 0,
) -> Response:
    """List accounts by name, with what they pay today; with q those whose name or id fits, the best first."""
    company = company_of(request)
    known = finding.directory(company)
    found = finding.accounts_like(known, q.strip()) if q.strip() else known
    paid = _paid(company)
    listed = [
        {"account_id": one.id, "name": one.name, "mrr": paid.get(one.id, {})} for one in found[offset : offset + limit]
    ]
    return answered({"total": len(found), "limit": limit, "offset": offset, "accounts": listed})


def _paid(company: Company) -> dict[str, dict[str, float]]:
    today = company.today.isoformat()
    found: dict[str, dict[str, float]] = {}
    for row in company.ask("mrr", by=("account",), start=today, end=today, grain="day").rows:
        if row["mrr"]:
            found.setdefault(row["account"], {})[row["currency"]] = float(row["mrr"])
    return found
