"""Whom the client trusts, and whom it shows the key: certificates, proxies, redirects, addresses."""

from __future__ import annotations

import logging
import pickle
import socket
import time
import traceback
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sekha import (
    ClientConfig,
    SekhaAuthError,
    SekhaConnectionError,
    SekhaError,
    SekhaInsecureWarning,
    SekhaResponseError,
    SyncSekhaClient,
)
from sekha._transport import proxies
from sekha.local import Controller
from sekha.testing import BrokenJson, Drop, FaultServer, Gateway, Redirect, Stall, throttled
from sekha_api.api.conversations import (
    count_conversations,
    get_conversation,
    list_conversations,
)
from sekha_api.types import RawResponse, Request
from support.certificates import Authority
from support.forward_proxy import ForwardProxy
from support.served import KEY, Served, talk

PROXY_PASSWORD = "obviously-fake-proxy-word"


@pytest.fixture
def secure(authority: Authority) -> Iterator[FaultServer]:
    controller = Controller()
    try:
        with FaultServer(controller.handle, tls=authority.server()) as fault_server:
            yield fault_server
    finally:
        controller.close()


@pytest.fixture
def proxy() -> Iterator[ForwardProxy]:
    with ForwardProxy(credentials=f"user:{PROXY_PASSWORD}") as opened:
        yield opened


def config_for(fault_server: FaultServer, **more: Any) -> ClientConfig:
    given = {"rate_limit_requests": None, "timeout": 5.0, **more}
    return ClientConfig(api_key=KEY, base_url=fault_server.base_url, **given)


def test_a_certificate_of_nobody_known_is_refused_at_once(secure: FaultServer) -> None:
    began = time.monotonic()
    with SyncSekhaClient(config_for(secure)) as client:
        with pytest.raises(SekhaConnectionError, match="CERTIFICATE_VERIFY_FAILED") as caught:
            client.count()
        with pytest.raises(SekhaConnectionError, match="set verify to the file"):
            client.create_conversation(talk("new"))
    assert caught.value.retries == 0 and not caught.value.sent
    assert time.monotonic() - began < 3
    assert secure.arrivals == []


def test_an_authority_of_ones_own_is_trusted_by_its_file(
    secure: FaultServer, authority: Authority
) -> None:
    with SyncSekhaClient(config_for(secure, verify=str(authority.file))) as client:
        made = client.create_conversation(talk("new"))
        secure.script(Drop(carried_out=False))
        assert (client.get_conversation(made.id)).label == "new"
    assert secure.arrivals[0].headers["authorization"] == f"Bearer {KEY}"
    secure.wait_for(lambda: secure.open_connections == 0)


def test_checking_can_be_turned_off(secure: FaultServer) -> None:
    with SyncSekhaClient(config_for(secure, verify=False)) as client:
        assert client.count() == 0


@pytest.mark.parametrize(
    "name, expired, reason", [("other.test", False, "mismatch"), ("127.0.0.1", True, "expired")]
)
def test_a_wrong_name_and_a_date_gone_by_are_refused(
    authority: Authority, name: str, expired: bool, reason: str
) -> None:
    with FaultServer(
        Controller().handle, tls=authority.server(name, expired=expired)
    ) as fault_server:
        with SyncSekhaClient(config_for(fault_server, verify=str(authority.file))) as client:
            with pytest.raises(SekhaConnectionError, match=reason):
                client.count()
        assert fault_server.arrivals == []


def test_silence_inside_a_handshake_ends_with_the_deadline(authority: Authority) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        config = ClientConfig(
            api_key=KEY,
            base_url=f"https://127.0.0.1:{silent.getsockname()[1]}",
            deadline=0.5,
            verify=str(authority.file),
        )
        began = time.monotonic()
        with SyncSekhaClient(config) as client:
            with pytest.raises(SekhaConnectionError) as caught:
                client.create_conversation(talk("new"))
        # It was never sent: there is no doubt to resolve.
        assert not caught.value.sent
        assert time.monotonic() - began < 1.5


def test_a_proxy_is_used_and_sees_no_key_under_tls(
    here: Served, secure: FaultServer, authority: Authority, proxy: ForwardProxy
) -> None:
    url = f"http://user:{PROXY_PASSWORD}@{proxy.authority}"
    with SyncSekhaClient(here.config(proxy=url)) as client:
        client.create_conversation(talk("new"))
        assert PROXY_PASSWORD not in repr(client.config)
    assert len(here.rows()) == 1 and here.fault_server.seen()[0].headers["authorization"]
    assert [each.method for each in proxy.passages] == ["POST"]
    with SyncSekhaClient(config_for(secure, proxy=url, verify=str(authority.file))) as client:
        client.create_conversation(talk("new"))
    passage = proxy.passages[-1]
    assert (passage.method, passage.target) == ("CONNECT", secure.authority)
    assert KEY.encode() not in bytes(passage.sent) and "authorization" not in passage.headers


