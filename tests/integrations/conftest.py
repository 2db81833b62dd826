"""What the adapters' tests share: clients of both kinds of controllers."""

from __future__ import annotations

import importlib.util
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from attrs import frozen

from sekha import ClientConfig, SekhaClient, SyncSekhaClient
from support.recorded_controller import Stack, scene

FRAMEWORKS = {
    "agent_framework": "agent_framework",
    "anthropic": "anthropic",
    "google_adk": "google.adk",
    "langchain": "langchain_tests",
    "langgraph": "langgraph",
    "llama_index": "llama_index.core",
    "mcp": "mcp",
    "openai": "openai",
    "openai_agents": "agents",
    "pydantic_ai": "pydantic_ai",
}
"""The folders of this one, and the module that each cannot do without."""

collect_ignore: list[str] = []
for _folder, _module in FRAMEWORKS.items():
    try:
        _there = importlib.util.find_spec(_module) is not None
    except ModuleNotFoundError:
        _there = False
    if not _there:
        collect_ignore.append(_folder)


@frozen
class Controller:
    """A controller that tests open clients of.

    Attributes:
        config: reaches it; None for the embedded one, on the file `path`.
        keeps: whether it cannot delete what has embeddings (compatibility row 22).
    """

    path: Path
    config: ClientConfig | None = None
    keeps: bool = False

    def open(self) -> SekhaClient:
        return SekhaClient(self.config) if self.config else SekhaClient.local(self.path)

    def open_sync(self) -> SyncSekhaClient:
        return SyncSekhaClient(self.config) if self.config else SyncSekhaClient.local(self.path)


@pytest.fixture(params=["embedded", "as-recorded"])
def controller(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Controller]:
    """Both kinds, one after the other."""
    if request.param == "embedded":
        yield Controller(tmp_path / "memory.db")
        return
    with scene(stack=Stack()) as served:
        yield Controller(tmp_path, served.config(), keeps=True)


@pytest.fixture
async def client(controller: Controller) -> AsyncIterator[SekhaClient]:
    async with controller.open() as opened:
        yield opened


@pytest.fixture
def sync_client(controller: Controller) -> Iterator[SyncSekhaClient]:
    with controller.open_sync() as opened:
        yield opened
