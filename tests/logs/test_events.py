"""The table of docs/guides/logging.md: it has every event of the source, each of them occurs, and
nothing that must not be seen is in one."""

from __future__ import annotations

import ast
import asyncio
import json
import logging
import re
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from redis.exceptions import ConnectionError as RedisDown

from conftest import ROOT
from sekha import MessageDto, NewConversation, SekhaError
from sekha._core.transfer.journal import Occurrences, line
from sekha._core.transfer.records import Item
from sekha._limits.shared import Reservation, SharedLimits
from sekha._storage.import_index import ImportIndex
from sekha._storage.journal import JournalFile
from sekha._sync.import_known import KnownConversations
from sekha._sync.import_restored import RestoredConversations
from sekha._sync.import_store import Made
from sekha.browse.catalogue import Catalogue
from sekha.importers import read
from sekha.integrations._async.remembering import Remembering
from sekha.local.controller import Controller
from sekha.testing import Drop, FaultyMemory, Gateway
from sekha_api.types import Request
from support.served import talk

PAGE = ROOT / "docs" / "guides" / "logging.md"
SECRETS = ("the-label-nobody-may-see", "the-folder-nobody-may-see", "words-nobody-may-see")
ROW = re.compile(r"^\| `(\w+)` \| `(.+?)` \| ", re.MULTILINE)

Event = tuple[str, str]


def documented() -> set[Event]:
    return set(ROW.findall(PAGE.read_text("utf-8")))


def in_the_source() -> set[Event]:
    """Level and message of every call of a logger."""
    found = set()
    for path in (ROOT / "sekha").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            match node:
                case ast.Call(
                    func=ast.Attribute(value=ast.Name(id="log"), attr=level),
                    args=[ast.Constant(value=str(message)), *_],
                ):
                    found.add((level.upper(), message))
    return found


def test_the_table_has_what_the_source_has() -> None:
    assert documented() == in_the_source()
    assert len(documented()) > 15


def secret_talk() -> NewConversation:
    label, folder, words = SECRETS
    return NewConversation(label, [MessageDto("user", words)], f"/{folder}")


def retries_and_unknown_outcomes(memory: FaultyMemory) -> None:
    memory.next(Drop(carried_out=True))
    with memory.client() as client:
        stored = client.create_conversation(secret_talk())
        memory.next(Drop(carried_out=False), Gateway(503))
        client.create_conversation(secret_talk())
        client.get_conversation(stored.id)
        client.list_conversations(label=SECRETS[0])


def waits(memory: FaultyMemory) -> None:
    with memory.client(rate_limit_requests=1, deadline=0.2) as client:
        client.count()
        with pytest.raises(SekhaError):
            client.count()
    with memory.client(rate_limit_requests=1000) as client:
        answers = iter([Reservation(0.01, None), Reservation(0.0, "member")])
        client._session.shared = cast(
            SharedLimits,
            SimpleNamespace(try_request=lambda *_: next(answers), end_request=lambda _: None),
        )
        client.count()


def searches(memory: FaultyMemory) -> None:
    for _ in range(3):
        memory.memory.create_conversation(secret_talk())
    memory.memory.search(SECRETS[2], max_matches=2)


