"""Sessions and documents beside a create that takes its time, or that nobody ends (rows 4 and 5)."""

from __future__ import annotations

from typing import Any

import pytest

from sekha import MessageDto, NewConversation, SekhaClient
from sekha._concurrency import async_gather, async_sleep
from sekha.integrations._async import documents
from sekha.integrations._async import session as sessions
from sekha.integrations._async.files import Files
from sekha.integrations._async.namespaces import Namespaces
from sekha.integrations._async.session import Session
from sekha.integrations._core.files import FileError
from sekha.integrations._core.words import item_words
from support.recorded_controller import scene

from .conftest import Writers

FOLDER = "/agents/anna/chat"
CALL = {"type": "function_call", "call_id": "1", "name": "look", "arguments": "{}"}


def said(number: int) -> dict[str, Any]:
    return {"role": "user", "content": f"number {number}"}


def session(client: SekhaClient) -> Session:
    return Session(client, FOLDER, title="chat", describe=item_words)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is at work: waiting for it would prove nothing."""
    for module in (documents, sessions):
        monkeypatch.setattr(module, "STILL_AFTER", 0.2)


@pytest.mark.parametrize("items", [[said(1), said(2), said(3)], [said(1), CALL, said(3)]])
async def test_a_batch_that_is_being_stored_is_waited_for(items: list[Any]) -> None:
    with scene() as served:
        async with SekhaClient(served.config()) as one, SekhaClient(served.config()) as other:
            writer, reader = session(one), session(other)
            await writer.add([said(0)])
            served.pace.message_seconds = 0.1
            seen: list[Any] = []

            async def read() -> None:
                while len(await other.list_conversations(folder=FOLDER)) < 2:
                    await async_sleep(0.02)
                seen.extend(await reader.items())

            await async_gather(lambda: writer.add(items), read)
            assert seen == [said(0), *items]
            assert await reader.items() == seen


async def test_nothing_is_lost_between_one_that_pops_and_one_that_is_quicker(
    writers: Writers, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow, quick = session(writers.one), session(writers.other)
    await slow.add([said(number) for number in range(4)])
    create = slow._create

    async def slowly(label: Any, messages: Any) -> Any:
        made = await create(label, messages)
        await async_sleep(0.5)
        return made

    monkeypatch.setattr(slow, "_create", slowly)
    popped: list[Any] = []

    async def pop_slowly() -> None:
        popped.append(await slow.pop())

    async def pop_quickly() -> None:
        await async_sleep(0.2)
        popped.append(await quick.pop())

    await async_gather(pop_slowly, pop_quickly)
    left = await quick.items()
    assert sorted(each["content"] for each in [*popped, *left]) == [
        f"number {number}" for number in range(4)
    ]


@pytest.mark.usefixtures("impatient")
async def test_what_a_writer_left_behind_is_in_nobodys_way(writers: Writers) -> None:
    writer = session(writers.one)
    await writer.add([said(1)])
    for number, messages in enumerate(([], [MessageDto("user", "number 2")])):
        label = f"chat [2099-01-01T00:00:0{number}.000000 9f2c0a1b 3]"
        await writers.one.create_conversation(NewConversation(label, messages, folder=FOLDER))
    reader = session(writers.other)
    assert await reader.items() == [said(1), said(2)]
    assert [await reader.pop(), await reader.pop(), await reader.pop()] == [said(2), said(1), None]


@pytest.mark.usefixtures("impatient")
async def test_a_version_without_its_value_does_not_count(writers: Writers) -> None:
    store, files = Namespaces(writers.one), Files(writers.one, "anna")
    await store.put(("a",), "boat", {"name": "Ada"}, "Ada")
    await files.create("/memories/boat.md", "Ada")
    for folder, key, number in (
        ("/agents/a/=boat", "boat", 2),
        ("/agents/b/=ship", "ship", 1),
        (files.folder, "/memories/boat.md", 2),
        (files.folder, "/memories/empty.md", 1),
    ):
        new = NewConversation(f"{key} [v{number} 9f2c0a1b 3]", [], folder=folder)
        await writers.one.create_conversation(new)
    found = await store.get(("a",), "boat")
    assert found is not None and found.value == {"name": "Ada"}
    assert await store.get(("b",), "ship") is None
    assert "Ada" in await files.view("/memories/boat.md")
    with pytest.raises(FileError, match="view it again"):
        await files.view("/memories/empty.md")
    await files.str_replace("/memories/boat.md", "Ada", "Eva")
    assert "Eva" in await files.view("/memories/boat.md")
