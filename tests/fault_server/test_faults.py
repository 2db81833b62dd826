"""Every fault does what it says, on the wire: with bare sockets and httpx."""

from __future__ import annotations

import json
import time
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime

import httpx
import pytest

from support.faults import (
    UNASKED,
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
from support.faults.asking import (
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
from support.faults.backend import TinyBackend


class TestBrokenConnections:
    def test_reset_at_accept_comes_before_anything_is_sent(self, bench: FaultServer) -> None:
        bench.script(ResetAtAccept())
        with pytest.raises(ConnectionResetError), connect(bench) as connection:
            connection.recv(1)
        assert bench.arrivals == [] and bench.connections == 1
        assert call(bench).status_code == 201

    def test_refused_until_the_time_is_up(self, bench: FaultServer) -> None:
        idle = connect(bench)
        bench.wait_for(lambda: bench.connections == 1)
        bench.script(Refuse(seconds=0.3))
        with ask(bench) as connection, pytest.raises(ConnectionResetError):
            connection.recv(1)
        with pytest.raises(ConnectionRefusedError):
            connect(bench)
        with idle, pytest.raises(ConnectionResetError):
            idle.recv(1)
        bench.settle()
        assert call(bench).status_code == 201
        assert [each.carried_out for each in bench.arrivals] == [False, True]

    def test_refused_until_told_to_accept(self, bench: FaultServer) -> None:
        bench.refuse()
        with pytest.raises(httpx.ConnectError):
            call(bench)
        bench.accept()
        assert call(bench).status_code == 201

    @pytest.mark.parametrize("reset", [True, False])
    @pytest.mark.parametrize("done", [None, False, True], ids=["unread", "before", "after"])
    def test_dropped_without_an_answer(
        self, bench: FaultServer, backend: TinyBackend, done: bool | None, reset: bool
    ) -> None:
        bench.script(DropUnread(reset) if done is None else Drop(done, reset))
        with ask(bench) as connection:
            if reset:
                with pytest.raises(ConnectionResetError):
                    connection.recv(1)
            else:
                assert connection.recv(1) == b""
        (arrival,) = bench.arrivals
        assert arrival.carried_out == bool(done) == bool(backend.stored)
        assert arrival.content == (b"" if done is None else BODY)
        assert arrival.status is None

    def test_a_kept_connection_is_closed_just_as_the_next_request_comes(
        self, bench: FaultServer
    ) -> None:
        bench.script(None, DropUnread(reset=False))
        with httpx_client(bench) as client:
            assert client.get("/one").status_code == 200
            with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
                client.get("/two")
            assert client.get("/three").status_code == 200
        assert bench.connections == 2

    def test_a_connection_that_seems_kept_is_closed(self, bench: FaultServer) -> None:
        bench.script(CloseAfter())
        with ask(bench) as connection:
            headers, body = split(read_to_end(connection))
        assert "connection" not in headers and len(body) == int(headers["content-length"])

    def test_carried_out_late(self, bench: FaultServer, backend: TinyBackend) -> None:
        bench.script(CarriedOutLate(0.1))
        with ask(bench) as connection, pytest.raises(ConnectionResetError):
            connection.recv(1)
        assert backend.stored == []
        bench.settle()
        assert len(backend.stored) == 1 and bench.arrivals[0].carried_out


class TestCutAnswers:
    @pytest.mark.parametrize("reset", [True, False])
    def test_half_the_body_that_was_promised(self, bench: FaultServer, reset: bool) -> None:
        bench.script(CutShort(reset=reset))
        with ask(bench) as connection:
            received = read_to_reset(connection) if reset else read_to_end(connection)
        headers, body = split(received)
        assert 0 < len(body) == int(headers["content-length"]) // 2
        assert bench.arrivals[0].carried_out

    def test_chunks_without_an_end(self, bench: FaultServer) -> None:
        bench.script(CutShort(chunked=True))
        with ask(bench) as connection:
            headers, body = split(read_to_end(connection))
        assert headers["transfer-encoding"] == "chunked"
        size, _, rest = body.partition(b"\r\n")
        assert len(rest) == int(size, 16) + 2 and not body.endswith(b"0\r\n\r\n")

    def test_half_a_head(self, bench: FaultServer) -> None:
        bench.script(CutShort(inside="head"))
        with ask(bench) as connection:
            received = read_to_end(connection)
        assert received.startswith(b"HTTP/1.1 201") and b"\r\n\r\n" not in received

    @pytest.mark.parametrize("fault", [CutShort(), CutShort(reset=True), CutShort(chunked=True)])
    def test_httpx_takes_none_of_them_for_whole(self, bench: FaultServer, fault: Fault) -> None:
        bench.script(fault)
        with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
            call(bench)

    def test_another_protocol(self, bench: FaultServer) -> None:
        bench.script(NotHttp(), NotHttp())
        with ask(bench) as connection:
            assert read_to_end(connection).startswith(b"SSH-2.0")
        with pytest.raises(httpx.RemoteProtocolError):
            call(bench)


class TestSlowness:
    @pytest.mark.parametrize("done", [False, True])
    def test_stalled(self, bench: FaultServer, done: bool) -> None:
        bench.script(Stall(done))
        with ask(bench) as connection:
            bench.wait_for(lambda: bool(bench.arrivals and bench.arrivals[0].content))
            if done:
                bench.wait_for(lambda: bench.arrivals[0].carried_out)
            assert_silent(connection)
            assert bench.in_flight() == 1
        bench.settle()
        assert bench.in_flight() == 0 and bench.arrivals[0].carried_out == done

    def test_stalled_inside_the_body(self, bench: FaultServer) -> None:
        bench.script(StallInside())
        with ask(bench) as connection:
            headers, body = split(read_to_silence(connection))
        assert len(body) == int(headers["content-length"]) // 2

    def test_stalled_inside_the_head(self, bench: FaultServer) -> None:
        bench.script(StallInside(inside="head"))
        with ask(bench) as connection:
            received = read_to_silence(connection)
        assert received.startswith(b"HTTP/1.1 201") and b"\r\n\r\n" not in received

    @pytest.mark.parametrize("before", [True, False])
    def test_delayed(self, bench: FaultServer, before: bool) -> None:
        bench.script(Delay(0.1, before))
        began = time.monotonic()
        assert call(bench).status_code == 201
        assert time.monotonic() - began >= 0.1

    def test_delayed_after_it_was_carried_out(self, bench: FaultServer) -> None:
        bench.script(Delay(FOREVER))
        with ask(bench) as connection:
            bench.wait_for(lambda: len(bench.carried_out()) == 1)
            assert_silent(connection)
        bench.settle()

    def test_delayed_and_left_undone(self, bench: FaultServer) -> None:
        bench.script(Delay(FOREVER, before=True))
        with ask(bench):
            bench.wait_for(lambda: bench.in_flight() == 1)
        bench.settle()
        assert bench.carried_out() == []

    def test_one_byte_at_a_time(self, bench: FaultServer) -> None:
        bench.script(Trickle(FOREVER))
        with ask(bench) as connection:
            assert connection.recv(1 << 16) == b"H"
            assert_silent(connection)
        bench.settle()

    def test_one_byte_of_the_body_at_a_time(self, bench: FaultServer) -> None:
        bench.script(Trickle(FOREVER, inside="body"))
        with ask(bench) as connection:
            received = connection.recv(1 << 16)
            while not received.endswith(b"\r\n\r\n{"):
                received += connection.recv(1 << 16)
            assert_silent(connection)
        bench.settle()

    @pytest.mark.parametrize("inside", ["head", "body"])
    def test_in_the_end_it_is_all_there(self, bench: FaultServer, inside: str) -> None:
        bench.script(Trickle(0.0, "head" if inside == "head" else "body"))
        assert call(bench).json()["got"] == json.loads(BODY)


class TestWrongAnswers:
    @pytest.mark.parametrize("status", [500, 502, 503, 504, 520])
    @pytest.mark.parametrize("done", [False, True])
    def test_a_gateways_page(self, bench: FaultServer, status: int, done: bool) -> None:
        bench.script(Gateway(status, carried_out=done))
        answer = call(bench)
        assert answer.status_code == status == bench.arrivals[0].status
        assert answer.headers["content-type"].startswith("text/html") and "<h1>" in answer.text
        assert bench.arrivals[0].carried_out == done

    @pytest.mark.parametrize("status", [500, 502])
    def test_an_empty_body(self, bench: FaultServer, status: int) -> None:
        bench.script(Gateway(status, "empty"))
        answer = call(bench)
        assert (answer.status_code, answer.content) == (status, b"")
        assert "content-type" not in answer.headers

    @pytest.mark.parametrize("status", [429, 503, 504])
    def test_text_with_and_without_a_time_to_wait(self, bench: FaultServer, status: int) -> None:
        bench.script(
            Gateway(status, "text"),
            Gateway(status, "text", retry_after=7),
            Gateway(status, "text", retry_after=7, as_date=True),
        )
        plain, seconds, date = (call(bench) for _ in range(3))
        for answer in (plain, seconds, date):
            assert answer.status_code == status
            assert answer.headers["content-type"].startswith("text/plain")
        assert "retry-after" not in plain.headers
        assert seconds.headers["retry-after"] == "7"
        asked = parsedate_to_datetime(date.headers["retry-after"]) - datetime.now(timezone.utc)
        assert 0 < asked.total_seconds() <= 8

    def test_throttled_is_429_and_not_carried_out(self, bench: FaultServer) -> None:
        bench.script(throttled(3))
        answer = call(bench)
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "3")
        assert bench.carried_out() == []

    @pytest.mark.parametrize("done", [False, True])
    def test_broken_json(self, bench: FaultServer, done: bool) -> None:
        bench.script(BrokenJson(done))
        answer = call(bench)
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/json"
        with pytest.raises(ValueError):
            answer.json()
        assert bench.arrivals[0].carried_out == done

    @pytest.mark.parametrize("done", [False, True])
    def test_wrong_content_type(self, bench: FaultServer, done: bool) -> None:
        bench.script(WrongContentType(done))
        answer = call(bench)
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/html")
        assert ("Sign in" in answer.text) != done == ('"got"' in answer.text)

    @pytest.mark.parametrize("answered", [True, False])
    def test_stored_in_part(self, bench: FaultServer, backend: TinyBackend, answered: bool) -> None:
        bench.script(StoredInPart(2, answered))
        if answered:
            assert call(bench).status_code == 500
        else:
            with pytest.raises(httpx.ReadError):
                call(bench)
        assert backend.stored == [{"messages": ["a", "b"]}]

    @pytest.mark.parametrize("status, method", [(302, "GET"), (307, "POST")])
    def test_redirected_to_another_host_which_records_what_it_gets(
        self, bench: FaultServer, status: int, method: str
    ) -> None:
        with FaultServer(TinyBackend()) as elsewhere:
            bench.script(Redirect(elsewhere.base_url, status))
            with httpx_client(bench, follow_redirects=True) as client:
                client.post(CREATE, content=BODY, headers={"x-mark": "1"})
            (arrival,) = elsewhere.arrivals
            assert (arrival.method, arrival.path) == (method, CREATE)
            assert arrival.headers["x-mark"] == "1"
        assert bench.carried_out() == [] and bench.arrivals[0].status == status


class TestAnswersOutOfTurn:
    @pytest.mark.parametrize("in_pieces", [False, True])
    def test_interim_answers_come_before_the_right_one(
        self, bench: FaultServer, in_pieces: bool
    ) -> None:
        bench.script(Interim((103, 100, 102), in_pieces=in_pieces))
        with ask(bench) as asking:
            heads = read_to_silence(asking).split(b"HTTP/1.1 ")[1:]
        assert [each[:3] for each in heads] == [b"103", b"100", b"102", b"201"]
        assert call(bench).status_code == 201

    @pytest.mark.parametrize("what", UNASKED)
    @pytest.mark.parametrize("seconds", [0.0, 0.05])
    def test_what_nobody_asked_for_comes_behind_the_answer(
        self, bench: FaultServer, what: str, seconds: float
    ) -> None:
        bench.script(Unasked(what, seconds))
        with ask(bench) as asking:
            received = read_to_silence(asking)
        assert received.startswith(b"HTTP/1.1 201") and received.endswith(UNASKED[what])

    def test_a_later_one_does_not_come_instead_of_the_next_answer(self, bench: FaultServer) -> None:
        bench.script(Unasked("answer", 0.5))
        with ask(bench) as asking:
            received = asking.recv(1 << 16)
            asking.sendall(REQUEST)
            asking.settimeout(5)
            while received.count(b"HTTP/1.1") < 2:
                received += asking.recv(1 << 16)
        assert [each[:3] for each in received.split(b"HTTP/1.1 ")[1:]] == [b"201", b"201"]

    def test_the_answer_of_another_request(self, bench: FaultServer) -> None:
        bench.script(None, OtherAnswer(), OtherAnswer())
        numbers = [call(bench).json()["id"] for _ in range(4)]
        assert numbers == [1, 1, 2, 4]
