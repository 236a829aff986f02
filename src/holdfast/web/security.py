"""What stands before every page: headers that a browser obeys, and no form from elsewhere."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from holdfast.web.cookies import keep_session
from holdfast.web.csrf import SAFE, csrf_token, is_ours
from holdfast.web.guard import is_api, kept, person_of

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["Security", "csrf_token", "install"]

INTAKE = "/v1/"
"""Events and webhooks have keys and signatures of their own, and come from other sites on purpose."""
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self';"
    " connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
LARGEST_FROM_STRANGERS = 64 << 10
"""Bytes that whoever is not signed in may send: a form to sign in with is a few hundred."""
PROXIES = "HOLDFAST_TRUSTED_PROXIES"
LOCAL_PROXIES = "127.0.0.1,::1"


class Security:
    """Pure ASGI: nothing is read, or held back, that need not be."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(INTAKE):
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        kept(request)
        answer: ASGIApp = self.app
        if request.method not in SAFE:
            if await _is_too_much(request):
                answer = refusal(request, 413, "too_large", "this is more than whoever is not signed in may send")
            else:
                ours, receive = await is_ours(scope, receive)
                answer = self.app if ours else refusal(request, 403, "form_expired", EXPIRED)
        await answer(scope, receive, _with_headers(request, send))


EXPIRED = (
    "This form was shown before you signed in or out, or by another site. Go back, reload the page, and try again."
)


async def _is_too_much(request: Request) -> bool:
    """Nobody fills the disk or the memory without a right to be here."""
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length) <= LARGEST_FROM_STRANGERS:
        return False
    empty = not length and "transfer-encoding" not in request.headers
    return not empty and await run_in_threadpool(person_of, request) is None


def refusal(request: Request, status: int, code: str, message: str) -> Response:
    """Plain on purpose: it is given before anything is known of whoever asks."""
    if is_api(request):
        return JSONResponse({"code": code, "message": message, "hint": None}, status)
    return Response(message, status, media_type="text/plain")


def _with_headers(request: Request, send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers[name] = value
            headers.setdefault("Cache-Control", "no-store")
            if token := kept(request).get("renewed"):
                headers.append("Set-Cookie", _renewed(request, token))
        await send(message)

    return sending


def _renewed(request: Request, token: str) -> str:
    response = Response()
    keep_session(response, request, token)
    return response.headers["set-cookie"]


def install(app: FastAPI) -> None:
    """Put it before an application, and behind the proxies that are trusted to say who asks and over what."""
    app.add_middleware(Security)
    app.add_middleware(ProxyHeadersMiddleware, trusted_hosts=os.environ.get(PROXIES, LOCAL_PROXIES))
