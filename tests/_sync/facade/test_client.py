"""The client itself: its settings, its copies, its end, and what it never says."""

from __future__ import annotations

import os
import pickle
import traceback
from pathlib import Path

import pytest

from sekha import (
    ClientConfig,
    SekhaAuthError,
    SekhaClosedError,
    SekhaConfigError,
    SekhaConnectionError,
    SekhaError,
    SekhaServerError,
    SyncSekhaClient,
)
from sekha.testing import FaultServer, Gateway
from support.recorded_controller import talk

from .conftest import KEY


def test_nothing_happens_before_the_first_call(tmp_path: Path, fault_server: FaultServer) -> None:
    file = tmp_path / "memory.db"
    with SyncSekhaClient.local(file), SyncSekhaClient(config_for(fault_server)):
        assert not file.exists()
        assert fault_server.connections == 0


def config_for(fault_server: FaultServer) -> ClientConfig:
    return ClientConfig(api_key=KEY, base_url=fault_server.base_url)


def test_what_is_in_a_file_outlives_the_client(tmp_path: Path) -> None:
    file = tmp_path / "folder" / "memory.db"
    with SyncSekhaClient.local(file) as client:
        made = client.create_conversation(talk("one", "two"))
    with SyncSekhaClient.local(str(file)) as client:
        stored = client.get_conversation(made.id)
        assert [each.content for each in stored.messages or ()] == ["one", "two"]


def test_two_local_clients_share_nothing(client: SyncSekhaClient) -> None:
    client.create_conversation(talk("one"))
    with SyncSekhaClient.local() as other:
        assert other.count() == 0


def test_a_local_client_takes_settings_but_no_key_and_no_url() -> None:
    with SyncSekhaClient.local(timeout=5.0, max_retries=0) as client:
        assert (client.config.timeout, client.config.max_retries) == (5.0, 0)
        assert client.config.rate_limit_requests is None
    for fixed in ("api_key", "base_url"):
        with pytest.raises(SekhaConfigError, match=f"^{fixed}: "):
            SyncSekhaClient.local(**{fixed: "x" * 40})


def test_settings_are_loaded_if_none_are_given(
    monkeypatch: pytest.MonkeyPatch, fault_server: FaultServer
) -> None:
    monkeypatch.setenv("SEKHA_API_KEY", KEY)
    monkeypatch.setenv("SEKHA_BASE_URL", fault_server.base_url)
    with SyncSekhaClient() as client:
        assert (client.health()).healthy
    assert len(fault_server.arrivals) == 1
    monkeypatch.delenv("SEKHA_API_KEY")
    with pytest.raises(SekhaConfigError, match="SEKHA_API_KEY"):
        SyncSekhaClient()


def test_options_give_a_copy_over_the_same_connections(
    remote: SyncSekhaClient, fault_server: FaultServer
) -> None:
    remote.count()
    patient = remote.options(timeout=99.0, max_retries=7)
    assert (patient.config.timeout, patient.config.max_retries) == (99.0, 7)
    assert (remote.config.timeout, remote.config.max_retries) == (10.0, 3)
    assert patient.config.base_url == remote.config.base_url
    patient.count()
    assert fault_server.connections == 1
    patient.close()
    assert remote.count() == 0


def test_options_hold_for_the_call(
    remote: SyncSekhaClient, fault_server: FaultServer, no_backoff: None
) -> None:
    fault_server.script(Gateway(502), Gateway(502))
    with pytest.raises(SekhaServerError) as raised:
        remote.options(max_retries=1).count()
    assert raised.value.retries == 1 and len(fault_server.arrivals) == 2


@pytest.mark.parametrize("fixed", ["api_key", "base_url"])
def test_options_cannot_change_what_connections_stand_on(
    client: SyncSekhaClient, fixed: str
) -> None:
    with pytest.raises(SekhaConfigError, match=f"^{fixed}: "):
        client.options(**{fixed: "x" * 40})


def test_a_closed_client_says_so_and_sends_nothing(
    remote: SyncSekhaClient, fault_server: FaultServer
) -> None:
    remote.count()
    copy = remote.options(timeout=5.0)
    remote.close()
    remote.close()
    for closed in (remote, copy):
        with pytest.raises(SekhaClosedError):
            closed.count()
        with pytest.raises(SekhaClosedError):
            closed.create_conversation(talk("one"))
    assert len(fault_server.arrivals) == 1


def test_a_closed_local_client_says_so(client: SyncSekhaClient) -> None:
    client.create_conversation(talk("one"))
    client.close()
    with pytest.raises(SekhaClosedError) as raised:
        client.count()
    assert isinstance(raised.value, SekhaConnectionError) and not raised.value.sent


def test_the_key_goes_in_its_header_only(
    remote: SyncSekhaClient, fault_server: FaultServer
) -> None:
    remote.stats()
    (arrival,) = fault_server.arrivals
    assert arrival.headers["authorization"] == f"Bearer {KEY}"
    assert KEY not in arrival.path + str(arrival.params)


def test_no_text_ever_holds_the_key(
    remote: SyncSekhaClient,
    fault_server: FaultServer,
    caplog: pytest.LogCaptureFixture,
    no_backoff: None,
) -> None:
    caplog.set_level("DEBUG")
    texts = [
        repr(remote),
        str(remote),
        repr(remote.config),
        repr(remote.api),
        repr(remote.options(timeout=1.0)),
        repr(vars(remote)),
        repr(config_for(fault_server)),
    ]
    fault_server.script(*[Gateway(502)] * 4, Gateway(401, "text"), Gateway(503))
    for call in (lambda: remote.count(), lambda: remote.stats(), lambda: remote.health()):
        try:
            call()
        except SekhaError as error:
            texts += [repr(error), str(error), repr(vars(error)), repr(pickle.dumps(error))]
            texts += traceback.format_exception(error)
    fault_server.refuse()
    try:
        with pytest.raises(SekhaConnectionError) as refused:
            remote.options(max_retries=0).count()
    finally:
        fault_server.accept()
    texts += traceback.format_exception(refused.value)
    with pytest.raises(SekhaConfigError) as misset:
        remote.config.evolve(base_url="nowhere")
    texts += traceback.format_exception(misset.value)
    assert caplog.text
    for text in [*texts, caplog.text]:
        assert KEY not in text


def test_a_short_key_is_not_repeated_in_the_error() -> None:
    with pytest.raises(SekhaConfigError) as raised:
        ClientConfig(api_key="too-short-a-secret")
    assert "32" in raised.value.message
    assert "too-short-a-secret" not in str(raised.value)


def test_a_wrong_key_is_an_auth_error(fault_server: FaultServer, remote: SyncSekhaClient) -> None:
    fault_server.script(Gateway(401, "text"))
    with pytest.raises(SekhaAuthError) as raised:
        remote.stats()
    assert raised.value.status_code == 401 and raised.value.retries == 0


def test_names_of_the_machine_are_not_looked_at(
    remote: SyncSekhaClient, fault_server: FaultServer
) -> None:
    assert "HOME" in os.environ
    remote.count()
    assert set(fault_server.arrivals[0].headers) <= {
        "host",
        "accept",
        "accept-encoding",
        "connection",
        "user-agent",
        "authorization",
    }