def imports(memory: FaultyMemory, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = folder / "journal"
    with memory.client() as client:
        client.import_conversations([], journal=journal)
        with JournalFile(journal, client._session.transport.address) as file:
            key = Occurrences().key(talk("gone"))
            file.write(line("begun", key, at="2020-01-01T00:00:00"))
        client.import_conversations([talk("here")], journal=journal)

    def fails(_: object) -> None:
        raise SekhaError("out of luck")

    message = {
        "author": {"role": "user"},
        "content": {"content_type": "text", "parts": [SECRETS[2]]},
        "create_time": 1.7e9,
    }
    node = {"id": "a", "parent": None, "children": [], "message": message}
    chat = {"title": SECRETS[0], "create_time": 1.7e9, "mapping": {"a": node}, "is_archived": True}
    file = folder / "conversations.json"
    file.write_text(json.dumps([{**chat, "current_node": "a", "conversation_id": "c" * 36}]))
    monkeypatch.setattr(KnownConversations, "make_up", fails)
    # As the public controller does it, which archives in a request of its own.
    monkeypatch.setattr(Made, "of_answer", lambda answer: Made(answer.id, True, False))
    memory.server.follow(lambda _, path, __: Gateway(500) if path.endswith("/archive") else None)
    with memory.client(max_retries=0) as client:
        client.import_conversations(read(file), index=folder / "index.db")
        memory.server.follow(lambda *_: Gateway(500))
        client.import_conversations(read(file), index=folder / "index.db", dry_run=True)
    memory.server.follow([])


def restores(memory: FaultyMemory) -> None:
    def fails() -> ImportIndex:
        raise SekhaError("out of luck")

    with memory.client() as client:
        noting = RestoredConversations(client._session, fails)
        noting._is_needed = True
        noting.note(Item(secret_talk(), "record 1"), "c" * 36)


def browses(memory: FaultyMemory) -> None:
    async def read_the_list() -> None:
        async with memory.async_client(max_retries=0) as client:
            memory.server.follow(lambda *_: Gateway(500))
            await Catalogue(client)._read()
            memory.server.follow([])

    asyncio.run(read_the_list())


def integrations(memory: FaultyMemory) -> None:
    async def remember() -> None:
        async with memory.async_client(max_retries=0) as client:
            kept = Remembering(client, "user", session_id=None, root="/r", budget=99, patience=9.0)
            memory.next(*[Gateway(500)] * 9)
            items = [{"role": "user", "content": SECRETS[2]}]
            assert await kept.context(items) == ""
            await kept.keep(items, [{"role": "assistant", "content": SECRETS[2]}])
            memory.server.follow([])

    asyncio.run(remember())


class BrokenLock:
    """A lock whose Redis is gone."""

    def __getattr__(self, name: str) -> Callable[[], None]:
        def fails() -> None:
            raise RedisDown("gone")

        return fails


def shared_limits() -> None:
    # On a port where nobody listens.
    shared = SharedLimits("redis://127.0.0.1:9/0", "http://127.0.0.1:1", fallback=True)
    assert shared.try_request(10, 1.0).wait == 0.0
    shared.end_request(Reservation(0.0, "member"))
    lock: Any = BrokenLock()
    shared.release(lock)
    shared._held.add(lock)
    assert shared.renew_leases()


def a_defect(monkeypatch: pytest.MonkeyPatch) -> None:
    controller = Controller()
    monkeypatch.setattr(controller, "_open", partial(int, "no number"))
    assert controller.handle(Request("GET", "/api/v1/conversations")).status_code == 500
    controller.close()


def parts() -> None:
    """A part over a cluster that is done at its second attempt."""
    from distributed import Client, LocalCluster

    from sekha.distributed.run import Ended, Run

    def work(part: int, attempt: int) -> Ended:
        return Ended(None, "it was not there", True) if attempt == 1 else Ended(part)

    with (
        LocalCluster(
            n_workers=1,
            threads_per_worker=1,
            processes=False,
            protocol="tcp",
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
        ) as cluster,
        Client(cluster) as dask,
    ):
        run = Run(dask, "sekha-test", work, [7], lambda ended, reason: len(ended), attempts=2)
        assert run.result() == 1


def test_each_event_of_the_table_occurs_and_none_holds_what_is_yours(
    sekha_faults: FaultyMemory,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    caplog.set_level(logging.DEBUG, "sekha")
    retries_and_unknown_outcomes(sekha_faults)
    waits(sekha_faults)
    searches(sekha_faults)
    imports(sekha_faults, tmp_path, monkeypatch)
    restores(sekha_faults)
    browses(sekha_faults)
    integrations(sekha_faults)
    shared_limits()
    parts()
    a_defect(monkeypatch)
    ours = [each for each in caplog.records if each.name == "sekha"]
    assert {(each.levelname, str(each.msg)) for each in ours} == documented()
    text = "\n".join(each.getMessage() for each in ours)
    assert [each for each in (*SECRETS, sekha_faults.key) if each in text] == []


def test_nothing_is_configured_and_nothing_shown() -> None:
    code = """
import logging, sekha
from sekha.testing import Gateway, faulty_memory
log = logging.getLogger("sekha")
print([type(each).__name__ for each in log.handlers], log.level, log.propagate, logging.root.handlers)
with faulty_memory() as memory, memory.client() as client:
    for number in range(3):
        memory.memory.create_conversation(sekha.NewConversation("L", [sekha.MessageDto("user", "x y")]))
    client.search("x", max_matches=1)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("['NullHandler'] 0 True []\n", "")
