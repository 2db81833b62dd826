"""A create whose answer got lost: stored whole, in part, not at all or late, and beside others."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from sekha import (
    NewConversation,
    SekhaConnectionError,
    SekhaServerError,
    SekhaUnknownOutcomeError,
    SyncSekhaClient,
)
from sekha._concurrency import workers
from sekha._core.create import outcome as create_doubt
from sekha.testing import CarriedOutLate, Drop, Fault, Gateway, Stall, StoredInPart
from sekha_api.api.conversations import create_conversation
from sekha_api.api.tools import memory_store
from sekha_api.models import CreateConversationRequest, MemoryStoreRequest, MessageDto
from support.served import DropAfter, Served, body_of, fingerprint_of, served, talk

AMBIGUOUS: dict[str, Fault] = {
    "dropped": Drop(carried_out=True),
    "late": CarriedOutLate(0.3),
    "502": Gateway(502, carried_out=True),
    "500": Gateway(500, "text", carried_out=True),
    "silent": Stall(carried_out=True),
}


@pytest.fixture(params=["create_conversation", "memory_store"])
def new(request: pytest.FixtureRequest) -> NewConversation:
    """A conversation for either kind of create."""
    return talk("new", "one", "two", importance=7 if request.param == "memory_store" else None)


@pytest.mark.parametrize("name", AMBIGUOUS)
def test_stored_whole_it_is_found_and_not_sent_again(
    here: Served, short_waits: None, new: NewConversation, name: str
) -> None:
    here.befall(AMBIGUOUS[name])
    with SyncSekhaClient(here.config(timeout=0.5 if name == "silent" else 5.0)) as client:
        made = client.create_conversation(new)
    here.fault_server.settle()
    assert here.rows() == [made.id]
    assert len(here.fault_server.seen("create_conversation", "memory_store")) == 1


def test_not_stored_it_is_sent_again(here: Served, short_waits: None, new: NewConversation) -> None:
    here.befall(Drop(carried_out=False))
    with SyncSekhaClient(here.config()) as client:
        made = client.create_conversation(new)
    assert here.rows() == [made.id]
    assert len(here.fault_server.seen("create_conversation", "memory_store")) == 2


def test_a_500_that_stored_nothing_is_raised_and_not_sent_again(
    here: Served, new: NewConversation
) -> None:
    here.befall(Gateway(500, "text"))
    with SyncSekhaClient(here.config()) as client:
        with pytest.raises(SekhaServerError):
            client.create_conversation(new)
    assert here.rows() == []
    assert len(here.fault_server.seen("create_conversation", "memory_store")) == 1


def test_not_stored_after_all_its_retries_is_a_connection_error(
    here: Served, short_waits: None, new: NewConversation
) -> None:
    creates = ("/api/v1/conversations", "/mcp/tools/memory_store")
    here.fault_server.follow(
        lambda method, path, number: (
            Drop(carried_out=False) if method == "POST" and path in creates else None
        )
    )
    with SyncSekhaClient(here.config(max_retries=2)) as client:
        with pytest.raises(SekhaConnectionError) as caught:
            client.create_conversation(new)
    assert caught.value.retries == 2
    assert here.rows() == []


@pytest.mark.parametrize("answered", [True, False])
def test_stored_in_part_it_is_named(
    here: Served, monkeypatch: pytest.MonkeyPatch, answered: bool
) -> None:
    monkeypatch.setattr(create_doubt, "STILL_AFTER", 0.6)
    here.befall(StoredInPart(messages=1, answered=answered))
    with SyncSekhaClient(here.config()) as client:
        with pytest.raises(SekhaUnknownOutcomeError, match="in part") as caught:
            client.create_conversation(talk("new", "one", "two"))
    assert caught.value.conversation_ids == tuple(here.rows())
    assert len(here.fault_server.seen("create_conversation")) == 1


def test_when_looking_fails_too_that_is_said_and_nothing_sent_again(here: Served) -> None:
    here.befall(Drop(carried_out=True), *[Gateway(502)] * 5)
    with SyncSekhaClient(here.config(max_retries=0)) as client:
        with pytest.raises(SekhaUnknownOutcomeError, match="looking for it failed"):
            client.create_conversation(talk("new"))
    assert len(here.fault_server.seen("create_conversation")) == 1
    assert len(here.rows()) == 1


def test_the_deadline_ends_a_doubt(here: Served) -> None:
    here.befall(Stall(carried_out=True))
    began = time.monotonic()
    with SyncSekhaClient(here.config(deadline=0.3)) as client:
        with pytest.raises(SekhaUnknownOutcomeError):
            client.create_conversation(talk("new"))
    assert time.monotonic() - began < 1.3
    assert len(here.fault_server.seen("create_conversation")) == 1


def test_power_users_have_it_too(here: Served) -> None:
    messages = [MessageDto("user", "one")]
    with SyncSekhaClient(here.config()) as client:
        here.befall(Drop(carried_out=True))
        create = CreateConversationRequest("rest", "/f", messages)
        made = client.call(create_conversation, body=create)
        here.befall(Drop(carried_out=True))
        store = MemoryStoreRequest("tool", "/f", messages)
        stored = client.call(memory_store, body=store)
    assert [made.id] == here.rows("rest")
    assert stored.data is not None and [stored.data.id] == here.rows("tool")
    assert len(here.fault_server.seen("create_conversation", "memory_store")) == 2


def test_an_equal_one_of_this_client_is_not_taken_for_it(here: Served, short_waits: None) -> None:
    with SyncSekhaClient(here.config()) as client:
        first = client.create_conversation(talk("same"))
        here.befall(Drop(carried_out=False))
        second = client.create_conversation(talk("same"))
        here.befall(Drop(carried_out=True))
        third = client.create_conversation(talk("same"))
    assert sorted(here.rows()) == sorted([first.id, second.id, third.id])


@pytest.mark.parametrize("carried_out", [True, False])
def test_equal_ones_at_the_same_time_are_all_stored_once(
    here: Served, short_waits: None, carried_out: bool
) -> None:
    faults = [Drop(carried_out=carried_out), None]
    here.fault_server.follow(lambda method, path, number: faults[number % 2])
    left = iter(range(6))
    made: list[str] = []
    config = here.config()
    with SyncSekhaClient(config) as one, SyncSekhaClient(config) as other:

        def step() -> bool:
            number = next(left, None)
            if number is None:
                return False
            client = one if number % 2 else other
            made.append((client.create_conversation(talk("same"))).id)
            return True

        workers(step, 6)
    assert len(made) == 6
    assert sorted(made) == sorted(here.rows())


class _Writer:
    """Another process, to all appearance: it stores the same label again and again."""

    def __init__(self, here: Served) -> None:
        self._here = here
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._write)
        self.stored: list[str] = []

    def _write(self) -> None:
        while not self._stop.wait(0.01):
            number = len(self.stored)
            self.stored.append(self._here.store("same label", "one", f"theirs {number}"))

    def __enter__(self) -> _Writer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()


@pytest.fixture
def writer(here: Served) -> Iterator[_Writer]:
    with _Writer(here) as writing:
        yield writing


def test_other_writers_of_the_same_label_do_not_disturb(
    here: Served, short_waits: None, writer: _Writer
) -> None:
    made = []
    with SyncSekhaClient(here.config()) as client:
        for number in range(4):
            here.befall(Drop(carried_out=number % 2 == 0))
            made.append(client.create_conversation(talk("same label", "one", f"{number}")))
    for number, each in enumerate(made):
        stored = here.exported(each.id)["messages"]
        assert [message["content"] for message in stored] == ["one", f"{number}"]
    assert len({each.id for each in made}) == 4
    assert not {each.id for each in made} & set(writer.stored)


def test_the_very_same_of_another_process_is_not_to_be_told_apart() -> None:
    new = talk("same", "one", "two")
    with served() as world:
        world.befall(
            DropAfter(before=lambda: world.ask("POST", "/api/v1/conversations", body_of(new)))
        )
        with SyncSekhaClient(world.config()) as client:
            with pytest.raises(SekhaUnknownOutcomeError, match="another process") as caught:
                client.create_conversation(new)
        assert sorted(caught.value.conversation_ids) == sorted(world.rows())
        assert world.all() == {fingerprint_of(new): 2}
        assert len(world.fault_server.seen("create_conversation")) == 1


def test_what_was_there_before_is_not_taken_for_it(here: Served, short_waits: None) -> None:
    before = here.store("same", "one", "two")
    time.sleep(2.0)  # the controller's Date header counts whole seconds
    here.befall(Drop(carried_out=False))
    with SyncSekhaClient(here.config()) as client:
        made = client.create_conversation(talk("same", "one", "two"))
    assert sorted(here.rows()) == sorted([before, made.id])


def test_a_create_in_doubt_keeps_its_place(here: Served, short_waits: None) -> None:
    here.befall(*[Drop(carried_out=True)] * 8)
    left = iter(range(12))
    made: list[str] = []
    with SyncSekhaClient(here.config()) as client:

        def step() -> bool:
            number = next(left, None)
            if number is None:
                return False
            made.append((client.create_conversation(talk(f"new {number}"))).id)
            return True

        workers(step, 12)
        assert sorted(made) == sorted(here.rows()) and len(made) == 12
        assert here.fault_server.peak("creates") <= 4
        limits = client._session.limits
        assert limits.creates._rule._held == 0 and not limits.equal_creates._queues
