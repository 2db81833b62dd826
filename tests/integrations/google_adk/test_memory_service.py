"""The Agent Development Kit's memory service: found, once, and by its own user only."""

from __future__ import annotations

import pytest
from google.adk.events import Event
from google.adk.memory.memory_entry import MemoryEntry
from google.adk.sessions import Session
from google.genai import types

from sekha import SekhaClient
from sekha.integrations.google_adk import SekhaMemoryService

CALL = types.Part(function_call=types.FunctionCall(name="berth", args={"boat": "Ada"}))


def event(text: str, author: str = "user", *parts: types.Part) -> Event:
    content = types.Content(role=author, parts=[types.Part(text=text), *parts])
    return Event(author=author, content=content, invocation_id="i", id=Event.new_id())


def session(*events: Event, name: str = "one", user: str = "anna", app: str = "boats") -> Session:
    return Session(id=name, app_name=app, user_id=user, events=list(events))


async def found(
    service: SekhaMemoryService, query: str, user: str = "anna", app: str = "boats"
) -> list[MemoryEntry]:
    return (await service.search_memory(app_name=app, user_id=user, query=query)).memories


async def test_what_a_session_said_is_found_with_all_its_parts(client: SekhaClient) -> None:
    told = event("My boat is called Ada.")
    answered = event("A fine name.", "agent", CALL)
    await SekhaMemoryService(client).add_session_to_memory(
        session(told, answered, Event(author="agent"))
    )
    memories = await found(SekhaMemoryService(client), "What is my boat called?")
    assert memories[0].content == told.content
    assert memories[0].id == told.id and memories[0].author == "user"
    assert memories[0].timestamp and memories[0].timestamp.startswith("20")
    called = await found(SekhaMemoryService(client), "berth")
    assert answered.content in [each.content for each in called]


async def test_a_session_that_is_added_again_is_not_stored_twice(client: SekhaClient) -> None:
    first, second = event("My boat is called Ada."), event("Her berth is twelve.")
    for service in (SekhaMemoryService(client), SekhaMemoryService(client)):
        await service.add_session_to_memory(session(first))
        await service.add_session_to_memory(session(first, second))
        await service.add_events_to_memory(
            app_name="boats", user_id="anna", events=[second], session_id="one"
        )
    texts = [each.content for each in await found(SekhaMemoryService(client), "boat berth")]
    assert len(texts) == 2


@pytest.mark.parametrize(("user", "app"), [("ann", "boats"), ("anna", "boat"), ("anna/one", "b")])
async def test_nobody_else_finds_it(client: SekhaClient, user: str, app: str) -> None:
    service = SekhaMemoryService(client)
    await service.add_session_to_memory(session(event("My boat is called Ada.")))
    await service.add_session_to_memory(session(event("Nothing."), user=user, app=app))
    texts = [str(each.content) for each in await found(service, "boat Ada", user, app)]
    assert texts and not any("Ada" in text for text in texts)


async def test_what_was_deleted_stays_away(client: SekhaClient) -> None:
    service = SekhaMemoryService(client)
    first, second = event("My boat is called Ada."), event("Her berth is twelve.")
    await service.add_session_to_memory(session(first, second))
    await service.delete_memory(app_name="boats", user_id="anna", memory_id=first.id)
    await service.add_session_to_memory(session(first, second))
    left = await found(SekhaMemoryService(client), "boat Ada berth")
    assert [each.id for each in left] == [second.id]
    await service.delete_memory(app_name="boats", user_id="anna", memory_id=None)


async def test_memories_that_no_session_said(client: SekhaClient) -> None:
    service = SekhaMemoryService(client)
    entry = MemoryEntry(
        content=types.Content(parts=[types.Part(text="Anna sails on Sundays.")]),
        custom_metadata={"source": "form"},
    )
    await service.add_memory(
        app_name="boats", user_id="anna", memories=[entry], custom_metadata={"sure": True}
    )
    await service.add_events_to_memory(
        app_name="boats", user_id="anna", events=[event("On Mondays she rests.")]
    )
    best = (await found(service, "When does Anna sail?"))[0]
    assert best.content == entry.content and best.id
    assert best.custom_metadata == {"source": "form", "sure": True}
    assert await found(service, " ") == []
