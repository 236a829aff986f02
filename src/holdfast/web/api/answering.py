"""How the API answers: JSON with exact numbers, and errors of one shape."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.exceptions import HTTPException
from starlette.responses import Response

from holdfast.metrics.exact_json import exact_json
from holdfast.web.api.models import Problem
from holdfast.web.parts import arrived

if TYPE_CHECKING:
    from concurrent.futures import Future

    from holdfast.web.company import Kept

STAY_SECONDS = 90.0
"""How long an answer that takes long is waited for; it is computed on, and there when it is asked for again."""
ERRORS: dict[int | str, dict[str, Any]] = {
    400: {"model": Problem, "description": "Not understood: the message says what is allowed"},
    401: {"model": Problem, "description": "Nobody is signed in, or the key does not hold"},
    404: {"model": Problem, "description": "There is nothing of that name"},
    429: {"model": Problem, "description": "Too much at once; try again later"},
}
SLOW: dict[int | str, dict[str, Any]] = {503: {"model": Problem, "description": "Not computed yet; ask again"}}


def answered(value: Any) -> Response:
    """A value as JSON; decimals are numbers with all their digits."""
    return Response(exact_json(value), media_type="application/json")


async def when_ready(under_way: Future[Kept]) -> Any:
    """What comes of a computation, without keeping a thread waiting."""
    told = await arrived(under_way, STAY_SECONDS)
    if told.error is not None:
        raise told.error
    if told.value is None:
        raise HTTPException(503, "it is still being computed: ask again in a moment", {"Retry-After": "5"})
    return told.value
