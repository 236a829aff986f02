"""/api/v1/docs: the reference of the API, made from its own description; /api/v1/openapi.json: that description."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from holdfast.web.api.reference import reference
from holdfast.web.guard import signed_in
from holdfast.web.page import page

router = APIRouter(prefix="/api/v1", dependencies=[Depends(signed_in)], include_in_schema=False)


@router.get("/openapi.json")
def described(request: Request) -> Response:
    """The API in OpenAPI 3.1."""
    return JSONResponse(request.app.openapi())


@router.get("/docs")
def docs(request: Request) -> Response:
    """The reference, readable."""
    found: dict[str, Any] = request.app.openapi()
    return page(
        request,
        "api_docs.html",
        groups=reference(found),
        tags={tag["name"]: tag["description"] for tag in found.get("tags", ())},
        description=found["info"].get("description", ""),
        origin=f"{request.url.scheme}://{request.url.netloc}",
    )
