"""The application: pages, the API, files, and the intake of events."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

import holdfast
from holdfast.errors import HoldfastError, UnknownName
from holdfast.state import Segments, open_state
from holdfast.web import api, auth, drawn, files, statics
from holdfast.web.company import Company
from holdfast.web.first_steps import NothingYet, needs_figures, taught
from holdfast.web.guard import signed_in
from holdfast.web.making import PATIENCE_SECONDS
from holdfast.web.page import page
from holdfast.web.pages import ROUTERS
from holdfast.web.remembered import Pages


def create_app(data: Path, patience_seconds: float = PATIENCE_SECONDS) -> FastAPI:
    """The web app of a data folder. A browser waits so many seconds for a page, then is shown how far it is."""

    @asynccontextmanager
    async def running(app: FastAPI) -> AsyncIterator[None]:
        yield
        app.state.pages.close()
        await run_in_threadpool(app.state.company.close)
        app.state.state.close()

    app = FastAPI(
        title="Holdfast", version=holdfast.__version__, lifespan=running, docs_url=None, redoc_url=None,
        openapi_url=None, description=api.DESCRIPTION, openapi_tags=api.TAGS,
    )  # fmt: skip
    app.state.company = Company(data)
    app.state.state = open_state(data)
    app.state.segments = Segments(app.state.state)
    app.state.pages = Pages()
    app.state.patience_seconds = patience_seconds
    app.router.routes.append(statics.ROUTE)
    for router in (*ROUTERS, drawn.router):
        app.include_router(router, dependencies=[Depends(signed_in), Depends(needs_figures)])
    for router in (*api.ROUTERS, files.router):
        app.include_router(router, dependencies=[Depends(signed_in)])
    auth.install(app)
    app.add_exception_handler(NothingYet, taught)
    app.add_exception_handler(HoldfastError, _told)
    app.add_exception_handler(HTTPException, _not_found)
    app.add_exception_handler(RequestValidationError, _not_understood)
    return app


def _told(request: Request, error: Any) -> Response:
    """An error of ours: what was given, what is allowed, what to do."""
    return problem(request, 404 if isinstance(error, UnknownName) else 400, error.message, error.hint)


def _not_found(request: Request, error: Any) -> Response:
    return problem(request, error.status_code, str(error.detail), None, getattr(error, "headers", None))


def _not_understood(request: Request, error: Any) -> Response:
    said = "; ".join(f"{'.'.join(map(str, one['loc'][1:]))}: {one['msg']}" for one in error.errors())
    return problem(request, 422, said, None)


def problem(request: Request, status: int, message: str, hint: str | None, headers: Any = None) -> Response:
    """What went wrong, as a page or, under /api, as JSON of one shape."""
    if request.url.path.startswith("/api/"):
        return JSONResponse({"code": CODES.get(status, "error"), "message": message, "hint": hint}, status, headers)
    return page(request, "problem.html", status, message=message, hint=hint, code=status)


CODES = {400: "invalid", 401: "unauthorized", 403: "forbidden", 404: "not_found", 405: "method_not_allowed",
         409: "conflict", 413: "too_large", 422: "invalid", 429: "too_many", 503: "not_ready"}  # fmt: skip
