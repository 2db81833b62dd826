"""What is sent again, and how often: counted where the requests arrive."""

from __future__ import annotations

import logging
import time

import pytest

from sekha import (
    SekhaConnectionError,
    SekhaRateLimitError,
    SekhaResponseError,
    SekhaServerError,
    SekhaTimeoutError,
    SyncSekhaClient,
)
from sekha._limits.process import FifoQueue
from sekha._limits.rules import SlidingWindow
from sekha.testing import BrokenJson, Drop, FaultServer, Gateway, Stall, throttled
from support.recorded_controller import talk


@pytest.mark.parametrize("status", [408, 502, 503, 504, 520, 530])
def test_a_gateway_without_an_answer_is_asked_again(
    remote: SyncSekhaClient, fault_server: FaultServer, no_backoff: None, status: int
) -> None:
    fault_server.script(Gateway(status), Gateway(status, "empty"), Gateway(status, "text"))
    assert remote.count() == 0
    assert len(fault_server.arrivals) == 4


def test_a_gateway_that_stays_silent_is_given_up(
    remote: SyncSekhaClient, fault_server: FaultServer, no_backoff: None
) -> None:
    fault_server.script(*[Gateway(502)] * 9)
    with pytest.raises(SekhaServerError, match="status 502 with nothing said") as raised:
        remote.count()
    assert (raised.value.status_code, raised.value.retries) == (502, 3)
    assert len(fault_server.arrivals) == 4


def test_a_500_is_not_sent_again(remote: SyncSekhaClient, fault_server: FaultServer) -> None:
    fault_server.script(Gateway(500, "text"))
    with pytest.raises(SekhaServerError, match="500 gateway") as raised:
        remote.count()
    assert raised.value.retries == 0 and len(fault_server.arrivals) == 1


def test_a_change_is_repeated_for_it_leaves_the_same(
    remote: SyncSekhaClient, fault_server: FaultServer, no_backoff: None
) -> None:
    made = remote.create_conversation(talk("a"))
    fault_server.script(Drop(carried_out=True), Gateway(504, carried_out=True))
    remote.update_label(made.id, "New")
    assert (remote.get_conversation(made.id)).label == "New"
    assert len(fault_server.carried_out("memory_update")) == 3


def test_the_404_of_a_repeated_delete_is_its_success(
    remote: SyncSekhaClient, fault_server: FaultServer, no_backoff: None
) -> None:
    made = remote.create_conversation(talk("a"))
    fault_server.script(Drop(carried_out=True))
    remote.delete(made.id)
    assert remote.count() == 0


def test_a_drop_is_repeated_and_then_said(
    remote: SyncSekhaClient, fault_server: FaultServer, no_backoff: None
) -> None:
    fault_server.script(*[Drop(carried_out=False)] * 4)
    with pytest.raises(SekhaConnectionError) as raised:
        remote.count()
    assert raised.value.sent and raised.value.retries == 3
    assert len(fault_server.arrivals) == 4


def test_nobody_there_is_a_connection_error_that_says_what_to_look_at(
    remote: SyncSekhaClient, fault_server: FaultServer, no_backoff: None
) -> None:
    fault_server.refuse()
    try:
        with pytest.raises(SekhaConnectionError, match="is the controller running") as raised:
            remote.count()
    finally:
        fault_server.accept()
    assert not raised.value.sent and raised.value.retries == 3


def test_a_timeout_is_kept_and_said(remote: SyncSekhaClient, fault_server: FaultServer) -> None:
    fault_server.script(Stall(carried_out=False))
    began = time.monotonic()
    with pytest.raises(SekhaTimeoutError, match="within 0.2 s"):
        remote.options(timeout=0.2, max_retries=0).count()
    assert 0.2 <= time.monotonic() - began < 3


def test_a_create_is_never_sent_twice_in_doubt(
    remote: SyncSekhaClient, fault_server: FaultServer, no_backoff: None
) -> None:
    fault_server.script(Drop(carried_out=True))
    made = remote.create_conversation(talk("once"))
    assert len(fault_server.seen("create_conversation")) == 1
    assert [each.id for each in remote.list_conversations()] == [made.id]


def test_a_create_that_was_not_carried_out_is_sent_again(
    remote: SyncSekhaClient, fault_server: FaultServer, no_backoff: None
) -> None:
    fault_server.script(Drop(carried_out=False))
    remote.create_conversation(talk("once"))
    assert len(fault_server.seen("create_conversation")) == 2
    assert remote.count() == 1


def test_a_429_waits_as_it_is_told_and_costs_no_retry(
    remote: SyncSekhaClient, fault_server: FaultServer
) -> None:
    fault_server.script(throttled(0), throttled(1))
    began = time.monotonic()
    remote.options(max_retries=0).create_conversation(talk("a"))
    assert 0.9 <= time.monotonic() - began < 5
    assert len(fault_server.seen("create_conversation")) == 3
    assert remote.count() == 1


def test_a_429_does_not_wait_beyond_the_deadline(
    remote: SyncSekhaClient, fault_server: FaultServer
) -> None:
    fault_server.script(throttled(60))
    began = time.monotonic()
    with pytest.raises(SekhaRateLimitError, match="rate_limit_requests"):
        remote.options(deadline=30.0).count()
    assert time.monotonic() - began < 30 and len(fault_server.arrivals) == 1


def test_an_answer_that_makes_no_sense_is_a_response_error(
    remote: SyncSekhaClient, fault_server: FaultServer
) -> None:
    fault_server.script(BrokenJson())
    with pytest.raises(SekhaResponseError, match="is this base_url a Sekha controller's"):
        remote.count()
    fault_server.script(Gateway(200))
    with pytest.raises(SekhaResponseError) as raised:
        remote.count()
    assert raised.value.status_code == 200
    fault_server.script(Gateway(307))
    with pytest.raises(SekhaResponseError):
        remote.count()


def test_retries_are_logged(
    remote: SyncSekhaClient,
    fault_server: FaultServer,
    no_backoff: None,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "sekha")
    fault_server.script(Gateway(502))
    remote.count()
    assert "count_conversations: status 502; attempt 2" in caplog.text


def test_the_limit_holds_requests_back(remote: SyncSekhaClient, fault_server: FaultServer) -> None:
    # A window of a quarter of a second instead of a minute.
    remote._session.limits.requests = FifoQueue(SlidingWindow(0.25))
    limited = remote.options(rate_limit_requests=2)
    began = time.monotonic()
    for _ in range(5):
        limited.count()
    assert time.monotonic() - began >= 0.5
    assert len(fault_server.arrivals) == 5 and fault_server.most_within(0.25) == 2


def test_retries_count_against_the_limit(
    remote: SyncSekhaClient, fault_server: FaultServer, no_backoff: None
) -> None:
    remote.count()  # the connection stands
    fault_server.script(*[Gateway(502)] * 3)
    with pytest.raises(SekhaTimeoutError, match="deadline"):
        remote.options(rate_limit_requests=3, deadline=4.0).count()
    assert len(fault_server.arrivals) == 3


def test_without_a_limit_nothing_waits(remote: SyncSekhaClient, fault_server: FaultServer) -> None:
    free = remote.options(rate_limit_requests=None, deadline=9.0)
    for _ in range(30):
        free.count()
    assert len(fault_server.arrivals) == 30
