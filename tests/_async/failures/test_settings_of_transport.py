"""Settings that no connection can be made with: said by name, and without the secrets in them."""

from __future__ import annotations

import copy
import pickle
import ssl
import traceback
from pathlib import Path
from typing import Any

import httpx
import pytest

from sekha import (
    ClientConfig,
    SekhaClient,
    SekhaConfigError,
    SekhaConnectionError,
    SekhaValidationError,
)
from sekha._transport import tls
from sekha.local import Controller
from sekha.testing import FaultServer
from sekha_api.types import RawResponse, Request
from support.certificates import Authority
from support.served import KEY, Served

WORD = "obviously-fake-word"


def config(**settings: Any) -> ClientConfig:
    return ClientConfig(api_key=KEY, **settings)


@pytest.mark.parametrize(
    "name, value",
    [
        ("base_url", f"http://user:{WORD}@memory.test"),
        ("base_url", f"http://user:{WORD}@memory.test:port"),
        ("base_url", f"http://user:{WORD}@memory.test:99999"),
        ("base_url", f"http://user:{WORD}@[::1"),
        ("base_url", f"http://memory.test?token={WORD}"),
        ("base_url", f"http://memory.test:x#{WORD}"),
        ("base_url", f"{WORD}@memory.test"),
        ("base_url", "http://memory..test"),
        ("base_url", f"http://{'a' * 64}.test"),
        ("base_url", "http://memory.test\0"),
        ("base_url", "http://\ud800.test"),
        ("base_url", "http://mem%20ory.test"),
        ("base_url", "http://memory.test\u200b/"),
        ("base_url", b"http://memory.test"),
        ("base_url", None),
        ("proxy", f"http://user:{WORD}@proxy.test:port"),
        ("proxy", f"http://user:{WORD}@proxy.test:99999"),
        ("proxy", f"user:{WORD}@proxy.test"),
        ("proxy", f"ftp://user:{WORD}@proxy.test"),
        ("proxy", f"http://user:{WORD}@prüxy.test"),
        ("proxy", f"http://üser:{WORD}@proxy.test"),
        ("proxy", f"http://user:{WORD}@"),
        ("proxy", f"http://user:{WORD}@proxy..test"),
        ("proxy", f"http://user:{WORD}@[::1"),
        ("proxy", f"http://proxy.test?{WORD}"),
        ("proxy", "proxy.test:3128"),
        ("proxy", 3128),
        ("verify", 1),
        ("verify", None),
        ("verify", ""),
        ("verify", "a\0b"),
        ("verify", Path("authority.pem")),
    ],
)
async def test_what_cannot_be_used_is_said_at_once(name: str, value: object) -> None:
    with pytest.raises(SekhaConfigError, match=f"^{name}: ") as caught:
        config(**{name: value})
    assert caught.value.parameter == name
    assert WORD not in "".join(traceback.format_exception(caught.value))
    assert WORD.encode() not in pickle.dumps(caught.value)


@pytest.mark.parametrize(
    "name, value",
    [
        ("base_url", "https://bücher.test:1/path"),
        ("base_url", "http://memory_1.test."),
        ("base_url", "http://[::1]:8080"),
        ("base_url", "http://xn--bcher-kva.test"),
        ("proxy", "http://user:w%40rd@proxy.test:3128/"),
        ("proxy", "socks5h://127.0.0.1:9050"),
        ("verify", "/not/read/yet.pem"),
    ],
)
async def test_what_can_be_used_is_taken(name: str, value: object) -> None:
    assert getattr(config(**{name: value}), name) == value


