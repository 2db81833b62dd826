"""The page beside a controller, under a path of the same server and behind the same key."""

from __future__ import annotations

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .._async.client import SekhaClient
from .app import browse_app
from .running import hosts_of
from .security import Sessions

PATH = "/browse"


def beside(
    controller: ASGIApp, client: SekhaClient, *, key: str, host: str, target: str, read_only: bool
) -> ASGIApp:
    """A controller's application with the page under `/browse`.

    Args:
        client: of the same memory. It is not closed: the controller's application closes the memory.
        key: what lets in: the controller's own.
        host: the address that both are served at.
    """
    hosts, any_address = hosts_of(host)
    page = browse_app(
        client,
        Sessions(key),
        target=target,
        read_only=read_only,
        hosts=hosts,
        any_address=any_address,
    )

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(page, controller, scope, receive, send)
            return
        path: str = scope.get("path", "")
        if scope["type"] == "http" and (path == PATH or path.startswith(f"{PATH}/")):
            # Its own address is the one with the stroke at its end.
            inner = {**scope, "root_path": PATH, "path": f"{PATH}/" if path == PATH else path}
            await page(inner, receive, send)
        else:
            await controller(scope, receive, send)

    return application


async def _live(
    page: ASGIApp, controller: ASGIApp, scope: Scope, receive: Receive, send: Send
) -> None:
    """Both live as long as the server; the page ends first, for it uses the other."""
    heard: asyncio.Queue[Message] = asyncio.Queue()
    said: asyncio.Queue[Message] = asyncio.Queue()
    await heard.put({"type": "lifespan.startup"})

    async def live() -> None:
        await page(scope, heard.get, said.put)

    living = asyncio.create_task(live())
    await said.get()

    async def receive_for_controller() -> Message:
        message = await receive()
        if message["type"] == "lifespan.shutdown":
            await heard.put(message)
            await said.get()
            await living
        return message

    await controller(scope, receive_for_controller, send)
