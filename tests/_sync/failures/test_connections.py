"""Kept connections: whose answer it is that comes on one."""

from __future__ import annotations

import json
import time

import pytest

from sekha import ClientConfig, SekhaConnectionError, SyncSekhaClient
from sekha._transport import httpx_private
from sekha.testing import FaultServer, Interim, Unasked
from sekha.testing.faults import UNASKED
from sekha_api.api.conversations import count_conversations
from sekha_api.types import RawResponse, Request
from support.certificates import Authority
from support.forward_proxy import ForwardProxy
from support.served import KEY, Served, talk

DEADLINE = 5.0


def config_for(fault_server: FaultServer, **settings: object) -> ClientConfig:
    given = {"rate_limit_requests": None, "max_retries": 0, "timeout": 2.0, "deadline": DEADLINE}
    return ClientConfig(api_key=KEY, base_url=fault_server.base_url, **{**given, **settings})


def echo(request: Request) -> RawResponse:
    """Counts as many conversations as the folder's name says."""
    body = json.dumps({"count": int(request.params["folder"])}).encode()
    return RawResponse(200, {"content-type": "application/json"}, body)


@pytest.mark.parametrize("in_pieces", [False, True])
@pytest.mark.parametrize("statuses", [(103,), (102,), (100,), (100, 102, 103) * 20])
def test_interim_answers_are_none(here: Served, statuses: tuple[int, ...], in_pieces: bool) -> None:
    if in_pieces:
        statuses = statuses[:3]
    with SyncSekhaClient(here.config(max_retries=0)) as client:
        here.befall(Interim(statuses, in_pieces), None, Interim(statuses, in_pieces))
        first = client.create_conversation(talk("first", "one"))
        second = client.create_conversation(talk("second", "two"))
        found = [client.get_conversation(each.id) for each in (first, second, first)]
    assert [each.label for each in found] == ["first", "second", "first"]
    assert here.fault_server.connections <= 2  # a busy machine can let one stay idle for too long
    assert len(here.rows()) == 2


def test_interim_answers_without_end_end_with_the_deadline(here: Served) -> None:
    here.befall(Interim((103,) * 40_000, in_pieces=True))
    began = time.monotonic()
    with SyncSekhaClient(here.config(max_retries=0, deadline=0.5)) as client:
        with pytest.raises(SekhaConnectionError):
            client.count()
    assert time.monotonic() - began < DEADLINE


@pytest.mark.parametrize("what", UNASKED)
@pytest.mark.parametrize("seconds", [0.0, 0.02])
def test_what_came_unasked_for_is_nobodys_answer(what: str, seconds: float) -> None:
    with FaultServer(echo, [Unasked(what, seconds)]) as fault_server:
        with SyncSekhaClient(config_for(fault_server)) as client:
            assert client.count(folder="1") == 1
            if seconds:
                time.sleep(seconds * 5)  # it has come, and an event loop has not seen it
            began = time.monotonic()
            assert [client.count(folder=f"{n}") for n in (2, 3, 4)] == [2, 3, 4]
            assert time.monotonic() - began < DEADLINE
            # The first connection was not used again, the second was.
            assert fault_server.connections == 2
            found = count_conversations.sync_detailed(client=client.api, folder="5")
            assert found.parsed.count == 5  # type: ignore[union-attr]
        assert [each.params["folder"] for each in fault_server.arrivals] == list("12345")


@pytest.mark.parametrize("what", ["answer", "part of a body"])
def test_the_same_under_tls(authority: Authority, what: str) -> None:
    script = [Unasked(what, 0.0), Interim(), Unasked(what, 0.0)]
    with FaultServer(echo, script, tls=authority.server()) as fault_server:
        with SyncSekhaClient(config_for(fault_server, verify=str(authority.file))) as client:
            for number in range(5):
                assert client.count(folder=f"{number}") == number
        assert fault_server.connections == 3


@pytest.mark.parametrize("tls", [False, True])
def test_the_same_through_a_proxy(authority: Authority, tls: bool) -> None:
    script = [Interim(), Unasked("answer", 0.0)]
    settings = {"tls": authority.server()} if tls else {}
    with FaultServer(echo, script, **settings) as fault_server, ForwardProxy() as proxy:
        config = config_for(fault_server, verify=str(authority.file), proxy=proxy.base_url)
        with SyncSekhaClient(config) as client:
            for number in range(4):
                assert client.count(folder=f"{number}") == number


def test_a_connection_is_kept(here: Served) -> None:
    with SyncSekhaClient(here.config()) as client:
        made = client.create_conversation(talk("new"))
        for _ in range(3):
            client.get_conversation(made.id)
            client.list_conversations()
    assert here.fault_server.connections <= 2  # a busy machine can let one stay idle for too long


def test_an_unknown_httpcore_is_slower_and_not_wrong(
    here: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is private there can move: then a connection is used once."""
    monkeypatch.setattr(httpx_private, "_STATE", "_moved_elsewhere")
    with SyncSekhaClient(here.config(http_backend="httpx")) as client:
        assert [client.count() for _ in range(3)] == [0, 0, 0]
    assert here.fault_server.connections == 3
