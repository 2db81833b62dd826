"""Rows 6, 7, 8, 25, 26, 29 and 36: lists and counts are exact, however the controller filters."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from sekha import SekhaAPIError, SekhaClient, SekhaValidationError
from sekha_api.api.conversations import count_conversations
from sekha_api.api.tools import memory_prune, memory_stats
from sekha_api.models import MemoryPruneRequest, MemoryStatsRequest
from support.recorded_controller import Scene, talk

MANY = 2500


def fill(here: Scene, count: int, label: str = "Filler", folder: str = "/f") -> list[str]:
    """Store empty conversations past the client; their ids, the first stored first."""
    return [
        here.controller.memory.create(label, folder, [], None)["conversation"]["id"]
        for _ in range(count)
    ]


async def test_row_06_label_filters_are_exact_beyond_the_first_page(
    client: SekhaClient, here: Scene
) -> None:
    wanted = fill(here, 3, label="Project:AI")
    fill(here, MANY // 2)
    wanted += fill(here, 2, label="Project:AI")
    fill(here, 20, label="Project:AIR")
    fill(here, 20, label="project:ai")
    fill(here, MANY // 2 - 40, label="The Project:AI")
    wanted += fill(here, 1, label="Project:AI")
    found = await client.list_conversations(label="Project:AI")
    assert [each.id for each in found] == wanted[::-1]
    assert {each.label for each in found} == {"Project:AI"}
    assert await client.count(label="Project:AI") == 6
    assert [c.id async for c in client.iter_conversations("Project:AI")] == wanted[::-1]
    assert len(await client.list_conversations(label="Filler", limit=1100)) == 1100


async def test_row_06_every_filter_filters(client: SekhaClient) -> None:
    first = await client.create_conversation(talk("a", label="A", folder="/x"))
    second = await client.create_conversation(talk("b", label="A", folder="/y"))
    third = await client.create_conversation(talk("c", label="B", folder="/x"))
    await client.archive(second.id)
    await client.pin(third.id)

    async def ids(label: str | None = None, **filters: object) -> set[str]:
        found = await client.list_conversations(label, **filters)  # type: ignore[arg-type]
        return {each.id for each in found}

    assert await ids() == {first.id, second.id, third.id}
    assert await ids("A") == {first.id, second.id}
    assert await ids(folder="/x") == {first.id, third.id}
    assert await ids("A", folder="/x") == {first.id}
    assert await ids("A", folder="/") == set()
    assert await ids(archived=True) == {second.id}
    assert await ids(archived=False) == {first.id, third.id}
    assert await ids(pinned=True) == {third.id}
    assert await ids("A", archived=False, pinned=False) == {first.id}


async def test_row_06_nothing_is_scanned_for_a_label_that_nobody_has(
    client: SekhaClient, here: Scene
) -> None:
    fill(here, 300)
    assert await client.list_conversations(label="No such label") == []
    assert here.sent() == 2


async def test_row_06_a_limit_limits(client: SekhaClient, here: Scene) -> None:
    stored = fill(here, 30)
    found = await client.list_conversations(limit=7)
    assert [each.id for each in found] == stored[:-8:-1]
    assert here.sent("list_conversations") == 1
    with pytest.raises(SekhaValidationError, match="limit"):
        await client.list_conversations(limit=0)


async def test_row_07_a_listed_row_says_only_what_it_knows(client: SekhaClient) -> None:
    made = await client.create_conversation(talk("a", "b"))
    (row,) = await client.list_conversations()
    assert (row.id, row.label, row.folder) == (made.id, made.label, made.folder)
    assert (row.status, row.importance_score) == ("active", 5)
    assert (row.messages, row.message_count, row.created_at) == (None, None, None)
    assert row.updated_at == made.created_at


async def test_row_08_counts_are_exact(client: SekhaClient, here: Scene) -> None:
    fill(here, 3, label="Project")
    fill(here, 4, label="project")
    fill(here, 5, label="Project X", folder="/other")
    assert await client.count() == 12
    assert await client.count(label="Project") == 3
    assert await client.count(folder="/other") == 5
    assert await client.count(label="Project X", folder="/other") == 5
    assert await client.count(label="Project", folder="/other") == 0
    assert (await client.call(count_conversations, label="Project")).count == 12


async def test_row_25_times_are_aware_utc(client: SekhaClient) -> None:
    before = datetime.now(timezone.utc) - timedelta(seconds=1)
    made = await client.create_conversation(talk("a", importance_score=4))
    await client.move(made.id, "/elsewhere")
    stored = await client.get_conversation(made.id)
    (row,) = await client.list_conversations()
    (hit,) = await client.smart_query("a")
    after = datetime.now(timezone.utc) + timedelta(seconds=1)
    message = (stored.messages or ())[0]
    times = [made.created_at, stored.created_at, stored.updated_at, row.updated_at]
    for moment in [*times, message.timestamp, hit.timestamp]:
        assert moment is not None and moment.utcoffset() == timedelta(0)
        assert before <= moment <= after
    assert made.created_at == stored.created_at == message.timestamp
    assert stored.updated_at == row.updated_at


async def test_row_29_stats(client: SekhaClient, here: Scene) -> None:
    await client.create_conversation(talk(label="A", folder="/x", importance_score=9))
    fill(here, 2, label="B", folder="/y")
    everything = await client.stats()
    assert everything.total_conversations == 3
    assert everything.average_importance == pytest.approx(19 / 3)
    assert everything.folders == ("/x", "/y")
    assert (await client.stats(label="A")).average_importance == 9.0
    assert (await client.stats(folder="/y")).total_conversations == 2
    with pytest.raises(SekhaValidationError, match="not both"):
        await client.stats(label="A", folder="/x")


async def test_row_29_a_tool_that_says_200_and_means_failure(client: SekhaClient) -> None:
    body = MemoryStatsRequest(label="A", folder="/x")
    answer = await client.call(memory_stats, body=body)
    assert (answer.success, answer.data) == (False, None)
    assert "both" in (answer.error or "")


async def test_row_36_iterating_while_rows_jump_to_the_top(
    client: SekhaClient, here: Scene
) -> None:
    stored = fill(here, 700)
    seen = []
    async for each in client.iter_conversations():
        seen.append(each.id)
        if len(seen) % 100 == 0:
            # From the far end to the top, and one that was handed out already.
            here.controller.memory.change(stored[len(seen) // 100], status="archived")
            here.controller.memory.change(seen[5], label="Moved")
    assert len(seen) == len(set(seen))
    assert set(seen) == set(stored)


async def test_row_36_iterating_while_rows_above_are_deleted(
    client: SekhaClient, here: Scene
) -> None:
    stored = fill(here, 700)
    seen = []
    async for each in client.iter_conversations():
        seen.append(each.id)
        if len(seen) in (150, 350, 500):
            for gone in seen[-100:-80]:
                here.controller.memory.delete(gone)
    assert len(seen) == len(set(seen))
    assert set(seen) == set(stored)


async def test_row_36_a_change_brings_a_row_to_the_top(client: SekhaClient, here: Scene) -> None:
    stored = fill(here, 5)
    await client.pin(stored[1])
    await client.move(stored[3], "/elsewhere")
    listed = [each.id for each in await client.list_conversations()]
    assert listed[:2] == [stored[3], stored[1]]


async def test_row_26_all_four_forms_of_an_error_are_read(client: SekhaClient, here: Scene) -> None:
    with pytest.raises(SekhaAPIError) as json_with_code:
        await client.delete((await client.create_conversation(talk("a"))).id)
    assert (json_with_code.value.status_code, json_with_code.value.body[:9]) == (500, '{"error":')
    with pytest.raises(SekhaAPIError) as nothing:
        await client.call(memory_prune, body=MemoryPruneRequest(threshold_days=0))
    assert (nothing.value.status_code, nothing.value.body) == (500, "")
    here.controller.requests_per_minute = 0
    with pytest.raises(SekhaAPIError) as text:
        await client.options(deadline=1.0).count()
    assert (text.value.status_code, text.value.body[:10]) == (429, "Rate limit")
    here.controller.requests_per_minute = 100
    here.controller.key = here.controller.key[::-1]
    with pytest.raises(SekhaAPIError) as json_without_code:
        await client.stats()
    assert json_without_code.value.body == '{"error":"Invalid API key"}'
    for caught in (json_with_code, nothing, text, json_without_code):
        assert caught.value.message
