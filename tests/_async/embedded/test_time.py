"""The embedded controller in process keeps `timeout` and `deadline`, and what was not answered in
time was not carried out."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

import pytest

from sekha import MessageDto, NewConversation, SekhaClient, SekhaTimeoutError
from sekha._core.request.failures import Failure
from sekha.local.cancellation import current
from sekha_api.types import RawResponse, Request

LARGE = NewConversation("L", [MessageDto("user", " ".join(f"w{n}" for n in range(500_000)))])


@pytest.mark.parametrize("limit", [{"timeout": 0.3, "max_retries": 0}, {"deadline": 0.3}])
async def test_a_large_create_is_given_up_in_time(tmp_path: Path, limit: dict[str, float]) -> None:
    path = tmp_path / "memory.db"
    async with SekhaClient.local(path) as client:
        await client.count()
        with pytest.raises(SekhaTimeoutError) as caught:
            await client.options(**limit).create_conversation(LARGE)
        assert not caught.value.sent
        assert await client.count() == 0
    async with SekhaClient.local(path) as client:
        assert await client.count() == 0


async def test_a_locked_file_is_waited_for_no_longer_than_that(tmp_path: Path) -> None:
    path = tmp_path / "memory.db"
    new = NewConversation("L", [MessageDto("user", "x")])
    async with SekhaClient.local(path) as client:
        await client.create_conversation(new)
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        with pytest.raises(SekhaTimeoutError):
            await client.options(deadline=0.3).create_conversation(new)
        # Left to itself it waits for 15 s.
        assert time.monotonic() - began < 10
        other.execute("ROLLBACK")
        other.close()
        assert await client.count() == 1
        await client.create_conversation(new)
        assert await client.count() == 2


class Committing:
    """A controller that has begun to commit when the time is up."""

    def handle(self, request: Request) -> RawResponse:
        current().begin_commit()
        time.sleep(0.3)
        return RawResponse(201, {}, b"")

    def close(self) -> None: ...


async def test_a_commit_is_waited_for() -> None:
    client = SekhaClient.local()
    transport = client._session.transport
    transport._controller = Committing()  # type: ignore[attr-defined]
    answer = await transport.send(Request("POST", "/api/v1/conversations"), 0.05)
    assert answer.status_code == 201
    await client.aclose()


class Stuck:
    """A controller that does not come to an end of its own."""

    def handle(self, request: Request) -> RawResponse:
        while True:
            current().check()
            time.sleep(0.01)

    def close(self) -> None: ...


async def test_anything_ends_in_time() -> None:
    client = SekhaClient.local()
    transport = client._session.transport
    transport._controller = Stuck()  # type: ignore[attr-defined]
    with pytest.raises(Failure) as caught:
        await transport.send(Request("GET", "/health"), 0.05)
    assert caught.value.timed_out and not caught.value.sent
    await client.aclose()
