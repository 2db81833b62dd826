"""Whatever bytes come: a right answer or an error of this package's, and the next call is right."""

from __future__ import annotations

import gzip
import random
import tracemalloc
import zlib

import pytest

from sekha import SekhaClient, SekhaConnectionError, SekhaError
from sekha._transport import backend
from sekha.testing import FaultServer, RawAnswer
from sekha_api.types import RawResponse, Request
from support.served import once_only

BODY = b'{"count": 7}'
OK = b"HTTP/1.1 200 OK\r\n"
LENGTH = b"content-length: 12\r\n\r\n"
CHUNKED = OK + b"transfer-encoding: chunked\r\n\r\n"


def coded(coding: bytes, content: bytes) -> bytes:
    head = b"content-encoding: %s\r\ncontent-length: %d\r\n\r\n" % (coding, len(content))
    return OK + head + content


RIGHT: dict[str, bytes] = {
    "no reason": b"HTTP/1.1 200\r\n" + LENGTH + BODY,
    "bytes in a header": OK + b"x: \xff\xfe\r\n" + LENGTH + BODY,
    "bytes in a cookie": OK + b"set-cookie: \xff=\xff;\r\n" + LENGTH + BODY,
    "bytes in a date": OK + b"date: \xff\r\nretry-after: \xff\r\n" + LENGTH + BODY,
    "until the end": OK + b"\r\n" + BODY,
    "chunked": CHUNKED + b"c;a=b\r\n" + BODY + b"\r\n0\r\n\r\n",
    "trailers": CHUNKED + b"c\r\n" + BODY + b"\r\n0\r\nx: y\r\n\r\n",
    "gzip": coded(b"gzip", gzip.compress(BODY)),
    "deflate": coded(b"deflate", zlib.compress(BODY)),
    "deflate without its header": coded(b"deflate", zlib.compress(BODY)[2:-4]),
    "gzip twice": coded(b"gzip, gzip", gzip.compress(gzip.compress(BODY))),
    "an unknown charset": OK + b"content-type: text/x; charset=none\r\n" + LENGTH + BODY,
    "interim answers of all kinds": b"HTTP/1.1 100\r\n\r\nHTTP/1.1 199 x\r\na: b\r\n\r\n"
    + OK
    + LENGTH
    + BODY,
}

WRONG: dict[str, bytes] = {
    "nothing": b"",
    "half a status line": b"HTTP/1",
    "no head": BODY,
    "another version": b"HTTP/2 200 OK\r\n" + LENGTH + BODY,
    "TLS": b"\x16\x03\x01\x02\x00\x01" + b"\0" * 50,
    "status 0": b"HTTP/1.1 000 X\r\ncontent-length: 0\r\n\r\n",
    "status 1000": b"HTTP/1.1 1000 X\r\ncontent-length: 0\r\n\r\n",
    "status -20": b"HTTP/1.1 -20 X\r\n\r\n",
    "status of other digits": "HTTP/1.1 ２００ X\r\n\r\n".encode(),
    "another protocol": b"HTTP/1.1 101 X\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n"
    + OK
    + LENGTH,
    "a huge header": OK + b"x: " + b"a" * 300_000 + b"\r\n" + LENGTH + BODY,
    "two lengths": OK + b"content-length: 5\r\n" + LENGTH + BODY,
    "a length below zero": OK + b"content-length: -1\r\n\r\n",
    "a length that is none": OK + b"content-length: abc\r\n\r\n",
    "a length beyond all numbers": OK + b"content-length: " + b"9" * 5000 + b"\r\n\r\n" + BODY,
    "a chunk that is none": CHUNKED + b"zz\r\n" + BODY,
    "a chunk below zero": CHUNKED + b"-5\r\n" + BODY,
    "a chunk beyond all numbers": CHUNKED + b"f" * 5000 + b"\r\n",
    "a chunk that is too short": CHUNKED + b"ff\r\n" + BODY + b"\r\n0\r\n\r\n",
    "a list of lengths": OK + b"content-length: 12, 13\r\n\r\n" + BODY,
    "no gzip": coded(b"gzip", BODY),
    "a gzip without its end": coded(b"gzip", gzip.compress(BODY)[:-5]),
    "a long chain of codings": coded(b", ".join([b"gzip"] * 100), BODY),
    "half of a gzip": coded(b"gzip", gzip.compress(BODY)[:-14]),
    "204 with a body": b"HTTP/1.1 204 No\r\n" + LENGTH + BODY,
    "a redirect to nowhere": b"HTTP/1.1 302 X\r\nlocation: http://\xff:99999/\r\n" + LENGTH + BODY,
    "a key asked for in bytes": b"HTTP/1.1 401 X\r\nwww-authenticate: \xff\r\n" + LENGTH + BODY,
}

