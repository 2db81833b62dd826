"""Ctrl-C in the sync client: the call ends at once, and so does the process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sekha.testing import Stall, throttled
from support.served import KEY, Served

TESTS = Path(__file__).resolve().parent.parent
PROGRAM = """
import sys, threading, time
sys.path.insert(0, sys.argv[1])
from support.served import KEY, talk
from sekha import ClientConfig, SyncSekhaClient

config = ClientConfig(
    api_key=KEY, base_url=sys.argv[2], timeout=60.0, max_retries=9, rate_limit_requests={limit}
)
with SyncSekhaClient(config) as client:
    limits = client._session.limits
    try:
        {prepare}
        print("ready", flush=True)
        {call}
    except KeyboardInterrupt:
        began = time.monotonic()
        # Workers that nobody waits for give up soon, and their places come back.
        while time.monotonic() - began < 2 and (
            limits.requests._rule._in_flight or threading.active_count() > 1
        ):
            time.sleep(0.01)
        assert limits.creates._rule._held == 0
        assert limits.requests._rule._in_flight == 0, limits.requests._rule._in_flight
        assert not limits.requests._waiting and not limits.equal_creates._queues
        assert threading.active_count() == 1, threading.enumerate()
        print("interrupted", flush=True)
"""


def interrupt(
    here: Served, call: str, arrivals: int, *, prepare: str = "pass", limit: int = 999
) -> None:
    """Run a call in a process of its own, interrupt it once that many requests have arrived."""
    program = PROGRAM.format(call=call, prepare=prepare, limit=limit)
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(TESTS), here.fault_server.base_url],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        here.fault_server.wait_for(lambda: len(here.fault_server.seen()) >= arrivals, 20)
        time.sleep(0.2)
        began = time.monotonic()
        os.kill(process.pid, signal.SIGINT)
        output, errors = process.communicate(timeout=20)
    finally:
        process.kill()
        process.wait()
    assert output == "interrupted\n", errors
    assert time.monotonic() - began < 5
    assert process.returncode == 0
    assert KEY not in errors
    here.fault_server.wait_for(lambda: here.fault_server.open_connections == 0)


def test_in_flight(here: Served) -> None:
    here.befall(Stall(carried_out=False))
    interrupt(here, "client.count()", 1)


def test_in_a_create(here: Served) -> None:
    here.befall(Stall(carried_out=True))
    interrupt(here, "client.create_conversation(talk('new'))", 1)
    assert len(here.rows("new")) == 1


def test_while_waiting_out_a_429(here: Served) -> None:
    here.befall(throttled(60))
    interrupt(here, "client.count()", 1)


def test_in_line_for_the_rate(here: Served) -> None:
    interrupt(here, "client.count()", 1, prepare="client.count()", limit=1)


def test_in_line_for_a_create(here: Served) -> None:
    here.befall(*[Stall(carried_out=False)] * 4)
    # Four threads hold the places until they are let go.
    prepare = (
        "[limits.creates.try_acquire(4) for _ in range(4)]; "
        "threading.Timer(0.1, lambda: None).start()"
    )
    call = (
        "\n        try: client.create_conversation(talk('new'))"
        "\n        finally: [limits.creates.release() for _ in range(4)]"
    )
    interrupt(here, call, 0, prepare=prepare)


@pytest.mark.parametrize("call", ["client.export()", "[_ for _ in client.iter_export()]"])
def test_in_an_export_with_its_threads(here: Served, call: str) -> None:
    for number in range(20):
        here.store(f"{number}")
    here.fault_server.follow(
        lambda method, path, number: Stall(carried_out=False) if method == "POST" else None
    )
    interrupt(here, call, 9)


def test_in_an_export_whose_threads_wait_in_line(here: Served) -> None:
    for number in range(20):
        here.store(f"{number}")
    here.fault_server.follow(
        lambda method, path, number: throttled(60) if method == "POST" and number < 2 else None
    )
    interrupt(here, "client.export()", 6, limit=6)


def test_in_a_context_with_its_second_thread(here: Served) -> None:
    here.fault_server.follow(lambda *_: Stall(carried_out=False))
    interrupt(here, "client.assemble_context('tokens')", 2)
