"""That an answer holds up no event loop, whatever it is made of."""

from __future__ import annotations

import asyncio
import gzip
import threading

import pytest

from sekha import SekhaClient, SekhaError
from sekha._async.transports import httpx_transport
from sekha._transport import aiohttp_transport, content
from sekha.testing import FaultServer, RawAnswer
from sekha_api.types import RawResponse, Request
from support.served import once_only

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
CHUNKS = HEAD + b"transfer-encoding: chunked\r\n\r\n" + b"1\r\n \r\n" * 40_000
BODY = b'{"count": 7}'


def nothing(request: Request) -> RawResponse:
    return RawResponse(404, {}, b"")


async def test_others_get_their_turn_between_the_chunks_of_an_answer() -> None:
    """The chunks are there at once: there is nothing to wait for between them."""
    turns = 0
    answer = CHUNKS + b"c\r\n" + BODY + b"\r\n0\r\n\r\n"
    with FaultServer(nothing, [RawAnswer(answer)]) as fault_server:
        async with SekhaClient(
            once_only(fault_server, timeout=120.0, http_backend="httpx")
        ) as client:
            counting = asyncio.create_task(client.count())
            while not counting.done():
                await asyncio.sleep(0.001)
                turns += 1
            assert await counting == 7
    assert turns > 50


async def test_a_large_answer_is_decoded_off_the_event_loop(
    monkeypatch: pytest.MonkeyPatch, http_backend: str
) -> None:
    """Its end comes only once the event loop has had a turn."""
    turned = threading.Event()
    decode = content.decoded

    def decoded(*args: object) -> bytes:
        assert turned.wait(20)
        return decode(*args)  # type: ignore[arg-type]

    for module in (httpx_transport, aiohttp_transport):
        monkeypatch.setattr(module, "decoded", decoded)
    packed = gzip.compress(bytes(range(256)) * 4096, 0)
    answer = HEAD + b"content-encoding: gzip\r\ncontent-length: %d\r\n\r\n" % len(packed) + packed
    with FaultServer(nothing, [RawAnswer(answer)]) as fault_server:
        async with SekhaClient(once_only(fault_server, timeout=120.0)) as client:
            counting = asyncio.create_task(client.count())
            await fault_server.wait_for_async(lambda: bool(fault_server.arrivals))
            await asyncio.sleep(0.2)
            turned.set()
            with pytest.raises(SekhaError):  # it is no JSON
                await counting
