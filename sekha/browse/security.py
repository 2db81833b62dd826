"""Who may see the page: the guard before every request.

- `Host` must be this server's own, so that no name that is rebound to this machine gets in.
- A session is a random cookie, HttpOnly and SameSite=Strict. It is given for a token that is in the
  opened address and good once, or for the controller's key.
- Whatever is not a plain look (any method but GET and HEAD) must come from a page of this very origin.
- Every answer forbids what the page does not need: scripts and styles but its own, frames, other hosts.
"""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
import secrets
from collections import OrderedDict
from collections.abc import Collection

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection, Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .rendering import page

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
SAFE = frozenset({"GET", "HEAD"})
READS = frozenset({"/export", "/context", "/enter"})
"""What is posted and changes nothing."""
SESSIONS = 50
ENTER = "/enter"
STATIC = "/static/"
_NO_STORE = "no-store"
_PAUSE = 1.0
"""Seconds between two keys that are tried."""


class Sessions:
    """Who was let in.

    Args:
        key: what lets in besides tokens; None for tokens alone.
    """

    def __init__(self, key: str | None = None) -> None:
        self._key = key
        self._tokens: list[str] = []
        self._open: OrderedDict[str, None] = OrderedDict()
        self._trying = asyncio.Lock()

    @property
    def takes_key(self) -> bool:
        """Whether a key lets in."""
        return self._key is not None

    def token(self) -> str:
        """A token that is good once."""
        token = secrets.token_urlsafe(32)
        self._tokens.append(token)
        return token

    def enter_with_token(self, given: str) -> str | None:
        """The cookie for a token, or None."""
        for token in self._tokens:
            if _same(given, token):
                self._tokens.remove(token)
                return self._begin()
        return None

    async def enter_with_key(self, given: str) -> str | None:
        """The cookie for the key, or None, and that after a pause."""
        if self._key is None:
            return None
        async with self._trying:
            if _same(given.strip(), self._key):
                return self._begin()
            await asyncio.sleep(_PAUSE)
        return None

    def knows(self, cookie: str) -> bool:
        """Whether a cookie is one of those that were given."""
        return any([_same(cookie, each) for each in self._open])

    def end(self, cookie: str) -> None:
        """Let a cookie be good no more."""
        self._open.pop(cookie, None)

    def _begin(self) -> str:
        cookie = secrets.token_urlsafe(32)
        self._open[cookie] = None
        if len(self._open) > SESSIONS:
            self._open.popitem(last=False)
        return cookie


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode())


class Guard:
    """The ASGI application behind it, for those who may.

    Args:
        hosts: names and addresses under which this server may be called, without the port.
        any_address: whether it may be called by any IP address too: a page of another's cannot have
            one for its own.
        read_only: whether nothing may be changed.
    """

    def __init__(
        self,
        app: ASGIApp,
        sessions: Sessions,
        *,
        hosts: Collection[str],
        any_address: bool = False,
        read_only: bool = False,
    ) -> None:
        self._app = app
        self._sessions = sessions
        self._hosts = frozenset(host.lower() for host in hosts)
        self._any_address = any_address
        self._read_only = read_only

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS)
                headers.setdefault("cache-control", _NO_STORE)
            await send(message)

        refusal = self._refusal(request)
        if refusal is None and not self._is_open(request):
            refusal = page(request, "enter.html", status=401, takes_key=self._sessions.takes_key)
            if "hx-request" in request.headers:
                # A part of a page makes no sense without the rest: the whole is asked for again.
                refusal.headers["hx-refresh"] = "true"
        await (refusal or self._app)(scope, receive, send_guarded)

    def _refusal(self, request: Request) -> Response | None:
        headers = request.headers
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not self._is_own(hosts[0]):
            return _refused("this page is not served under that name", 421)
        own = f"{request.url.scheme}://{hosts[0]}"
        origin = headers.get("origin")
        if origin is not None and origin.lower() != own.lower():
            return _refused("that came from another page")
        if request.method not in SAFE:
            if origin is None:
                return _refused("that came from no page")
            if self._read_only and _path(request) not in READS:
                return _refused("this memory is only shown here: nothing can be changed")
        return (
            None if _is_from_here(headers, request.method) else _refused("that is another site's")
        )

    def _is_own(self, host: str) -> bool:
        name = host.lower()
        name = name[1:].partition("]")[0] if name.startswith("[") else name.partition(":")[0]
        if name in self._hosts:
            return True
        if not self._any_address:
            return False
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True

    def _is_open(self, request: Request) -> bool:
        path = _path(request)
        if path == ENTER or path.startswith(STATIC):
            return True
        return self._sessions.knows(request.cookies.get(cookie_name(request), ""))


def _is_from_here(headers: Headers, method: str) -> bool:
    """Whether a browser says that this page asks, or the person: by an address typed, or a link that
    was followed, which brings no cookie along."""
    site = headers.get("sec-fetch-site", "same-origin")
    if site in ("same-origin", "none"):
        return True
    return method == "GET" and headers.get("sec-fetch-mode") == "navigate"


def _refused(reason: str, status: int = 403) -> Response:
    return PlainTextResponse(reason, status)


def _path(request: HTTPConnection) -> str:
    path: str = request.scope["path"]
    return path.removeprefix(request.scope.get("root_path", ""))


def cookie_name(request: HTTPConnection) -> str:
    """Cookies are one machine's, not one port's: two pages of one machine must not share theirs."""
    return f"sekha_browse_{request.url.port or 0}"


def let_in(request: Request, response: Response, cookie: str) -> None:
    """Give the cookie along."""
    response.set_cookie(
        cookie_name(request),
        cookie,
        path=request.scope.get("root_path", "") or "/",
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
