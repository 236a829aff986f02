"""Settings: what the company decided once. For owners."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from fastapi import APIRouter, Depends
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from holdfast.errors import HoldfastError
from holdfast.lake import Lake
from holdfast.metrics.policy import PRESETS, SWITCHES
from holdfast.state import Audit
from holdfast.web.guard import allowed, in_person, person_of, state_of
from holdfast.web.page import company_of, page, words_of
from holdfast.web.settings_form import Outdated, Stored, as_sent, overruled, percent, said, save, texts

router = APIRouter(
    prefix="/settings", dependencies=[Depends(in_person), Depends(allowed("owner"))], include_in_schema=False
)


@router.get("")
def settings(request: Request, saved: str = "") -> Response:
    return _shown(request, Stored.of(company_of(request).data), done=bool(saved))


@router.post("")
async def change(request: Request) -> Response:
    form = await request.form(max_files=0, max_fields=500)
    return await run_in_threadpool(_changed, request, form)


def _changed(request: Request, form: FormData) -> Response:
    data, person = company_of(request).data, person_of(request)
    stored, text = Stored.of(data), texts(form)
    try:
        now = save(data, text.get("mark", ""), said(text))
    except Outdated:
        problem = words_of(request).say("Somebody changed the settings since you opened them. These are the new ones.")
        return _shown(request, stored, 409, problem=problem)
    except HoldfastError as error:
        return _shown(request, stored, 400, problem=error.message, **as_sent(stored, text))
    lake = Lake(data / "lake")
    if lake.zone not in (None, now.timezone):
        lake.rebuild_days(now.timezone)
    Audit(state_of(request)).note(person.id if person else "", "changed the settings")
    return RedirectResponse("/settings?saved=1", 303)


def _shown(request: Request, stored: Stored, status: int = 200, **values: Any) -> Response:
    known: dict[str, Any] = {
        "settings": stored.settings, "features": stored.feature_rows, "own_policies": stored.policy_rows,
        "presets": PRESETS, "switches": SWITCHES.values(), "mark": stored.mark, "fixed": overruled(),
        "margin": percent(stored.settings.margin), "zones": sorted(available_timezones()),
        "policies": [(name, name) for name in (*PRESETS, *stored.settings.policies)], "problem": None, "done": False,
    }  # fmt: skip
    return page(request, "settings.html", status, **known | values)
