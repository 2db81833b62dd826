"""The page as an ASGI application."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from .._async.client import SekhaClient
from ..errors import SekhaError, SekhaNotFoundError, SekhaValidationError
from .catalogue import Catalogue
from .failures import said
from .forms import form_of
from .rendering import is_part, page
from .security import ENTER, Guard, Sessions, cookie_name, let_in
from .state import Browse, Settings
from .uploads import Uploads
from .views import context, editing, listing, overview, reader, tidying, transfer

STATIC = Path(__file__).parent / "static"
LOCAL_NAMES = ("127.0.0.1", "localhost", "::1")


def browse_app(
    client: SekhaClient,
    sessions: Sessions,
    *,
    target: str = "",
    read_only: bool = False,
    hosts: Collection[str] = LOCAL_NAMES,
    any_address: bool = False,
) -> ASGIApp:
    """The page over a memory.

    Args:
        client: of the memory. The page does not close it.
        sessions: who is let in.
        target: what the memory is called, for people.
        read_only: refuse everything that changes something.
        hosts, any_address: as for `Guard`.
    """

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        yield
        await app.state.browse.uploads.aclose()
        await app.state.browse.catalogue.aclose()

    app = Starlette(
        routes=[
            Route("/", listing.browse),
            Route("/more", listing.more),
            Route("/total", listing.total),
            Route(ENTER, enter, methods=["GET"]),
            Route(ENTER, enter_with_key, methods=["POST"]),
            Route("/leave", leave, methods=["POST"]),
            Route("/c/{id}", reader.conversation),
            Route("/c/{id}/messages", reader.messages),
            Route("/c/{id}/message/{index:int}", reader.message),
            Route("/c/{id}/edit", editing.form),
            Route("/act", editing.act, methods=["POST"]),
            Route("/undo", editing.undo, methods=["POST"]),
            Route("/export", transfer.export, methods=["POST"]),
            Route("/overview", overview.overview),
            Route("/context", context.context),
            Route("/context", context.build, methods=["POST"]),
            Route("/import", transfer.imports),
            Route("/import", transfer.upload, methods=["POST"]),
            Route("/import/{job}", transfer.job),
            Route("/import/{job}/stop", transfer.stop, methods=["POST"]),
            Route("/import/{job}/resume", transfer.resume, methods=["POST"]),
            Route("/tidy", tidying.tidy),
            Route("/tidy", tidying.decide, methods=["POST"]),
            Mount("/static", StaticFiles(directory=STATIC)),
        ],
        exception_handlers={
            SekhaError: _failed,
            HTTPException: _refused,
        },
        lifespan=lifespan,
    )
    catalogue = Catalogue(client)
    uploads = Uploads(client, target)
    uploads.on_change = catalogue.read_anew
    app.state.browse = Browse(client, catalogue, uploads)
    app.state.settings = Settings(target, read_only, sessions.takes_key)
    app.state.sessions = sessions
    app.state.rounds = {}
    return Guard(app, sessions, hosts=hosts, any_address=any_address, read_only=read_only)


async def enter(request: Request) -> Response:
    """Where the opened address leads: its token becomes a cookie.

    The answer is a page that goes on by itself. A redirect would still count as the link's of whoever
    was clicked on, and the cookie, being SameSite=Strict, would not be sent along.
    """
    sessions: Sessions = request.app.state.sessions
    cookie = None
    if request.method == "GET" and (token := request.query_params.get("token", "")):
        cookie = sessions.enter_with_token(token)
    if cookie is None:
        return page(request, "enter.html", status=401, takes_key=sessions.takes_key)
    answer = page(request, "entered.html")
    let_in(request, answer, cookie)
    return answer


async def enter_with_key(request: Request) -> Response:
    """The key becomes a cookie, where there is a key."""
    sessions: Sessions = request.app.state.sessions
    cookie = await sessions.enter_with_key((await form_of(request)).one("key"))
    if cookie is None:
        return page(request, "enter.html", status=401, takes_key=sessions.takes_key, refused=True)
    answer = RedirectResponse(request.scope.get("root_path", "") + "/", 303)
    let_in(request, answer, cookie)
    return answer


async def leave(request: Request) -> Response:
    """End the session."""
    sessions: Sessions = request.app.state.sessions
    name = cookie_name(request)
    sessions.end(request.cookies.get(name, ""))
    answer = RedirectResponse(request.scope.get("root_path", "") + "/", 303)
    answer.delete_cookie(name, path=request.scope.get("root_path", "") or "/")
    return answer


async def _failed(request: Request, error: Exception) -> Response:
    assert isinstance(error, SekhaError)
    status = 502
    if isinstance(error, SekhaNotFoundError):
        status = 404
    elif isinstance(error, SekhaValidationError):
        status = 422
    return _problem(request, said(error), status)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    words = {404: "There is no such page.", 405: "That is not done this way."}
    return _problem(request, words.get(error.status_code, error.detail), error.status_code)


def _problem(request: Request, problem: str, status: int) -> Response:
    if is_part(request):
        return page(request, "_toast.html", status=status, problem=problem, words="", step=None)
    return page(request, "problem.html", status=status, problem=problem)
