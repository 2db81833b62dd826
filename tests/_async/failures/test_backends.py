"""Which library sends, and that it makes no difference."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from importlib.util import find_spec

import httpx
import pytest

from sekha import (
    ClientConfig,
    SekhaClient,
    SekhaConfigError,
    SekhaConnectionError,
    SekhaMissingExtraError,
)
from sekha._transport import backend
from sekha.testing import Drop, FaultServer, Stall
from sekha_api.api.conversations import count_conversations
from sekha_api.types import RawResponse, Request
from support.forward_proxy import ForwardProxy
from support.served import KEY, Served, talk

PROXY = "socks5://127.0.0.1:9"


NAMES = {"httpx": "AsyncHttpxTransport", "fast": "AiohttpTransport"}


def transport_of(client: SekhaClient) -> str:
    return type(client._session.transport).__name__


@pytest.fixture
def without_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backend, "is_installed", lambda: False)


async def test_fast_is_taken_if_it_is_installed(
    here: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SEKHA_HTTP_BACKEND")
    async with SekhaClient(here.config()) as client:
        assert transport_of(client) == NAMES["fast"]
    monkeypatch.setattr(backend, "is_installed", lambda: False)
    async with SekhaClient(here.config()) as client:
        assert transport_of(client) == NAMES["httpx"]


async def test_a_large_body_is_sent_whole_and_without_a_warning(here: Served) -> None:
    content = "many words " * 200_000
    async with SekhaClient(here.config(timeout=120.0)) as client:
        made = await client.create_conversation(talk("large", content))
    assert here.exported(made.id)["messages"][0]["content"] == content
    (create,) = here.fault_server.seen("create_conversation")
    assert create.headers["content-type"] == "application/json"
    assert int(create.headers["content-length"]) == len(create.content)


async def test_the_setting_comes_before_the_environment(
    here: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    for named, other in (("httpx", "fast"), ("fast", "httpx")):
        monkeypatch.setenv("SEKHA_HTTP_BACKEND", other)
        async with SekhaClient(here.config(http_backend=named)) as client:
            assert transport_of(client) == NAMES[named]
            await client.count()


async def test_what_is_not_installed_is_an_error_that_says_how_to(
    here: Served, without_extra: None
) -> None:
    with pytest.raises(SekhaMissingExtraError, match=r'pip install "sekha-memory\[fast\]"'):
        SekhaClient(here.config(http_backend="fast"))


async def test_an_unknown_backend_is_refused(here: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SekhaConfigError, match="http_backend"):
        here.config(http_backend="curl")
    monkeypatch.setenv("SEKHA_HTTP_BACKEND", "curl")
    with pytest.raises(SekhaConfigError, match="SEKHA_HTTP_BACKEND is 'curl'"):
        SekhaClient(here.config())


async def test_a_socks_proxy_is_left_to_httpx(monkeypatch: pytest.MonkeyPatch) -> None:
    config = ClientConfig(api_key=KEY, base_url="http://memory.test")
    with pytest.raises(SekhaConfigError, match="SOCKS"):
        SekhaClient(config.evolve(http_backend="fast", proxy=PROXY))
    monkeypatch.delenv("SEKHA_HTTP_BACKEND")
    monkeypatch.setenv("ALL_PROXY", PROXY)
    async with SekhaClient(config) as client:
        assert transport_of(client) == NAMES["httpx"]


async def test_a_socks_proxy_without_its_extra_says_what_to_install() -> None:
    if find_spec("socksio") is not None:
        pytest.skip("it is installed")
    config = ClientConfig(api_key=KEY, base_url="https://memory.test", http_backend="httpx")
    async with SekhaClient(config.evolve(proxy=PROXY)) as client:
        with pytest.raises(SekhaConfigError, match=r"pip install 'sekha-memory\[socks\]'"):
            await client.count()


async def test_the_backend_cannot_change_under_a_client(here: Served) -> None:
    async with SekhaClient(here.config()) as client:
        with pytest.raises(SekhaConfigError, match="http_backend"):
            client.options(http_backend="httpx")


async def test_the_generated_client_goes_the_same_way(here: Served) -> None:
    async with SekhaClient(here.config(timeout=0.3)) as client:
        await client.create_conversation(talk("new"))
        connections = here.fault_server.connections
        found = await count_conversations.asyncio_detailed(client=client.api)
        assert found.parsed.count == 1  # type: ignore[union-attr]
        assert here.fault_server.connections == connections
        assert here.fault_server.seen()[-1].headers["authorization"] == f"Bearer {KEY}"
        here.befall(Drop(carried_out=False))
        with pytest.raises(httpx.TransportError):
            await count_conversations.asyncio_detailed(client=client.api)
        here.befall(Stall(carried_out=False))
        with pytest.raises(httpx.TimeoutException):
            await count_conversations.asyncio_detailed(client=client.api)
    nobody = ClientConfig(api_key=KEY, base_url="http://127.0.0.1:9")
    async with SekhaClient(nobody) as client:
        with pytest.raises(httpx.ConnectError):
            await count_conversations.asyncio_detailed(client=client.api)


async def test_a_request_is_sent_once_and_counted_once(here: Served) -> None:
    """Libraries that send a GET again when a connection turns out to be gone would pass the limit."""
    async with SekhaClient(here.config(max_retries=0)) as client:
        await client.count()
        here.befall(Drop(carried_out=False))
        with pytest.raises(SekhaConnectionError) as caught:
            await client.count()
        assert caught.value.sent and caught.value.retries == 0
    assert len(here.fault_server.seen()) == 2


def compressed(request: Request) -> RawResponse:
    assert "gzip" in request.headers["accept-encoding"]
    headers = {"content-type": "application/json", "content-encoding": "gzip"}
    return RawResponse(200, headers, gzip.compress(b'{"count": 7}'))


def broken(request: Request) -> RawResponse:
    answer = compressed(request)
    return RawResponse(200, answer.headers, b"no gzip")


@pytest.mark.parametrize("answer", [compressed, broken])
async def test_compressed_answers(answer: Callable[[Request], RawResponse]) -> None:
    with FaultServer(answer) as fault_server:
        config = ClientConfig(api_key=KEY, base_url=fault_server.base_url, max_retries=0)
        async with SekhaClient(config) as client:
            if answer is compressed:
                assert await client.count() == 7
                found = await count_conversations.asyncio_detailed(client=client.api)
                assert found.parsed.count == 7  # type: ignore[union-attr]
            else:
                with pytest.raises(SekhaConnectionError):
                    await client.count()


async def test_a_base_url_with_a_path(here: Served) -> None:
    asked: list[str] = []

    def below(request: Request) -> RawResponse:
        asked.append(request.path)
        return RawResponse(200, {"content-type": "application/json"}, b'{"count": 1}')

    with FaultServer(below) as fault_server, ForwardProxy() as proxy:
        for settings in ({}, {"proxy": proxy.base_url}):
            config = ClientConfig(
                api_key=KEY, base_url=fault_server.base_url + "/below/", **settings
            )
            async with SekhaClient(config) as client:
                assert await client.count() == 1
                await count_conversations.asyncio_detailed(client=client.api)
    assert asked == ["/below/api/v1/conversations/count"] * 4
