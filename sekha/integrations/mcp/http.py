"""The server over streamable HTTP: on this machine only, and for those who have the key."""

from __future__ import annotations

import hmac
from typing import Any

from mcp.server import MCPServer
from mcp.server.transport_security import TransportSecuritySettings
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from ...errors import SekhaValidationError

PATH = "/mcp"
LOOPBACK = ("127.0.0.1", "localhost", "::1")


class RequireKey:
    """Answers 401 to requests that do not carry the key as a bearer token."""

    def __init__(self, app: ASGIApp, key: str) -> None:
        self._app = app
        self._wanted = b"bearer " + key.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not self._is_allowed(scope):
            refusal = PlainTextResponse(
                "the key is wanted: Authorization: Bearer KEY",
                401,
                headers={"WWW-Authenticate": "Bearer"},
            )
            await refusal(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _is_allowed(self, scope: Scope) -> bool:
        given = dict(scope["headers"]).get(b"authorization", b"")
        scheme, space, key = given.partition(b" ")
        return hmac.compare_digest(scheme.lower() + space + key.strip(), self._wanted)


def http_app(server: MCPServer[Any], key: str, *, host: str = "127.0.0.1") -> ASGIApp:
    """The server as an ASGI application, at `/mcp`.

    Requests with another Host or Origin than this machine's are refused, so that no web page can
    reach it by rebinding a name.

    Args:
        key: what callers have to send as a bearer token.
        host: the loopback address that it is served on.

    Raises:
        SekhaValidationError: the host is not this machine, or there is no key.
    """
    if host not in LOOPBACK:
        raise SekhaValidationError("host", f"only this machine is served: {', '.join(LOOPBACK)}")
    if not key:
        raise SekhaValidationError("key", "must not be empty")
    names = ["127.0.0.1:*", "localhost:*", "[::1]:*"]
    security = TransportSecuritySettings(
        enable_dns_rebinding_protection=True,
        allowed_hosts=names,
        allowed_origins=[f"http://{name}" for name in names],
    )
    app = server.streamable_http_app(
        streamable_http_path=PATH, transport_security=security, host=host
    )
    return RequireKey(app, key)


async def serve_http(
    server: MCPServer[Any], key: str, *, host: str = "127.0.0.1", port: int = 8090
) -> None:
    """Serve until the process is told to end; as `http_app`."""
    import uvicorn

    app = http_app(server, key, host=host)
    await uvicorn.Server(
        uvicorn.Config(app, host=host, port=port, log_level="warning", access_log=False)
    ).serve()
