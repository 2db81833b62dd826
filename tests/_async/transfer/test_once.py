"""An export that is brought in again, in whatever form: nothing twice, the grown in place of the old."""

from __future__ import annotations

import json
import zipfile
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from sekha import ClientConfig, ImportReport, SekhaClient
from sekha.importers import read
from support.import_files import gpt_conversation, gpt_message
from support.recorded_controller import KEY, RecordedController, Stack, serve

Open = Callable[[], AbstractAsyncContextManager[SekhaClient]]
YEAR = 1_700_000_000


def chat(name: str, *texts: str, begun: int = 0) -> dict[str, Any]:
    """A conversation of a ChatGPT export, a minute between its messages."""
    messages = [
        gpt_message(("user", "assistant")[place % 2], text, create_time=YEAR + begun + 60 * place)
        for place, text in enumerate(texts)
    ]
    return gpt_conversation(
        *messages,
        title=name,
        id=name,
        conversation_id=name,
        create_time=YEAR + begun,
        update_time=YEAR + begun + 60 * len(texts),
    )


JANUARY = [chat(f"same {number}", f"q {number}", f"a {number}") for number in range(6)] + [
    chat("grows", "first", "answer"),
    chat("edited", "a question", "an answer"),
    chat("deleted", "gone", "later"),
]
JUNE = [chat(f"same {number}", f"q {number}", f"a {number}") for number in range(6)] + [
    chat("grows", "first", "answer", "more", "and more"),
    chat("edited", "another question", "another answer", begun=5000),
    chat("new", "just", "now", begun=9000),
]


