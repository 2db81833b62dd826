"""Any number of sessions: few are kept, and those that come back go on where they were."""

from __future__ import annotations

import gc
import weakref
from datetime import datetime, timezone

import pytest

from sekha import SekhaClient
from sekha.integrations._async import session as session_module
from sekha.integrations._async import sessions as sessions_module
from sekha.integrations._async.session import Session
from sekha.integrations._async.sessions import Sessions
from sekha.integrations._core.words import item_words


def said(text: str) -> dict[str, str]:
    return {"role": "user", "content": text}


def of(sessions: Sessions, client: SekhaClient, name: str) -> Session:
    return sessions.of(client, f"/agents/anna/{name}", title=name, describe=item_words)


@pytest.fixture
def client() -> SekhaClient:
    return SekhaClient.local()


async def test_few_are_kept(client: SekhaClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions_module, "KEPT", 3)
    sessions = Sessions()
    made = [weakref.ref(of(sessions, client, f"s{number}")) for number in range(20)]
    gc.collect()
    assert sum(each() is not None for each in made) == 3
    in_use = of(sessions, client, "in use")
    for number in range(20):
        of(sessions, client, f"s{number}")
    assert of(sessions, client, "in use") is in_use
    await client.aclose()


async def test_one_that_comes_back_adds_behind_what_it_has_read(
    client: SekhaClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where another's clock is ahead."""
    monkeypatch.setattr(sessions_module, "KEPT", 2)

    class Ahead(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:
            return datetime(2100, 1, 1, tzinfo=timezone.utc)

    with monkeypatch.context() as ahead:
        ahead.setattr(session_module, "datetime", Ahead)
        await of(Sessions(), client, "one").add([said("first")])
    sessions = Sessions()
    assert await of(sessions, client, "one").items() == [said("first")]
    for number in range(5):
        await of(sessions, client, f"s{number}").items()
    gc.collect()
    await of(sessions, client, "one").add([said("second")])
    assert await of(Sessions(), client, "one").items() == [said("first"), said("second")]
    await client.aclose()
