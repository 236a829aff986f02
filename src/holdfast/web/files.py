"""Any view as a file: CSV, XLSX, JSON or Parquet."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from holdfast.report.exported import MEDIA, as_bytes
from holdfast.web.asked import question_of
from holdfast.web.guard import signed_in
from holdfast.web.page import company_of

router = APIRouter(dependencies=[Depends(signed_in)], include_in_schema=False)
Suffix = Literal["csv", "xlsx", "json", "parquet"]


@router.get("/files/{metric}.{suffix}")
def file(request: Request, metric: str, suffix: Suffix) -> Response:
    """The answer to the question that the address asks."""
    result = company_of(request).evidenced(question_of(request, metric))
    headers = {
        "Content-Disposition": f'attachment; filename="{result.metric.name}.{suffix}"',
        "X-Content-Type-Options": "nosniff",
    }
    return Response(as_bytes(result, suffix), media_type=MEDIA[suffix], headers=headers)