@pytest.fixture(params=["embedded", "recorded"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Open:
    """Opens a client of one and the same controller."""

    @asynccontextmanager
    async def embedded() -> AsyncIterator[SekhaClient]:
        async with SekhaClient.local(tmp_path / "memory.db") as client:
            yield client

    controller = RecordedController(stack=Stack.nothing())
    request.addfinalizer(controller.close)

    @asynccontextmanager
    async def recorded() -> AsyncIterator[SekhaClient]:
        with serve(controller) as server:
            config = ClientConfig(api_key=KEY, base_url=server.base_url, rate_limit_requests=None)
            async with SekhaClient(config) as client:
                yield client

    return embedded if request.param == "embedded" else recorded


def written(path: Path, chats: list[dict[str, Any]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("conversations.json", json.dumps(chats))
    else:
        path.write_text(json.dumps(chats))
    return path


async def bring(client: SekhaClient, path: Path, **options: Any) -> ImportReport:
    index = path.parent.parent / "index.db"
    return await client.import_conversations(read(path, **options), index=index)


async def said(client: SekhaClient) -> Counter[tuple[str, ...]]:
    """What is stored and was not put aside."""
    records = [record async for record in client.iter_export()]
    return Counter(
        tuple(each["content"] for each in record["messages"])
        for record in records
        if record["status"] == "active"
    )


def texts(chats: list[dict[str, Any]]) -> Counter[tuple[str, ...]]:
    return Counter(
        tuple(
            node["message"]["content"]["parts"][0]
            for node in each["mapping"].values()
            if node["message"]
        )
        for each in chats
    )


def counts(report: ImportReport) -> tuple[int, int, int, int]:
    assert report.complete
    return report.stored, report.replaced, report.unchanged, report.outdated


async def test_january_june_and_january_again(opened: Open, tmp_path: Path) -> None:
    january = written(tmp_path / "one" / "conversations.json", JANUARY)
    june = written(tmp_path / "two" / "conversations.json", JUNE)
    expected = texts([*JUNE, JANUARY[-1]])
    async with opened() as client:
        assert counts(await bring(client, january)) == (9, 0, 0, 0)
        assert counts(await bring(client, june)) == (3, 2, 6, 0)
        assert await said(client) == expected
        for path, options in (
            (january, {}),
            (june, {}),
            (written(tmp_path / "three" / "renamed.json", JUNE), {}),
            (written(tmp_path / "three" / "export.zip", JUNE), {}),
            (written(tmp_path / "three" / "old.zip", JANUARY), {"folder": "/elsewhere"}),
            (june, {"folder": "/elsewhere", "label": "all"}),
            (june, {"times_in_text": True}),
        ):
            report = await bring(client, path, **options)
            assert report.stored == 0 and report.unchanged + report.outdated == 9
        assert await said(client) == expected


async def test_what_is_in_place_of_another_stays_where_that_was(
    opened: Open, tmp_path: Path
) -> None:
    january = written(tmp_path / "one" / "conversations.json", JANUARY)
    june = written(tmp_path / "two" / "conversations.json", JUNE)
    async with opened() as client:
        await bring(client, january)
        grows = next(each for each in await client.list_conversations("grows"))
        await client.move(grows.id, "/kept")
        await client.update_label(grows.id, "Mine")
        await client.pin(grows.id)
        await bring(client, june, folder="/june")
        found = [each for each in await client.list_conversations(folder="/kept")]
        active = [each for each in found if each.status == "active"]
        assert [(each.label, each.pinned) for each in active] == [("Mine", True)]
        assert {each.label for each in found} <= {"Mine", "Mine (earlier version)"}


async def test_june_alone_and_then_january(opened: Open, tmp_path: Path) -> None:
    january = written(tmp_path / "one" / "conversations.json", JANUARY)
    june = written(tmp_path / "two" / "conversations.json", JUNE)
    async with opened() as client:
        await bring(client, june)
        assert counts(await bring(client, january)) == (1, 0, 6, 2)
        assert await said(client) == texts([*JUNE, JANUARY[-1]])


async def test_both_in_one_folder(opened: Open, tmp_path: Path) -> None:
    written(tmp_path / "both" / "january.json", JANUARY)
    written(tmp_path / "both" / "june.json", JUNE)
    async with opened() as client:
        await client.import_conversations(read(tmp_path / "both"), index=tmp_path / "index.db")
        assert await said(client) == texts([*JUNE, JANUARY[-1]])


async def test_what_has_no_id_is_stored_as_often_as_the_source_has_it(
    opened: Open, tmp_path: Path
) -> None:
    records = [
        {"conversations": [{"from": "human", "value": text}, {"from": "gpt", "value": "a"}]}
        for text in ("one", "two", "two", "three")
    ]
    path = written(tmp_path / "one" / "sharegpt.json", records)
    more = written(tmp_path / "two" / "sharegpt.json", [*records, records[1], records[0]])
    async with opened() as client:
        assert counts(await bring(client, path)) == (4, 0, 0, 0)
        assert counts(await bring(client, path)) == (0, 0, 4, 0)
        assert counts(await bring(client, more)) == (2, 0, 4, 0)
        stored = await said(client)
    assert stored == {("one", "a"): 2, ("two", "a"): 3, ("three", "a"): 1}


async def test_all_can_be_stored_again(tmp_path: Path) -> None:
    path = written(tmp_path / "one" / "conversations.json", JANUARY)
    async with SekhaClient.local() as client:
        await client.import_conversations(read(path))
        assert (await client.import_conversations(read(path), once=False)).stored == 9


async def test_an_index_can_be_made_anew(tmp_path: Path) -> None:
    january = written(tmp_path / "one" / "conversations.json", JANUARY)
    june = written(tmp_path / "two" / "conversations.json", JUNE)
    controller = RecordedController(stack=Stack.nothing())
    with serve(controller) as server:
        config = ClientConfig(api_key=KEY, base_url=server.base_url, rate_limit_requests=None)
        async with SekhaClient(config) as client:
            await bring(client, january)
            (tmp_path / "index.db").rename(tmp_path / "lost.db")
            assert await client.rebuild_import_index(tmp_path / "index.db") == 9
            assert counts(await bring(client, january)) == (0, 0, 9, 0)
            assert counts(await bring(client, june)) == (3, 2, 6, 0)
            assert await said(client) == texts([*JUNE, JANUARY[-1]])
    controller.close()


async def test_what_was_restored_is_known_again(tmp_path: Path) -> None:
    january = written(tmp_path / "one" / "conversations.json", JANUARY)
    june = written(tmp_path / "two" / "conversations.json", JUNE)
    async with SekhaClient.local() as client:
        await bring(client, january)
        await client.export_to(tmp_path / "backup.json")
    async with SekhaClient.local() as client:
        await client.restore(tmp_path / "backup.json")
        assert counts(await bring(client, june)) == (3, 2, 6, 0)
