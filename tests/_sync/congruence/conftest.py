"""The targets: each scenario runs on all of them, and with --sekha-url on a live controller too."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sekha import SekhaUnavailableError, SekhaUnstorableTextError, SyncSekhaClient
from support.recorded_controller import Stack, scene, talk
from support.targets import Kind, Target, config_for, embedded, recorded, target_names

_live_kinds: dict[str, Kind] = {}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "ground" in metafunc.fixturenames:
        live = metafunc.config.getoption("--sekha-url") is not None
        metafunc.parametrize("ground", target_names(live), indirect=True)


@pytest.fixture
def ground(request: pytest.FixtureRequest) -> Iterator[Target]:
    if request.param == "embedded":
        yield embedded()
    elif request.param == "live":
        yield live_ground(request)
    else:
        stack = Stack.nothing() if request.param == "as-recorded-degraded" else Stack()
        with scene(stack=stack) as served:
            yield recorded(served)


@pytest.fixture
def client(ground: Target) -> Iterator[SyncSekhaClient]:
    opened = SyncSekhaClient(ground.config) if ground.config else SyncSekhaClient.local()
    with opened:
        yield opened


def live_ground(request: pytest.FixtureRequest) -> Target:
    """Whether a live controller embeds, and has a language model, is found out once."""
    url = request.getfixturevalue("live_url")
    config = config_for(url, request.getfixturevalue("live_key"))
    if url not in _live_kinds:
        with SyncSekhaClient(config) as client:
            _live_kinds[url] = kind_of(client)
    return Target(_live_kinds[url], config)


def kind_of(client: SyncSekhaClient) -> Kind:
    """What a public controller has behind it, as seen from outside."""
    probe = client.create_conversation(talk("What is this controller?"))
    summary = client.summarize(probe.id)
    try:
        embeds = cuts = len(client.smart_query("What is this controller?")) > 0
    except SekhaUnavailableError:
        embeds, cuts = False, cuts_texts(client)
    return Kind(public=True, cuts=cuts, embeds=embeds, llm="LLM offline" not in summary.summary)


def cuts_texts(client: SyncSekhaClient) -> bool:
    try:
        client.create_conversation(talk("a" * 99 + "é"))
    except SekhaUnstorableTextError:
        return True
    return False