def test_the_proxy_of_the_environment_is_used_unless_told_otherwise(
    here: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = here.config().evolve(
        base_url=f"http://memory.test:{here.fault_server.port}", timeout=5.0
    )
    with ForwardProxy(loopback={"memory.test"}) as other:
        for name in ("HTTP_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, other.base_url)
            with SyncSekhaClient(elsewhere) as client:
                client.count()
            monkeypatch.delenv(name)
        assert len(other.passages) == 2
        monkeypatch.setenv("HTTP_PROXY", other.base_url)
        monkeypatch.setenv("NO_PROXY", "memory.test")
        with SyncSekhaClient(elsewhere.evolve(max_retries=0)) as client:
            with pytest.raises(SekhaConnectionError):
                client.count()
        assert len(other.passages) == 2
    assert len(here.fault_server.seen()) == 2


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_the_proxy_of_the_environment_is_not_told_what_stays_on_this_machine(
    here: Served, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    config = here.config().evolve(base_url=f"http://{host}:{here.fault_server.port}")
    with ForwardProxy() as other:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, other.base_url)
        with SyncSekhaClient(config) as client:
            client.create_conversation(talk("new"))
            count_conversations.sync_detailed(client=client.api)
        assert other.passages == []
        with SyncSekhaClient(config.evolve(proxy=other.base_url)) as client:
            client.count()
        assert len(other.passages) == 1
    assert len(here.fault_server.seen()) == 3


def test_a_proxy_in_trouble_is_a_connection_error(secure: FaultServer, short_waits: None) -> None:
    with ForwardProxy(broken=True) as broken:
        config = config_for(secure, proxy=broken.base_url, verify=False, max_retries=1)
        with SyncSekhaClient(config) as client:
            with pytest.raises(SekhaConnectionError) as caught:
                client.create_conversation(talk("new"))
    assert caught.value.retries == 1 and not caught.value.sent
    assert secure.arrivals == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_never_takes_the_key_along(here: Served, status: int) -> None:
    heard: list[Request] = []

    def listen(request: Request) -> RawResponse:
        heard.append(request)
        return RawResponse(200, {}, b"{}")

    with FaultServer(listen) as elsewhere:
        with SyncSekhaClient(here.config()) as client:
            here.befall(Redirect(elsewhere.base_url, status), Redirect(elsewhere.base_url, status))
            with pytest.raises(SekhaResponseError, match="redirects are not followed"):
                client.count()
            with pytest.raises(SekhaResponseError, match="set base_url"):
                client.create_conversation(talk("new"))
        assert heard == [] and elsewhere.connections == 0
    assert here.rows() == []


def test_a_key_that_others_can_read_is_warned_of_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(proxies, "_warned", set())
    config = ClientConfig(api_key=KEY, base_url="http://memory.test", max_retries=0, timeout=0.2)
    config = config.evolve(proxy="http://127.0.0.1:9")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(2):
            with SyncSekhaClient(config) as client:
                for _ in range(2):
                    with pytest.raises(SekhaError):
                        client.count()
    insecure = [each for each in caught if each.category is SekhaInsecureWarning]
    assert len(insecure) == 1
    assert "memory.test" in str(insecure[0].message) and KEY not in str(insecure[0].message)


def test_a_key_that_a_proxy_can_read_is_warned_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proxies, "_warned", set())
    config = ClientConfig(
        api_key=KEY,
        base_url="http://localhost:9",
        proxy=f"http://user:{PROXY_PASSWORD}@proxy.test:1",
        max_retries=0,
        timeout=0.2,
    )
    with pytest.warns(SekhaInsecureWarning, match=r"to the proxy proxy\.test over plain") as caught:
        with SyncSekhaClient(config) as client:
            with pytest.raises(SekhaError):
                client.count()
    assert len(caught) == 1 and PROXY_PASSWORD not in str(caught[0].message)


@pytest.mark.parametrize(
    "base_url",
    ["http://127.0.0.1:1", "http://localhost:1", "http://[::1]:1", "https://memory.test:1"],
)
def test_a_key_that_nobody_can_read_is_not_warned_of(
    base_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proxies, "_warned", set())
    config = ClientConfig(api_key=KEY, base_url=base_url, max_retries=0, timeout=0.2)
    with warnings.catch_warnings():
        warnings.simplefilter("error", SekhaInsecureWarning)
        with SyncSekhaClient(config.evolve(proxy="http://127.0.0.1:9")) as client:
            with pytest.raises(SekhaError):
                client.count()


def test_no_log_error_or_pickle_holds_the_key(
    here: Served, short_waits: None, caplog: pytest.LogCaptureFixture, http_backend: str
) -> None:
    """At DEBUG, those of the libraries that send included, whatever goes wrong."""
    caplog.set_level(logging.DEBUG)
    for name in ("httpx", "httpcore", "aiohttp", "urllib3", "sekha", "asyncio"):
        caplog.set_level(logging.DEBUG, name)
    troubles = [
        Gateway(500),
        Gateway(401, "text"),
        Gateway(502),
        throttled(0),
        BrokenJson(),
        Drop(carried_out=False),
        Stall(carried_out=False),
        Redirect("http://127.0.0.1:9"),
    ]
    texts = []
    with SyncSekhaClient(here.config(timeout=0.2, max_retries=0)) as client:
        texts += [repr(client), repr(client.config), str(client.config), repr(vars(client))]
        for trouble in troubles:
            for call in (client.count, client.export):
                here.befall(trouble)
                try:
                    call()
                except SekhaError as error:
                    texts += traceback.format_exception(error)
                    texts += [repr(error), repr(vars(error))]
                    again = pickle.loads(pickle.dumps(error))
                    assert (type(again), str(again)) == (type(error), str(error))
                    assert KEY.encode() not in pickle.dumps(error)
        patient = client.options(timeout=30.0)
        found = patient.list_conversations()
        assert KEY.encode() not in pickle.dumps(found)
        made = patient.create_conversation(talk("new"))
        assert KEY.encode() not in pickle.dumps(made)
    here.fault_server.wait_for(lambda: here.fault_server.open_connections == 0)
    if http_backend == "httpx":
        assert len(caplog.records) > 100
        assert any(each.name.startswith("httpcore") for each in caplog.records)
    texts += [each.getMessage() for each in caplog.records]
    texts += [repr(each.args) for each in caplog.records]
    assert not [text for text in texts if KEY in text or KEY[8:30] in text]
    assert here.fault_server.seen()[0].headers["authorization"] == f"Bearer {KEY}"


def test_a_retry_is_one_line(
    here: Served, short_waits: None, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "sekha")
    here.befall(Gateway(502), Drop(carried_out=False), throttled(0), Gateway(503, "text"))
    with SyncSekhaClient(here.config()) as client:
        client.count(folder="/a secret\nfolder")
    lines = [each.getMessage() for each in caplog.records if each.name == "sekha"]
    assert [line.partition(";")[0].partition(": ")[0] for line in lines] == [
        "count_conversations"
    ] * 4
    assert ["attempt 2", "attempt 3", "attempt 4", "attempt 5"] == [
        line.partition("; ")[2].partition(" in")[0] for line in lines
    ]
    assert not [line for line in lines if "\n" in line or "secret" in line or KEY in line]


nasty = st.one_of(
    st.sampled_from(
        [
            "../conversations/count",
            "..%2fcount",
            "count",
            "a/../../health",
            "?label=x",
            "#x",
            "%00",
            ".",
            "..",
            "a\r\nx-evil: 1",
            "//elsewhere.test/x",
            "http://elsewhere.test/",
            "\\..\\",
            "；/",
        ]
    ),
    st.text(min_size=1, max_size=40),
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(nasty)
def test_no_id_and_no_label_reaches_another_path(here: Served, text: str) -> None:
    """Whatever is asked for goes to its own operation, or nowhere."""
    sofar = len(here.fault_server.seen())
    with SyncSekhaClient(here.config(verify=False)) as client:
        try:
            client.call(get_conversation, text)
        except SekhaError:
            pass
        asked = here.fault_server.seen()[sofar:]
        for each in asked:
            assert each.path.startswith("/api/v1/conversations/")
            rest = each.path.removeprefix("/api/v1/conversations/")
            assert not set(rest) & set("/?#\\") and rest not in (".", "..", "count")
            assert each.params == {}
        sofar += len(asked)
        try:
            client.call(list_conversations, label=text, page_size=1)
        except SekhaError:
            return
        (each,) = here.fault_server.seen()[sofar:]
        assert each.path == "/api/v1/conversations"
        assert each.params["label"] == text


def test_a_refused_key_is_not_asked_again(here: Served) -> None:
    here.befall(Gateway(401, "text"), Gateway(403, "text"))
    with SyncSekhaClient(here.config()) as client:
        for _ in range(2):
            with pytest.raises(SekhaAuthError, match="check api_key"):
                client.create_conversation(talk("new"))
    assert len(here.fault_server.seen()) == 2 and here.rows() == []
