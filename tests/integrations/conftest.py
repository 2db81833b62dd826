"""What the adapters' tests share: clients of both kinds of controllers."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from attrs import frozen

from sekha import ClientConfig, SekhaClient, SyncSekhaClient
from support.live import set_aside
from support.recorded_controller import Stack, scene
from support.targets import config_for

FRAMEWORKS = {
    "agent_framework": "agent_framework",
    "anthropic": "anthropic",
    "google_adk": "google.adk",
    "langchain": "langchain_tests",
    "langgraph": "langgraph",
    "llama_index": "llama_index.core",
    "mcp": "mcp typer",
    "openai": "openai",
    "openai_agents": "agents",
    "pydantic_ai": "pydantic_ai",
}
"""The folders of this one, and the modules that each cannot do without."""

TESTED = os.environ.get("SEKHA_TEST_INTEGRATION", "").replace("-", "_")
"""The framework that this run is for: none of the others, which may be there because it needs them.
Read here: within a test, none of these settings is left."""


def is_there(modules: str) -> bool:
    """Whether all of these modules, named with spaces between, can be imported."""
    try:
        return all(importlib.util.find_spec(module) for module in modules.split())
    except ModuleNotFoundError:
        return False


collect_ignore = [
    folder
    for folder, modules in FRAMEWORKS.items()
    if not is_there(modules) or TESTED not in ("", folder)
]


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


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "controller" in metafunc.fixturenames:
        live = ["live"] if metafunc.config.getoption("--sekha-url") else []
        metafunc.parametrize("controller", ["embedded", "as-recorded", *live], indirect=True)


@pytest.fixture
def controller(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Controller]:
    """Both kinds, one after the other; with --sekha-url a live one too."""
    if request.param == "embedded":
        yield Controller(tmp_path / "memory.db")
        return
    if request.param == "live":
        config = config_for(
            request.getfixturevalue("live_url"), request.getfixturevalue("live_key")
        )
        set_aside(config)
        yield Controller(tmp_path, config, keeps=True)
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
