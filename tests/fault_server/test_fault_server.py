"""The fault server hands on, schedules, counts, and ends cleanly."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from email.utils import parsedate_to_datetime
from functools import partial

import httpx
import pytest

from sekha.testing import (
    CarriedOutLate,
    Drop,
    Fault,
    FaultServer,
    Gateway,
    RandomFaults,
    Refuse,
    ResetAtAccept,
    Stall,
    StallInside,
    Trickle,
    Unasked,
    every_fault,
    operation_of,
    usual_mix,
)
from support.bare_requests import (
    BODY,
    CREATE,
    FOREVER,
    ask,
    call,
    connect,
    httpx_client,
    read_to_end,
)
from support.tiny_backend import TinyBackend


class TestPeace:
    def test_a_request_comes_through_whole_and_its_answer_back(
        self, fault_server: FaultServer, backend: TinyBackend
    ) -> None:
        with httpx_client(fault_server) as client:
            answer = client.post("/a%2Fb", params={"q": "x y", "e": ""}, json={"k": "é"})
            again = client.get("/second")
        assert (answer.status_code, answer.headers["x-backend"]) == (201, "tiny")
        assert answer.json() == {"id": 1, "path": "/a%2Fb", "got": {"k": "é"}}
        assert parsedate_to_datetime(answer.headers["date"]).tzinfo is not None
        assert again.json()["path"] == "/second"
        assert backend.requests[0].params == {"q": "x y", "e": ""}
        assert backend.requests[0].headers["content-type"] == "application/json"
        assert backend.requests[1].content is None
        assert fault_server.connections == 1

    def test_a_chunked_request_is_understood(
        self, fault_server: FaultServer, backend: TinyBackend
    ) -> None:
        with httpx_client(fault_server) as client:
            client.post("/x", content=iter([BODY[:5], BODY[5:]]))
        assert backend.stored == [json.loads(BODY)]

    def test_what_it_saw_is_on_record(self, fault_server: FaultServer) -> None:
        began = time.monotonic()
        call(fault_server)
        call(fault_server, "GET", "/health")
        first, second = fault_server.arrivals
        assert (first.operation, first.number, first.status) == ("create_conversation", 0, 201)
        assert first.content == BODY and first.headers["content-length"] == str(len(BODY))
        assert began <= first.at <= second.at <= time.monotonic()
        assert fault_server.seen("get_health") == [second] == fault_server.carried_out("get_health")
        assert fault_server.in_flight() == 0

    @pytest.mark.parametrize(
        "method, path, name",
        [
            ("GET", "/api/v1/conversations/count", "count_conversations"),
            ("GET", "/api/v1/conversations/1", "get_conversation"),
            ("PUT", "/api/v1/conversations/1/pin", "pin_conversation"),
            ("POST", "/mcp/tools/memory_store", "memory_store"),
            ("GET", "/elsewhere", "GET /elsewhere"),
        ],
    )
    def test_operations_have_the_contracts_names(self, method: str, path: str, name: str) -> None:
        assert operation_of(method, path) == name


class TestEveryFault:
    """Through httpx, sync and async: each is carried out, or not, as it says, and afterwards the
    fault server serves on."""

    @pytest.mark.parametrize("name", every_fault(""))
    async def test_serves_on(self, name: str) -> None:
        backend = TinyBackend()
        timeout = 0.1 if name.startswith("stall") else 5.0
        with FaultServer(TinyBackend()) as elsewhere, FaultServer(backend) as fault_server:
            fault = every_fault(elsewhere.base_url, seconds=0.02)[name]
            with httpx_client(fault_server, timeout) as sync:
                fault_server.script(fault)
                try:
                    sync.post(CREATE, content=BODY)
                except httpx.TransportError as error:
                    assert isinstance(error, httpx.TimeoutException) == name.startswith("stall")
                fault_server.settle()
                if name == "close-after":
                    fault_server.wait_for(lambda: fault_server.open_connections == 0)
                assert (
                    len(backend.stored) == len(fault_server.carried_out()) == int(fault.carried_out)
                )
                # httpx itself would take what came unasked for as this one's answer.
                again = (
                    httpx_client(fault_server) if name.startswith("unasked") else nullcontext(sync)
                )
                with again as other:
                    assert other.post(CREATE, content=BODY).status_code == 201
            async with httpx.AsyncClient(
                base_url=fault_server.base_url, trust_env=False, verify=False, timeout=timeout
            ) as client:
                fault_server.script(fault)
                try:
                    await client.post(CREATE, content=BODY)
                except httpx.TransportError as error:
                    assert isinstance(error, httpx.TimeoutException) == name.startswith("stall")
                fault_server.settle()
                if name == "close-after":
                    fault_server.wait_for(lambda: fault_server.open_connections == 0)
                assert len(backend.stored) == 1 + 2 * int(fault.carried_out)
                again = httpx_client(fault_server) if name.startswith("unasked") else None
                if again is None:
                    assert (await client.post(CREATE, content=BODY)).status_code == 201
                else:
                    with again:
                        assert again.post(CREATE, content=BODY).status_code == 201

    async def test_at_random_nothing_is_miscounted(self) -> None:
        backend = TinyBackend()
        not_here = (Stall, StallInside, Unasked)
        mix = {fault: 1.0 for fault in usual_mix() if not isinstance(fault, not_here)}
        failed = 0
        with FaultServer(backend, RandomFaults(7, mix, rate=0.5)) as fault_server:
            async with httpx.AsyncClient(
                base_url=fault_server.base_url, trust_env=False, verify=False, timeout=5
            ) as client:

                async def send(number: int) -> None:
                    nonlocal failed
                    try:
                        answer = await client.post(CREATE, json={"messages": [number]})
                        failed += answer.status_code != 201
                    except httpx.TransportError:
                        failed += 1

                async def send_some(first: int) -> None:
                    for number in range(first, 240, 16):
                        await send(number)

                await asyncio.gather(*(send_some(first) for first in range(16)))
            fault_server.settle()
            assert len(fault_server.carried_out()) == len(backend.stored)
            assert 30 < failed < 210
            assert fault_server.peak("creates") == fault_server.peak("all") <= 16
            assert len({type(each.fault) for each in fault_server.arrivals}) > 12


class TestSchedules:
    def test_a_list_is_met_in_order(self, fault_server: FaultServer) -> None:
        fault_server.script(Gateway(502), None, Gateway(503))
        fault_server.script(Gateway(504))
        statuses = [call(fault_server).status_code for _ in range(5)]
        assert statuses == [502, 201, 503, 504, 201]

    def test_a_function_knows_the_request(self, backend: TinyBackend) -> None:
        def third_create(method: str, path: str, number: int) -> Fault | None:
            return Gateway(503) if (method, path, number) == ("POST", CREATE, 2) else None

        with FaultServer(backend, third_create) as fault_server:
            calls = ["POST", "GET", "POST", "GET", "GET", "POST", "POST"]
            statuses = [call(fault_server, method).status_code for method in calls]
        assert statuses == [201, 200, 201, 200, 200, 503, 201]

    def test_a_seed_gives_the_same_faults_in_any_order(self) -> None:
        def fates(schedule: RandomFaults, operations: list[str]) -> dict[str, list[Fault | None]]:
            return {
                name: [schedule.for_request(name, "POST", "/", number) for number in range(200)]
                for name in operations
            }

        first = fates(RandomFaults(1), ["a", "b"])
        assert first == fates(RandomFaults(1), ["b", "a"])
        assert first != fates(RandomFaults(2), ["a", "b"])
        assert first["a"] != first["b"]

    def test_the_rate_is_kept_and_every_kind_comes(self) -> None:
        schedule = RandomFaults(3, rate=0.25)
        fates = [schedule.for_request("a", "POST", "/", number) for number in range(8000)]
        met = {fate for fate in fates if fate is not None}
        assert 0.22 < sum(fate is not None for fate in fates) / 8000 < 0.28
        assert met | {ResetAtAccept()} == set(usual_mix())
        assert any(schedule.for_connection() for _ in range(2000))

    @pytest.mark.parametrize("rate, faults", [(0.0, 0), (1.0, 100)])
    def test_never_and_always(self, rate: float, faults: int) -> None:
        schedule = RandomFaults(3, {Gateway(502): 1.0}, rate=rate)
        fates = [schedule.for_request("a", "POST", "/", number) for number in range(100)]
        assert sum(fate is not None for fate in fates) == faults


class TestCounting:
    def test_the_most_that_were_in_flight(self) -> None:
        together = threading.Barrier(3, timeout=5)
        backend = TinyBackend(lambda request: request.method == "POST" and together.wait())
        with FaultServer(backend) as fault_server, ThreadPoolExecutor(3) as pool:
            paths = [CREATE, CREATE, "/mcp/tools/memory_store"] * 2
            assert [
                each.status_code
                for each in pool.map(lambda path: call(fault_server, path=path), paths)
            ] == [201] * 6
            call(fault_server, "GET", "/health")
            assert (
                fault_server.peak("create_conversation"),
                fault_server.peak("memory_store"),
            ) == (2, 1)
            assert fault_server.peak("creates") == fault_server.peak_in_backend("creates") == 3
            assert fault_server.peak("get_health") == 1 and fault_server.peak() == 3

    @pytest.mark.parametrize("fault", [None, Stall(False), Drop(True), Trickle(0.0)])
    def test_one_after_the_other_is_never_two_at_once(
        self, fault_server: FaultServer, fault: Fault | None
    ) -> None:
        def arrived(requests: int) -> bool:
            return len(fault_server.arrivals) == requests

        for number in range(30):
            fault_server.script(fault)
            with ask(fault_server) as connection:
                if isinstance(fault, Stall):
                    fault_server.wait_for(partial(arrived, number + 1))
                elif isinstance(fault, Drop):
                    with pytest.raises(ConnectionResetError):
                        connection.recv(1)
                else:
                    received = b""
                    while not received.endswith(b"}}"):
                        received += connection.recv(1 << 16)
        assert len(fault_server.arrivals) == 30 and fault_server.peak() == 1

    def test_the_most_in_any_stretch_of_time(self, fault_server: FaultServer) -> None:
        for _ in range(5):
            call(fault_server)
        for arrival, at in zip(fault_server.arrivals, [0.0, 50.0, 59.9, 60.0, 110.0], strict=True):
            arrival.at = at
        assert fault_server.most_within(60.0) == 3
        assert fault_server.most_within(61.0, "create_conversation") == 4
        assert fault_server.most_within(60.0, "get_health") == 0

    def test_waiting_in_vain_is_an_error(self, fault_server: FaultServer) -> None:
        with pytest.raises(TimeoutError):
            fault_server.wait_for(lambda: False, seconds=0.01)

    async def test_waiting_leaves_the_loop_free(self, fault_server: FaultServer) -> None:
        waiting = asyncio.create_task(
            fault_server.wait_for_async(lambda: bool(fault_server.arrivals))
        )
        async with httpx.AsyncClient(
            base_url=fault_server.base_url, trust_env=False, verify=False
        ) as client:
            await client.get("/x")
        await waiting


class TestItsOwnEnd:
    def test_leaves_nothing_behind(self) -> None:
        gc.collect()
        threads, files = set(threading.enumerate()), len(os.listdir("/proc/self/fd"))
        held = threading.Event()
        backend = TinyBackend(lambda request: request.method == "GET" and held.wait(5))
        fault_server = FaultServer(backend, [Stall(False), StallInside(), CarriedOutLate(FOREVER)])
        with fault_server:
            clients = [
                ask(fault_server),
                ask(fault_server),
                ask(fault_server),
                connect(fault_server),
            ]
            clients.append(connect(fault_server))
            fault_server.wait_for(lambda: len(fault_server.arrivals) == 3)
            clients[-1].sendall(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
            fault_server.wait_for(lambda: fault_server.peak_in_backend("GET /") == 1)
            fault_server.script(Refuse(FOREVER))
            held.set()
        for client in clients:
            with client, pytest.raises(ConnectionResetError):
                read_to_end(client)
        with pytest.raises(ConnectionRefusedError):
            connect(fault_server)
        fault_server.close()
        assert set(threading.enumerate()) <= threads
        gc.collect()
        assert len(os.listdir("/proc/self/fd")) <= files

    def test_ends_while_it_refuses(self) -> None:
        with FaultServer(TinyBackend()) as fault_server:
            fault_server.refuse()
        with FaultServer(TinyBackend(), [Refuse(FOREVER)]) as fault_server:
            with pytest.raises(httpx.TransportError):
                call(fault_server)

    def test_an_error_of_the_backend_is_not_lost(self) -> None:
        def broken(request: object) -> None:
            raise LookupError("a defect of the backend")

        with pytest.raises(ExceptionGroup) as caught:
            with FaultServer(TinyBackend(broken)) as fault_server:
                with pytest.raises(httpx.ReadError):
                    call(fault_server)
        assert caught.group_contains(LookupError, match="a defect")
