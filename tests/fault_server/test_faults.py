"""Every fault does what it says, on the wire: with bare sockets and httpx."""

from __future__ import annotations

import json
import time
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime

import httpx
import pytest

from sekha.testing import (
    BrokenJson,
    CarriedOutLate,
    CloseAfter,
    CutShort,
    Delay,
    Drop,
    DropUnread,
    Fault,
    FaultServer,
    Gateway,
    Interim,
    NotHttp,
    OtherAnswer,
    Redirect,
    Refuse,
    ResetAtAccept,
    Stall,
    StallInside,
    StoredInPart,
    Trickle,
    Unasked,
    WrongContentType,
    throttled,
)
from sekha.testing.faults import UNASKED
from support.bare_requests import (
    BODY,
    CREATE,
    FOREVER,
    REQUEST,
    ask,
    assert_silent,
    call,
    connect,
    httpx_client,
    read_to_end,
    read_to_reset,
    read_to_silence,
    split,
)
from support.tiny_backend import TinyBackend


class TestBrokenConnections:
    def test_reset_at_accept_comes_before_anything_is_sent(self, fault_server: FaultServer) -> None:
        fault_server.script(ResetAtAccept())
        with pytest.raises(ConnectionResetError), connect(fault_server) as connection:
            connection.recv(1)
        assert fault_server.arrivals == [] and fault_server.connections == 1
        assert call(fault_server).status_code == 201

    def test_refused_until_the_time_is_up(self, fault_server: FaultServer) -> None:
        idle = connect(fault_server)
        fault_server.wait_for(lambda: fault_server.connections == 1)
        fault_server.script(Refuse(seconds=0.3))
        with ask(fault_server) as connection, pytest.raises(ConnectionResetError):
            connection.recv(1)
        with pytest.raises(ConnectionRefusedError):
            connect(fault_server)
        with idle, pytest.raises(ConnectionResetError):
            idle.recv(1)
        fault_server.settle()
        assert call(fault_server).status_code == 201
        assert [each.carried_out for each in fault_server.arrivals] == [False, True]

    def test_refused_until_told_to_accept(self, fault_server: FaultServer) -> None:
        fault_server.refuse()
        with pytest.raises(httpx.ConnectError):
            call(fault_server)
        fault_server.accept()
        assert call(fault_server).status_code == 201

    @pytest.mark.parametrize("reset", [True, False])
    @pytest.mark.parametrize("done", [None, False, True], ids=["unread", "before", "after"])
    def test_dropped_without_an_answer(
        self, fault_server: FaultServer, backend: TinyBackend, done: bool | None, reset: bool
    ) -> None:
        fault_server.script(DropUnread(reset) if done is None else Drop(done, reset))
        with ask(fault_server) as connection:
            if reset:
                with pytest.raises(ConnectionResetError):
                    connection.recv(1)
            else:
                assert connection.recv(1) == b""
        (arrival,) = fault_server.arrivals
        assert arrival.carried_out == bool(done) == bool(backend.stored)
        assert arrival.content == (b"" if done is None else BODY)
        assert arrival.status is None

    def test_a_kept_connection_is_closed_just_as_the_next_request_comes(
        self, fault_server: FaultServer
    ) -> None:
        fault_server.script(None, DropUnread(reset=False))
        with httpx_client(fault_server) as client:
            assert client.get("/one").status_code == 200
            with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
                client.get("/two")
            assert client.get("/three").status_code == 200
        assert fault_server.connections == 2

    def test_a_connection_that_seems_kept_is_closed(self, fault_server: FaultServer) -> None:
        fault_server.script(CloseAfter())
        with ask(fault_server) as connection:
            headers, body = split(read_to_end(connection))
        assert "connection" not in headers and len(body) == int(headers["content-length"])

    def test_carried_out_late(self, fault_server: FaultServer, backend: TinyBackend) -> None:
        fault_server.script(CarriedOutLate(0.1))
        with ask(fault_server) as connection, pytest.raises(ConnectionResetError):
            connection.recv(1)
        assert backend.stored == []
        fault_server.settle()
        assert len(backend.stored) == 1 and fault_server.arrivals[0].carried_out