FOREVER: dict[str, RawAnswer] = {
    "a header without end": RawAnswer(b"a" * (1 << 16), 20_000),
    "a body without end": RawAnswer(OK + b"\r\n" + b" " * (1 << 16), 20_000),
    "interim answers without end": RawAnswer(b"HTTP/1.1 103 X\r\n\r\n" * 4096, 20_000),
}


def count(request: Request) -> RawResponse:
    return RawResponse(200, {"content-type": "application/json"}, BODY)


async def again(client: SekhaClient) -> int:
    """A call after one whose connection the fault server is just closing."""
    return await client.options(max_retries=3).count()


@pytest.mark.parametrize("name", RIGHT)
async def test_an_odd_answer_is_one(name: str) -> None:
    with FaultServer(count, [RawAnswer(RIGHT[name])]) as fault_server:
        async with SekhaClient(once_only(fault_server)) as client:
            assert await client.count() == 7
            assert await again(client) == 7


@pytest.mark.parametrize("name", WRONG)
async def test_a_wrong_answer_is_an_error_and_the_next_is_right(name: str) -> None:
    with FaultServer(count, [RawAnswer(WRONG[name])]) as fault_server:
        async with SekhaClient(once_only(fault_server)) as client:
            with pytest.raises(SekhaError):
                await client.count()
            assert await again(client) == 7
        fault_server.wait_for(lambda: fault_server.open_connections == 0)


@pytest.mark.parametrize("name", FOREVER)
async def test_what_never_ends_fills_no_memory(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (backend, *_modules_with_a_limit()):
        monkeypatch.setattr(module, "MAX_ANSWER", 1 << 20)
    with FaultServer(count, [FOREVER[name]]) as fault_server:
        async with SekhaClient(once_only(fault_server)) as client:
            with pytest.raises(SekhaConnectionError) as caught:
                await client.count()
            if "body" in name:
                assert "more than 1 MiB" in str(caught.value)
            assert await again(client) == 7
        fault_server.wait_for(lambda: fault_server.open_connections == 0)


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
async def test_a_few_bytes_that_say_they_are_gigabytes(
    coding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (backend, *_modules_with_a_limit()):
        monkeypatch.setattr(module, "MAX_ANSWER", 1 << 20)
    zeros = b"\0" * (8 << 20)
    content = gzip.compress(zeros) if coding == "gzip" else zlib.compress(zeros)
    with FaultServer(count, [RawAnswer(coded(coding.encode(), content))]) as fault_server:
        async with SekhaClient(once_only(fault_server)) as client:
            with pytest.raises(SekhaConnectionError, match="more than 1 MiB"):
                await client.count()
            assert await again(client) == 7


async def test_codings_in_each_other_fill_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (backend, *_modules_with_a_limit()):
        monkeypatch.setattr(module, "MAX_ANSWER", 1 << 20)
    content = gzip.compress(gzip.compress(b"\0" * (48 << 20), 1))
    with FaultServer(count, [None, RawAnswer(coded(b"gzip, gzip", content))]) as fault_server:
        async with SekhaClient(once_only(fault_server)) as client:
            assert await client.count() == 7
            tracemalloc.start()
            try:
                with pytest.raises(SekhaConnectionError, match="more than 1 MiB"):
                    await client.count()
                _, peak = tracemalloc.get_traced_memory()
            finally:
                tracemalloc.stop()
    assert peak < 16 << 20


def _modules_with_a_limit() -> list[object]:
    import sys

    return [
        module
        for name, module in sys.modules.items()
        if name.startswith("sekha.") and hasattr(module, "MAX_ANSWER")
    ]


async def test_bytes_changed_at_random() -> None:
    chance = random.Random(11)
    answers = [
        _changed(chance, chance.choice(list({**RIGHT, **WRONG}.values()))) for _ in range(60)
    ]
    with FaultServer(count) as fault_server:
        config = once_only(fault_server).evolve(timeout=0.5)
        async with SekhaClient(config) as client:
            for answer in answers:
                # Another list: a request that met a connection just closing left its answer unsent.
                fault_server.follow([RawAnswer(answer)])
                try:
                    found = await client.count()
                except SekhaError:
                    pass
                else:
                    assert isinstance(found, int), answer
            fault_server.follow([])
            assert await again(client) == 7


def _changed(chance: random.Random, answer: bytes) -> bytes:
    data = bytearray(answer[:5000])
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(data) + 1)
        if chance.random() < 0.5 and data:
            data[min(at, len(data) - 1)] = chance.randrange(256)
        else:
            data[at:at] = chance.choice([b"\r\n", b"\n", b"\0", b"\xff", b":", b" ", OK, LENGTH])
    return bytes(data)
