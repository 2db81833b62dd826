"""Pages over a memory: asked in process, and opened in a browser."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from html import unescape
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest

from sekha import MessageDto, NewConversation, SekhaClient
from sekha.browse import browse_app
from sekha.browse.security import Sessions

BASE = "http://127.0.0.1:8091"
TALKS = [
    NewConversation(
        "Garden",
        [
            MessageDto("user", "When are the tomatoes watered?", "2024-03-05T08:00:00Z"),
            MessageDto("assistant", "In the **morning**, before the sun.", "2024-03-05T08:01:00Z"),
        ],
        "/home/garden",
        source="chatgpt",
        source_id="1",
    ),
    NewConversation(
        "Prompts",
        [MessageDto("user", "How long may a prompt be?", "2024-05-01T08:00:00Z")],
        "/work",
        8,
        source="claude",
        source_id="2",
    ),
    NewConversation(
        "Costs",
        [MessageDto("user", "Which model is cheaper?", "2024-05-20T08:00:00Z")],
        "/work/costs",
    ),
]


class Parsed(HTMLParser):
    """Every element of a page, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.text += data


class Page:
    """A browser's requests to the page, as one that was let in sends them."""

    def __init__(self, http: httpx.AsyncClient, sessions: Sessions) -> None:
        self.http = http
        self.sessions = sessions

    async def get(self, path: str, *, part: bool = False, **headers: str) -> httpx.Response:
        if part:
            headers["hx-request"] = "true"
        return await self.http.get(path, headers=headers)

    async def post(self, path: str, data: Mapping[str, Any] | None = None) -> httpx.Response:
        headers = {"origin": BASE, "hx-request": "true"}
        return await self.http.post(path, data=data or {}, headers=headers)

    async def ids(self, path: str = "/") -> list[str]:
        """The ids that a list shows, in its order."""
        found = await self.get(path, part=True)
        assert found.status_code == 200, found.text
        return re.findall(r'id="row-([^"]+)"', found.text)

    async def labels(self, path: str = "/") -> list[str]:
        found = await self.get(path, part=True)
        return [unescape(each) for each in re.findall(r'class="label"[^>]*>([^<]*)<', found.text)]


Opening = Callable[..., AbstractAsyncContextManager[Page]]


@asynccontextmanager
async def opened(client: SekhaClient, *, enter: bool = True, **options: Any) -> AsyncIterator[Page]:
    """The page over a client's memory."""
    sessions = options.pop("sessions", None) or Sessions()
    app = browse_app(client, sessions, **options)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url=BASE, timeout=60) as http:
        page = Page(http, sessions)
        if enter:
            assert (await http.get(f"/enter?token={sessions.token()}")).status_code == 200
        yield page


@pytest.fixture
async def client() -> AsyncIterator[SekhaClient]:
    """A memory with TALKS."""
    async with SekhaClient.local() as local:
        for each in TALKS:
            await local.create_conversation(each)
        yield local


@pytest.fixture
async def page(client: SekhaClient) -> AsyncIterator[Page]:
    """The page over TALKS, for one that was let in."""
    async with opened(client) as shown:
        yield shown