class TestCutAnswers:
    @pytest.mark.parametrize("reset", [True, False])
    def test_half_the_body_that_was_promised(self, fault_server: FaultServer, reset: bool) -> None:
        fault_server.script(CutShort(reset=reset))
        with ask(fault_server) as connection:
            received = read_to_reset(connection) if reset else read_to_end(connection)
        headers, body = split(received)
        assert 0 < len(body) == int(headers["content-length"]) // 2
        assert fault_server.arrivals[0].carried_out

    def test_chunks_without_an_end(self, fault_server: FaultServer) -> None:
        fault_server.script(CutShort(chunked=True))
        with ask(fault_server) as connection:
            headers, body = split(read_to_end(connection))
        assert headers["transfer-encoding"] == "chunked"
        size, _, rest = body.partition(b"\r\n")
        assert len(rest) == int(size, 16) + 2 and not body.endswith(b"0\r\n\r\n")

    def test_half_a_head(self, fault_server: FaultServer) -> None:
        fault_server.script(CutShort(inside="head"))
        with ask(fault_server) as connection:
            received = read_to_end(connection)
        assert received.startswith(b"HTTP/1.1 201") and b"\r\n\r\n" not in received

    @pytest.mark.parametrize("fault", [CutShort(), CutShort(reset=True), CutShort(chunked=True)])
    def test_httpx_takes_none_of_them_for_whole(
        self, fault_server: FaultServer, fault: Fault
    ) -> None:
        fault_server.script(fault)
        with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
            call(fault_server)

    def test_another_protocol(self, fault_server: FaultServer) -> None:
        fault_server.script(NotHttp(), NotHttp())
        with ask(fault_server) as connection:
            assert read_to_end(connection).startswith(b"SSH-2.0")
        with pytest.raises(httpx.RemoteProtocolError):
            call(fault_server)


class TestSlowness:
    @pytest.mark.parametrize("done", [False, True])
    def test_stalled(self, fault_server: FaultServer, done: bool) -> None:
        fault_server.script(Stall(done))
        with ask(fault_server) as connection:
            fault_server.wait_for(
                lambda: bool(fault_server.arrivals and fault_server.arrivals[0].content)
            )
            if done:
                fault_server.wait_for(lambda: fault_server.arrivals[0].carried_out)
            assert_silent(connection)
            assert fault_server.in_flight() == 1
        fault_server.settle()
        assert fault_server.in_flight() == 0 and fault_server.arrivals[0].carried_out == done

    def test_stalled_inside_the_body(self, fault_server: FaultServer) -> None:
        fault_server.script(StallInside())
        with ask(fault_server) as connection:
            headers, body = split(read_to_silence(connection))
        assert len(body) == int(headers["content-length"]) // 2

    def test_stalled_inside_the_head(self, fault_server: FaultServer) -> None:
        fault_server.script(StallInside(inside="head"))
        with ask(fault_server) as connection:
            received = read_to_silence(connection)
        assert received.startswith(b"HTTP/1.1 201") and b"\r\n\r\n" not in received

    @pytest.mark.parametrize("before", [True, False])
    def test_delayed(self, fault_server: FaultServer, before: bool) -> None:
        fault_server.script(Delay(0.1, before))
        began = time.monotonic()
        assert call(fault_server).status_code == 201
        assert time.monotonic() - began >= 0.1

    def test_delayed_after_it_was_carried_out(self, fault_server: FaultServer) -> None:
        fault_server.script(Delay(FOREVER))
        with ask(fault_server) as connection:
            fault_server.wait_for(lambda: len(fault_server.carried_out()) == 1)
            assert_silent(connection)
        fault_server.settle()

    def test_delayed_and_left_undone(self, fault_server: FaultServer) -> None:
        fault_server.script(Delay(FOREVER, before=True))
        with ask(fault_server):
            fault_server.wait_for(lambda: fault_server.in_flight() == 1)
        fault_server.settle()
        assert fault_server.carried_out() == []

    def test_one_byte_at_a_time(self, fault_server: FaultServer) -> None:
        fault_server.script(Trickle(FOREVER))
        with ask(fault_server) as connection:
            assert connection.recv(1 << 16) == b"H"
            assert_silent(connection)
        fault_server.settle()

    def test_one_byte_of_the_body_at_a_time(self, fault_server: FaultServer) -> None:
        fault_server.script(Trickle(FOREVER, inside="body"))
        with ask(fault_server) as connection:
            received = connection.recv(1 << 16)
            while not received.endswith(b"\r\n\r\n{"):
                received += connection.recv(1 << 16)
            assert_silent(connection)
        fault_server.settle()

    @pytest.mark.parametrize("inside", ["head", "body"])
    def test_in_the_end_it_is_all_there(self, fault_server: FaultServer, inside: str) -> None:
        fault_server.script(Trickle(0.0, "head" if inside == "head" else "body"))
        assert call(fault_server).json()["got"] == json.loads(BODY)


