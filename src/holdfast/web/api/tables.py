"""/api/v1/tables: the canonical tables and the facts in them that stand."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from holdfast.errors import UnknownName
from holdfast.facts import FACT_TABLES, Table
from holdfast.web.api import models
from holdfast.web.api.answering import ERRORS, answered
from holdfast.web.guard import signed_in
from holdfast.web.page import company_of
from holdfast.workspace import Workspace

router = APIRouter(prefix="/api/v1", dependencies=[Depends(signed_in)], tags=["Tables"], responses=ERRORS)
ALLOWED = {table.name: table for table in FACT_TABLES}


@router.get("/tables", response_model=models.TableList)
def tables() -> Response:
    """List the canonical tables with their columns."""
    return answered({"tables": [_info(table) for table in ALLOWED.values()]})


def _info(table: Table) -> dict[str, Any]:
    columns = [
        {
            "name": one.name, "type": one.type, "meaning": one.meaning, "unit": one.unit, "required": one.required,
            "personal": one.personal,
        }
        for one in table.columns
    ]  # fmt: skip
    return {"table": table.name, "meaning": table.meaning, "key": list(table.key), "columns": columns}


@router.get("/tables/{name}", response_model=models.TableRows)
def rows(
    request: Request,
    name: str,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
    offset: Annotated[int, Query(ge=0, le=1_000_000_000)] = 0,
    as_of: Annotated[str, Query(description="the facts that stood then", max_length=60)] = "",
) -> Response:
    """The facts of a table that stand, in the order of their keys."""
    if name not in ALLOWED:
        raise UnknownName(f"there is no table {name!r}", hint=f"there are: {', '.join(ALLOWED)}")

    def read(workspace: Workspace) -> dict[str, Any]:
        table = workspace.table(name, as_of=as_of or None)
        total = workspace.engine.to_arrow(table.count().name("rows").as_table())["rows"][0].as_py()
        shown = workspace.engine.to_arrow(table.order_by("row_key").limit(limit, offset=offset))
        return {
            "table": name, "total": total, "limit": limit, "offset": offset,
            "columns": shown.column_names, "rows": shown.to_pylist(),
        }  # fmt: skip

    return answered(company_of(request).work(read, "tables"))
