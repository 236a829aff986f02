"""Settings: who may sign in, as what, and what was done. For owners."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from holdfast.errors import InputError
from holdfast.state import ROLES, Audit, Invitations, People, User
from holdfast.web.auth.forms import email_fault
from holdfast.web.guard import Person, allowed, in_person, state_of
from holdfast.web.page import page, words_of

HERE = "/settings/people"
router = APIRouter(prefix=HERE, dependencies=[Depends(in_person), Depends(allowed("owner"))], include_in_schema=False)
Owner = Annotated[Person, Depends(allowed("owner"))]
Text = Annotated[str, Form()]
RECENT = 30


def _(sentence: str) -> str:
    """Marks a sentence for translation; it is translated where it is shown."""
    return sentence


DONE = {
    "person invited": _("invited"),
    "person joined": _("joined"),
    "person disabled": _("disabled"),
    "person enabled": _("enabled"),
    "invitation withdrawn": _("withdrew an invitation"),
    "role changed": _("changed a role"),
    "password changed": _("changed a password"),
    "new password offered": _("made a link to a new password"),
    "signed in": _("signed in"),
    "key made": _("made a key"),
    "key revoked": _("revoked a key"),
    "segment made": _("made a segment"),
    "segment changed": _("changed a segment"),
    "segment deleted": _("deleted a segment"),
}
"""What the audit notes, as people say it."""


@router.get("")
def people_page(request: Request) -> Response:
    return _shown(request)


@router.post("/invite")
def invite(request: Request, owner: Owner, email: Text = "", role: Text = "viewer") -> Response:
    words = words_of(request)
    problem = email_fault(words, email)
    if problem is None:
        try:
            token = Invitations(state_of(request)).invite(email, role, owner.id)
            return _shown(request, link=_link(request, token), link_for=email, purpose="invite")
        except InputError:
            problem = words.say("Somebody signs in with this address already.")
    return _shown(request, 400, problem=problem, email=email, role=role)


@router.post("/invitations/{invitation_id}/withdraw")
def withdraw(request: Request, owner: Owner, invitation_id: str) -> Response:
    Invitations(state_of(request)).withdraw(invitation_id, owner.id)
    return RedirectResponse(HERE, 303)


@router.post("/{user_id}/role")
def set_role(request: Request, owner: Owner, user_id: str, role: Text = "") -> Response:
    return _done(request, lambda people: people.set_role(user_id, role, owner.id))


@router.post("/{user_id}/disable")
def disable(request: Request, owner: Owner, user_id: str) -> Response:
    return _done(request, lambda people: people.disable(user_id, owner.id))


@router.post("/{user_id}/enable")
def enable(request: Request, owner: Owner, user_id: str) -> Response:
    return _done(request, lambda people: people.enable(user_id, owner.id))


@router.post("/{user_id}/reset")
def reset(request: Request, owner: Owner, user_id: str) -> Response:
    user = People(state_of(request)).get(user_id)
    token = Invitations(state_of(request)).reset(user.email, owner.id)
    return _shown(request, link=_link(request, token), link_for=user.email, purpose="reset")


def _done(request: Request, change: Any) -> Response:
    try:
        change(People(state_of(request)))
    except InputError:
        say = words_of(request).say
        return _shown(request, 400, problem=say("Somebody has to be an owner: make another person one first."))
    return RedirectResponse(HERE, 303)


def _link(request: Request, token: str) -> str:
    return f"{request.base_url}invite/{token}"


def _shown(request: Request, status: int = 200, **values: Any) -> Response:
    state = state_of(request)
    people = People(state).all()
    known: dict[str, Any] = {
        "people": people, "invitations": Invitations(state).pending(), "roles": ROLES, "done": DONE,
        "recent": Audit(state).latest(RECENT), "names": _names(people),
        "problem": None, "link": None, "link_for": "", "purpose": "", "email": "", "role": "viewer",
    }  # fmt: skip
    return page(request, "people.html", status, **known | values)


def _names(people: list[User]) -> dict[str, str]:
    return {one.id: one.name for one in people}