class TestWrongAnswers:
    @pytest.mark.parametrize("status", [500, 502, 503, 504, 520])
    @pytest.mark.parametrize("done", [False, True])
    def test_a_gateways_page(self, fault_server: FaultServer, status: int, done: bool) -> None:
        fault_server.script(Gateway(status, carried_out=done))
        answer = call(fault_server)
        assert answer.status_code == status == fault_server.arrivals[0].status
        assert answer.headers["content-type"].startswith("text/html") and "<h1>" in answer.text
        assert fault_server.arrivals[0].carried_out == done

    @pytest.mark.parametrize("status", [500, 502])
    def test_an_empty_body(self, fault_server: FaultServer, status: int) -> None:
        fault_server.script(Gateway(status, "empty"))
        answer = call(fault_server)
        assert (answer.status_code, answer.content) == (status, b"")
        assert "content-type" not in answer.headers

    @pytest.mark.parametrize("status", [429, 503, 504])
    def test_text_with_and_without_a_time_to_wait(
        self, fault_server: FaultServer, status: int
    ) -> None:
        fault_server.script(
            Gateway(status, "text"),
            Gateway(status, "text", retry_after=7),
            Gateway(status, "text", retry_after=7, as_date=True),
        )
        plain, seconds, date = (call(fault_server) for _ in range(3))
        for answer in (plain, seconds, date):
            assert answer.status_code == status
            assert answer.headers["content-type"].startswith("text/plain")
        assert "retry-after" not in plain.headers
        assert seconds.headers["retry-after"] == "7"
        asked = parsedate_to_datetime(date.headers["retry-after"]) - datetime.now(timezone.utc)
        assert 0 < asked.total_seconds() <= 8

    def test_throttled_is_429_and_not_carried_out(self, fault_server: FaultServer) -> None:
        fault_server.script(throttled(3))
        answer = call(fault_server)
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "3")
        assert fault_server.carried_out() == []

    @pytest.mark.parametrize("done", [False, True])
    def test_broken_json(self, fault_server: FaultServer, done: bool) -> None:
        fault_server.script(BrokenJson(done))
        answer = call(fault_server)
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/json"
        with pytest.raises(ValueError):
            answer.json()
        assert fault_server.arrivals[0].carried_out == done

    @pytest.mark.parametrize("done", [False, True])
    def test_wrong_content_type(self, fault_server: FaultServer, done: bool) -> None:
        fault_server.script(WrongContentType(done))
        answer = call(fault_server)
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/html")
        assert ("Sign in" in answer.text) != done == ('"got"' in answer.text)

    @pytest.mark.parametrize("answered", [True, False])
    def test_stored_in_part(
        self, fault_server: FaultServer, backend: TinyBackend, answered: bool
    ) -> None:
        fault_server.script(StoredInPart(2, answered))
        if answered:
            assert call(fault_server).status_code == 500
        else:
            with pytest.raises(httpx.ReadError):
                call(fault_server)
        assert backend.stored == [{"messages": ["a", "b"]}]

    @pytest.mark.parametrize("status, method", [(302, "GET"), (307, "POST")])
    def test_redirected_to_another_host_which_records_what_it_gets(
        self, fault_server: FaultServer, status: int, method: str
    ) -> None:
        with FaultServer(TinyBackend()) as elsewhere:
            fault_server.script(Redirect(elsewhere.base_url, status))
            with httpx_client(fault_server, follow_redirects=True) as client:
                client.post(CREATE, content=BODY, headers={"x-mark": "1"})
            (arrival,) = elsewhere.arrivals
            assert (arrival.method, arrival.path) == (method, CREATE)
            assert arrival.headers["x-mark"] == "1"
        assert fault_server.carried_out() == [] and fault_server.arrivals[0].status == status


class TestAnswersOutOfTurn:
    @pytest.mark.parametrize("in_pieces", [False, True])
    def test_interim_answers_come_before_the_right_one(
        self, fault_server: FaultServer, in_pieces: bool
    ) -> None:
        fault_server.script(Interim((103, 100, 102), in_pieces=in_pieces))
        with ask(fault_server) as asking:
            heads = read_to_silence(asking).split(b"HTTP/1.1 ")[1:]
        assert [each[:3] for each in heads] == [b"103", b"100", b"102", b"201"]
        assert call(fault_server).status_code == 201

    @pytest.mark.parametrize("what", UNASKED)
    @pytest.mark.parametrize("seconds", [0.0, 0.05])
    def test_what_nobody_asked_for_comes_behind_the_answer(
        self, fault_server: FaultServer, what: str, seconds: float
    ) -> None:
        fault_server.script(Unasked(what, seconds))
        with ask(fault_server) as asking:
            received = read_to_silence(asking)
        assert received.startswith(b"HTTP/1.1 201") and received.endswith(UNASKED[what])

    def test_a_later_one_does_not_come_instead_of_the_next_answer(
        self, fault_server: FaultServer
    ) -> None:
        fault_server.script(Unasked("answer", 0.5))
        with ask(fault_server) as asking:
            received = asking.recv(1 << 16)
            asking.sendall(REQUEST)
            asking.settimeout(5)
            while received.count(b"HTTP/1.1") < 2:
                received += asking.recv(1 << 16)
        assert [each[:3] for each in received.split(b"HTTP/1.1 ")[1:]] == [b"201", b"201"]

    def test_the_answer_of_another_request(self, fault_server: FaultServer) -> None:
        fault_server.script(None, OtherAnswer(), OtherAnswer())
        numbers = [call(fault_server).json()["id"] for _ in range(4)]
        assert numbers == [1, 1, 2, 4]
