"""The targets: each scenario runs on all of them, and with --sekha-url on a live controller too."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from sekha import SekhaClient, SekhaUnavailableError, SekhaUnstorableTextError
from support.recorded_controller import Stack, scene, talk
from support.targets import Kind, Target, config_for, embedded, recorded, target_names

_live_kinds: dict[str, Kind] = {}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "ground" in metafunc.fixturenames:
        live = metafunc.config.getoption("--sekha-url") is not None
        metafunc.parametrize("ground", target_names(live), indirect=True)


@pytest.fixture
async def ground(request: pytest.FixtureRequest) -> AsyncIterator[Target]:
    if request.param == "embedded":
        yield embedded()
    elif request.param == "live":
        yield await live_ground(request)
    else:
        stack = Stack.nothing() if request.param == "as-recorded-degraded" else Stack()
        with scene(stack=stack) as served:
            yield recorded(served)


@pytest.fixture
async def client(ground: Target) -> AsyncIterator[SekhaClient]:
    opened = SekhaClient(ground.config) if ground.config else SekhaClient.local()
    async with opened:
        yield opened


async def live_ground(request: pytest.FixtureRequest) -> Target:
    """Whether a live controller embeds, and has a language model, is found out once."""
    url = request.getfixturevalue("live_url")
    config = config_for(url, request.getfixturevalue("live_key"))
    if url not in _live_kinds:
        async with SekhaClient(config) as client:
            _live_kinds[url] = await kind_of(client)
    return Target(_live_kinds[url], config)


async def kind_of(client: SekhaClient) -> Kind:
    """What a public controller has behind it, as seen from outside."""
    probe = await client.create_conversation(talk("What is this controller?"))
    summary = await client.summarize(probe.id)
    try:
        embeds = cuts = len(await client.smart_query("What is this controller?")) > 0
    except SekhaUnavailableError:
        embeds, cuts = False, await cuts_texts(client)
    return Kind(public=True, cuts=cuts, embeds=embeds, llm="LLM offline" not in summary.summary)


async def cuts_texts(client: SekhaClient) -> bool:
    try:
        await client.create_conversation(talk("a" * 99 + "é"))
    except SekhaUnstorableTextError:
        return True
    return False
