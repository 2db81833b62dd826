"""Sessions and documents beside a create that takes its time, or that nobody ends (rows 4 and 5)."""

from __future__ import annotations

from typing import Any

import pytest

from sekha import MessageDto, NewConversation, SyncSekhaClient
from sekha._concurrency import gather, sleep
from sekha.integrations._core.files import FileError
from sekha.integrations._core.words import item_words
from sekha.integrations._sync import documents
from sekha.integrations._sync import session as sessions
from sekha.integrations._sync.files import Files
from sekha.integrations._sync.namespaces import Namespaces
from sekha.integrations._sync.session import Session
from support.recorded_controller import scene

from .conftest import Writers

FOLDER = "/agents/anna/chat"
CALL = {"type": "function_call", "call_id": "1", "name": "look", "arguments": "{}"}


def said(number: int) -> dict[str, Any]:
    return {"role": "user", "content": f"number {number}"}


def session(client: SyncSekhaClient) -> Session:
    return Session(client, FOLDER, title="chat", describe=item_words)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is at work: waiting for it would prove nothing."""
    for module in (documents, sessions):
        monkeypatch.setattr(module, "STILL_AFTER", 0.2)


@pytest.mark.parametrize("items", [[said(1), said(2), said(3)], [said(1), CALL, said(3)]])
def test_a_batch_that_is_being_stored_is_waited_for(items: list[Any]) -> None:
    with scene() as served:
        with SyncSekhaClient(served.config()) as one, SyncSekhaClient(served.config()) as other:
            writer, reader = session(one), session(other)
            writer.add([said(0)])
            served.pace.message_seconds = 0.1
            seen: list[Any] = []

            def read() -> None:
                while len(other.list_conversations(folder=FOLDER)) < 2:
                    sleep(0.02)
                seen.extend(reader.items())

            gather(lambda: writer.add(items), read)
            assert seen == [said(0), *items]
            assert reader.items() == seen


def test_nothing_is_lost_between_one_that_pops_and_one_that_is_quicker(
    writers: Writers, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow, quick = session(writers.one), session(writers.other)
    slow.add([said(number) for number in range(4)])
    create = slow._create

    def slowly(label: Any, messages: Any) -> Any:
        made = create(label, messages)
        sleep(0.5)
        return made

    monkeypatch.setattr(slow, "_create", slowly)
    popped: list[Any] = []

    def pop_slowly() -> None:
        popped.append(slow.pop())

    def pop_quickly() -> None:
        sleep(0.2)
        popped.append(quick.pop())

    gather(pop_slowly, pop_quickly)
    left = quick.items()
    assert sorted(each["content"] for each in [*popped, *left]) == [
        f"number {number}" for number in range(4)
    ]


@pytest.mark.usefixtures("impatient")
def test_what_a_writer_left_behind_is_in_nobodys_way(writers: Writers) -> None:
    writer = session(writers.one)
    writer.add([said(1)])
    for number, messages in enumerate(([], [MessageDto("user", "number 2")])):
        label = f"chat [2099-01-01T00:00:0{number}.000000 9f2c0a1b 3]"
        writers.one.create_conversation(NewConversation(label, messages, folder=FOLDER))
    reader = session(writers.other)
    assert reader.items() == [said(1), said(2)]
    assert [reader.pop(), reader.pop(), reader.pop()] == [said(2), said(1), None]


@pytest.mark.usefixtures("impatient")
def test_a_version_without_its_value_does_not_count(writers: Writers) -> None:
    store, files = Namespaces(writers.one), Files(writers.one, "anna")
    store.put(("a",), "boat", {"name": "Ada"}, "Ada")
    files.create("/memories/boat.md", "Ada")
    for folder, key, number in (
        ("/agents/a/=boat", "boat", 2),
        ("/agents/b/=ship", "ship", 1),
        (files.folder, "/memories/boat.md", 2),
        (files.folder, "/memories/empty.md", 1),
    ):
        new = NewConversation(f"{key} [v{number} 9f2c0a1b 3]", [], folder=folder)
        writers.one.create_conversation(new)
    found = store.get(("a",), "boat")
    assert found is not None and found.value == {"name": "Ada"}
    assert store.get(("b",), "ship") is None
    assert "Ada" in files.view("/memories/boat.md")
    with pytest.raises(FileError, match="view it again"):
        files.view("/memories/empty.md")
    files.str_replace("/memories/boat.md", "Ada", "Eva")
    assert "Eva" in files.view("/memories/boat.md")