async def test_certificates_that_cannot_be_read(tmp_path: Path) -> None:
    no_certificate = tmp_path / "no.pem"
    no_certificate.write_text("no certificate")
    for path in (tmp_path / "missing.pem", no_certificate, tmp_path):
        async with SekhaClient(config(base_url="https://127.0.0.1:9", verify=str(path))) as client:
            for _ in range(2):
                with pytest.raises(SekhaConfigError, match="^verify: .*name a PEM file") as caught:
                    await client.count()
            assert str(path) in str(caught.value)
        # Nothing on the way speaks TLS: they are not needed.
        async with SekhaClient(config(base_url="http://127.0.0.1:9", verify=str(path))) as client:
            with pytest.raises(Exception, match="no connection"):
                await client.options(max_retries=0).count()


async def test_certificates_of_the_environment_that_cannot_be_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/not/there.pem")
    async with SekhaClient(config(base_url="https://127.0.0.1:9")) as client:
        with pytest.raises(SekhaConfigError, match="^verify: .*SSL_CERT_FILE"):
            await client.count()


async def test_certificates_that_were_exchanged_are_read_anew(
    authority: Authority, tmp_path: Path
) -> None:
    def answer(request: Request) -> RawResponse:
        return RawResponse(200, {"content-type": "application/json"}, b'{"count": 1}')

    file = tmp_path / "authority.pem"
    other = Authority(tmp_path)
    with FaultServer(answer, tls=authority.server()) as fault_server:
        trusting = config(base_url=fault_server.base_url, verify=str(file), max_retries=0)
        assert file == other.file
        async with SekhaClient(trusting) as client:
            with pytest.raises(Exception, match="CERTIFICATE_VERIFY_FAILED"):
                await client.count()
        file.write_bytes(authority.file.read_bytes())
        async with SekhaClient(trusting) as client:
            assert await client.count() == 1


@pytest.mark.parametrize("url", [f"http://user:{WORD}@proxy.test:port", f"ftp://{WORD}@p.test"])
async def test_a_proxy_of_the_environment_that_is_none(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", url)
    with pytest.raises(SekhaConfigError, match="^proxy: the environment's") as caught:
        async with SekhaClient(config(base_url="https://memory.test")) as client:
            await client.count()
    assert WORD not in "".join(traceback.format_exception(caught.value))


async def test_a_client_cannot_be_pickled_and_says_what_can(here: Served) -> None:
    async with SekhaClient(here.config()) as client:
        for attempt in (pickle.dumps, copy.copy, copy.deepcopy):
            with pytest.raises(TypeError, match="pickle its `config`"):
                attempt(client)
        assert pickle.loads(pickle.dumps(client.config)) == client.config


@pytest.mark.parametrize("path", ["a\0b", "", b"bytes", 7, "\ud800"])
async def test_a_path_that_can_be_none(path: Any) -> None:
    with pytest.raises(SekhaValidationError, match="^path: "):
        SekhaClient.local(path)


async def test_an_embedded_controller_takes_a_path_object(tmp_path: Path) -> None:
    async with SekhaClient.local(tmp_path / "memory.db") as client:
        assert await client.count() == 0
    Controller(tmp_path / "memory.db").close()


async def test_many_clients_load_the_certificates_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes a while, in which an event loop stands still; and plain http needs none."""
    loaded: list[object] = []
    create = httpx.create_ssl_context

    def count(*args: Any, **kwargs: Any) -> ssl.SSLContext:
        loaded.append(args)
        return create(*args, **kwargs)

    monkeypatch.setattr(httpx, "create_ssl_context", count)
    monkeypatch.setattr(tls, "_made", {})
    for scheme, times in (("http", 0), ("https", 1)):
        for _ in range(20):
            given = config(base_url=f"{scheme}://127.0.0.1:9", max_retries=0)
            async with SekhaClient(given) as client:
                with pytest.raises(SekhaConnectionError):
                    await client.count()
        if scheme == "http" or shares_contexts(client):
            assert len(loaded) == times


def shares_contexts(client: SekhaClient) -> bool:
    """urllib3's contexts make sockets of their own, and there no event loop waits."""
    return not type(client._session.transport).__name__.startswith("Urllib3")
