"""What the pages show and do, over the embedded controller and one that behaves as the public one."""

from __future__ import annotations

import asyncio
import json
import re
from datetime import datetime, timedelta, timezone
from html import unescape
from pathlib import Path

import pytest

from sekha import MessageDto, NewConversation, SekhaClient
from sekha.browse.markdown import LONGEST, rendered
from sekha.browse.text import Marker, passage
from support.recorded_controller import scene

from .conftest import Page, opened


async def test_the_list_and_its_filters(page: Page) -> None:
    assert await page.labels() == ["Costs", "Prompts", "Garden"]
    assert await page.labels("/?under=/work") == ["Costs", "Prompts"]
    assert await page.labels("/?under=/wor") == []
    assert await page.labels("/?label=Prompts") == ["Prompts"]
    assert await page.labels("/?source=chatgpt") == ["Garden"]
    assert await page.labels("/?importance=6") == ["Prompts"]
    assert await page.labels("/?since=2024-05-01&until=2024-05-01") == ["Prompts"]
    assert await page.labels("/?until=2024-04") == ["Garden"]
    assert await page.labels("/?status=archived") == []
    assert await page.labels("/?source=claude&under=/home") == []
    assert "from:" in (await page.get("/?since=never", part=True)).text
    whole = await page.get("/?under=/work")
    assert "<!doctype html>" in whole.text and 'value="/work" checked' in whole.text
    part = await page.get("/?under=/work&label=&q=", part=True)
    assert part.headers["hx-push-url"] == "/?under=%2Fwork"


@pytest.mark.parametrize("how", ["recall", "words", "meaning", "exact"])
async def test_searches(page: Page, how: str) -> None:
    found = await page.get(f"/?q=tomatoes+watered&how={how}", part=True)
    if how == "exact":
        assert await page.labels(f"/?q=are+the+tomatoes&how={how}") == ["Garden"]
        assert await page.labels(f"/?q=tomatoes+the+are&how={how}") == []
        found = await page.get(f"/?q=tomatoes&how={how}", part=True)
    assert (await page.labels(f"/?q=tomatoes&how={how}"))[0] == "Garden"
    assert ("<mark>tomatoes</mark>" in found.text) == (how != "meaning")
    assert await page.labels(f"/?q=tomatoes&how={how}&source=claude") in ([], ["Prompts"])
    turn = re.search(r'class="hit"[^>]*href="([^"]+)"', found.text)
    assert turn is not None
    opened_turn = (await page.get(unescape(turn[1]), part=True)).text
    assert opened_turn.count("wanted") == 1


async def test_a_conversation(page: Page) -> None:
    (garden,) = await page.ids("/?label=Garden")
    shown = (await page.get(f"/c/{garden}?q=sun")).text
    assert "<strong>morning</strong>" in shown and "<mark>sun</mark>" in shown
    assert "5 Mar 2024" in shown and "from chatgpt" in shown
    after = shown.index("After this")
    assert shown.index(">Prompts<", after) > 0 and "Before this" not in shown
    assert (await page.get("/c/00000000-0000-0000-0000-000000000001")).status_code == 404
    assert (await page.get("/c/nonsense")).status_code == 404


async def test_a_long_conversation_comes_in_pieces(client: SekhaClient) -> None:
    messages = [MessageDto("user", f"said {number}.") for number in range(75)]
    messages[40] = MessageDto("user", "long " * LONGEST + "end")
    stored = await client.create_conversation(NewConversation("Long", messages))
    read = await client.get_conversation(stored.id)
    assert read.messages is not None
    async with opened(client) as page:
        text = (await page.get(f"/c/{stored.id}")).text
        seen = re.findall(r"said (\d+)\.", text)
        for _ in range(3):
            more = re.search(r'hx-get="([^"]+/messages[^"]+)" hx-trigger="intersect', text)
            if more is None:
                break
            text = (await page.get(unescape(more[1]), part=True)).text
            seen += re.findall(r"said (\d+)\.", text)
        assert [int(each) for each in seen] == [each for each in range(75) if each != 40]
        # From a turn in the middle on, the earlier ones are asked for.
        text = (await page.get(f"/c/{stored.id}?m={read.messages[50].id}")).text
        assert "said 47." in text and "said 46." not in text and "earlier messages" in text
        earlier = re.search(r'hx-get="([^"]+last=\d+)"', text)
        assert earlier is not None
        text = (await page.get(unescape(earlier[1]), part=True)).text
        assert "said 46." in text and "said 47." not in text and "said 17." in text
        whole = (await page.get(f"/c/{stored.id}/message/40", part=True)).text
        assert whole.count("long ") == LONGEST and "end" in whole
        assert (await page.get(f"/c/{stored.id}/message/99")).status_code == 404


async def test_the_list_goes_on_as_it_is_scrolled(client: SekhaClient) -> None:
    start = datetime(2025, 1, 1, tzinfo=timezone.utc)
    for number in range(130):
        said = MessageDto("user", "x", start + timedelta(hours=number))
        await client.create_conversation(NewConversation(f"n{number}", [said], "/many"))
    async with opened(client) as page:
        text = (await page.get("/?under=/many", part=True)).text
        seen: list[str] = []
        while True:
            seen += re.findall(r'class="label"[^>]*>([^<]*)<', text)
            more = re.search(r'hx-get="(/more[^"]+)"', text)
            if more is None:
                break
            # What comes in meanwhile moves nothing: neither twice nor left out.
            await client.create_conversation(
                NewConversation("new", [MessageDto("u", "x")], "/many")
            )
            text = (await page.get(unescape(more[1]), part=True)).text
    assert seen == [f"n{number}" for number in reversed(range(130))]


async def test_edits_and_undo(page: Page, client: SekhaClient) -> None:
    ids = await page.ids("/?under=/work")
    before = {each: await client.get_conversation(each) for each in ids}

    async def undo(answer: str) -> str:
        step = re.search(r'"step": "([^"]+)"', answer)
        assert step is not None, answer
        undone = (await page.post("/undo", {"step": step[1]})).text
        assert (await page.post("/undo", {"step": step[1]})).status_code == 422
        return undone

    for body, changed in (
        ({"action": "archive"}, lambda now: now.status == "archived"),
        ({"action": "pin"}, lambda now: now.pinned),
        ({"action": "move", "folder": "/new"}, lambda now: now.folder == "/new"),
        ({"action": "label", "label": "New"}, lambda now: now.label == "New"),
        (
            {"action": "edit", "label": "A", "folder": "/b"},
            lambda now: (now.label, now.folder) == ("A", "/b"),
        ),
    ):
        answer = (await page.post("/act", {**body, "ids": ids})).text
        assert "2 conversations" in answer
        for each in ids:
            assert changed(await client.get_conversation(each)), body
        assert "Undone" in await undo(answer)
        for each in ids:
            now, then = await client.get_conversation(each), before[each]
            for name in ("label", "folder", "status", "importance_score"):
                assert getattr(now, name) == getattr(then, name), (body, name)
    assert await page.ids("/?under=/work") == ids

    deleted = (await page.post("/act", {"action": "delete", "ids": ids[0]})).text
    assert await client.count() == 2 and await page.ids("/?under=/work") == ids[1:]
    assert "back under a new id" in await undo(deleted)
    (again,) = await client.list_conversations(before[ids[0]].label)
    restored = await client.get_conversation(again.id)
    assert [m.content for m in restored.messages or ()] == [
        m.content for m in before[ids[0]].messages or ()
    ]


async def test_what_cannot_be_done_is_said(page: Page) -> None:
    ids = await page.ids()
    for body, said in (
        ({"action": "label", "label": " ", "ids": ids[0]}, "label"),
        ({"action": "explode", "ids": ids[0]}, "no such action"),
        ({"action": "pin"}, "choose a conversation"),
    ):
        answer = await page.post("/act", body)
        assert answer.status_code == 422 and said in answer.text


async def test_all_that_filters_leave(page: Page, client: SekhaClient) -> None:
    body = {"action": "archive", "all": "1", "filters": "under=%2Fwork", "ids": "nonsense"}
    assert "2 conversations" in (await page.post("/act", body)).text
    statuses = {each.label: each.status for each in await client.list_conversations()}
    assert statuses == {"Garden": "active", "Prompts": "archived", "Costs": "archived"}


async def test_the_export_of_a_selection_can_be_restored(page: Page, tmp_path: Path) -> None:
    ids = await page.ids("/?under=/work")
    for format, name in (
        ("json", "memory.json"),
        ("jsonl", "memory.jsonl"),
        ("markdown", "memory.md"),
    ):
        answer = await page.post("/export", {"ids": ids, "format": format})
        assert name in answer.headers["content-disposition"]
        (tmp_path / name).write_bytes(answer.content)
    assert "# Prompts" in (tmp_path / "memory.md").read_text()
    for name in ("memory.json", "memory.jsonl"):
        async with SekhaClient.local() as other:
            assert (await other.restore(tmp_path / name)).stored == 2
            assert {each.label for each in await other.list_conversations()} == {"Costs", "Prompts"}


async def test_an_import_stops_and_goes_on(page: Page, client: SekhaClient) -> None:
    chats = [
        {"id": f"c{n}", "conversations": [{"from": "human", "value": f"question {n}"}]}
        for n in range(40)
    ]
    file = json.dumps(chats).encode()

    async def send(name: str, body: bytes) -> str:
        answer = await page.http.post(
            f"/import?name={name}", content=body, headers={"origin": "http://127.0.0.1:8091"}
        )
        assert answer.status_code == 201, answer.text
        found = re.search(r'id="job-([^"]+)"', answer.text)
        assert found is not None
        return found[1]

    async def ended(job: str) -> str:
        async with asyncio.timeout(60):
            while "load delay" in (text := (await page.get(f"/import/{job}")).text):
                await asyncio.sleep(0.02)
        return text

    first = await send("../../chats.json", file)
    stopped = (await page.post(f"/import/{first}/stop")).text
    assert "stopped" in stopped and "Go on" in stopped and ">chats.json<" in stopped
    await page.post(f"/import/{first}/resume")
    report = await ended(first)
    assert "chats.json: sharegpt" in report and "40 read" in report, report
    assert await client.count() == 43
    again = await ended(await send("renamed.json", file))
    assert "40 unchanged since they were stored" in again
    assert await client.count() == 43
    assert "failed" in await ended(await send("notes.txt", b"no chats at all"))
    assert (await page.get("/import/none")).status_code == 404
    assert len(await page.ids("/?q=question+7&how=words")) == 1


async def test_the_context_and_why(page: Page) -> None:
    built = await page.post("/context", {"question": "When are tomatoes watered?", "budget": "200"})
    assert "has the words tomatoes, watered" in unescape(built.text)
    assert 'max="200"' in built.text and "In the **morning**" in built.text
    assert "must not be empty" in (await page.post("/context", {"question": " "})).text


async def test_the_overview_leads_into_the_list(page: Page) -> None:
    text = (await page.get("/overview")).text
    assert "Messages by month and source" in text and "May 2024: 2 messages" in text
    for link in re.findall(r'href="(/\?[^"]+)"', text):
        assert await page.ids(unescape(link)), link
    month = re.search(r'href="([^"]+)" aria-label="Mar 2024', text)
    assert month is not None and await page.labels(unescape(month[1])) == ["Garden"]


async def test_tidying_one_by_one(page: Page, client: SekhaClient) -> None:
    async def shown(text: str) -> str:
        found = re.search(r'name="id" value="([^"]+)"', text)
        return found[1] if found else ""

    text = (await page.get("/tidy?days=30&importance=5")).text
    assert "1 of 2" in text
    first = await shown(text)
    await page.ids()
    body = {"id": first, "decision": "archive", "days": "30", "importance": "5"}
    text = (await page.post("/tidy", body)).text
    second = await shown(text)
    assert second not in ("", first) and "2 of 2" in text and "Undo" in text
    text = (await page.post("/tidy", {**body, "id": second, "decision": "keep"})).text
    assert "all of them" in text
    statuses = {each.id: each.status for each in await client.list_conversations()}
    assert statuses[first] == "archived" and statuses[second] == "active"


async def test_over_a_controller_as_the_public_one() -> None:
    with scene() as here:
        async with SekhaClient(here.config()) as client:
            for number, folder in enumerate(("/home", "/home/garden", "/work")):
                said = [MessageDto("user", f"Where do the tomatoes of bed {number} grow?")]
                await client.create_conversation(NewConversation(f"Bed {number}", said, folder))
            async with opened(client) as page:
                assert set(await page.labels()) == {"Bed 0", "Bed 1", "Bed 2"}
                ids = await page.ids("/?under=/home")
                assert len(ids) == 2
                assert len(await page.ids("/?q=tomatoes&under=/home")) == 2
                refused = (await page.post("/act", {"action": "delete", "ids": ids[0]})).text
                assert "cannot delete" in refused and "archive it instead" in refused
                assert "Deleted" not in refused and await client.count() == 3
                done = (await page.post("/act", {"action": "archive", "ids": ids[0]})).text
                step = re.search(r'"step": "([^"]+)"', done)
                assert step is not None and "archived</span>" in done
                undone = (await page.post("/undo", {"step": step[1]})).text
                assert "cannot take that back" in undone and "archived</span>" in undone
                # Now it is known, and not offered again.
                assert (
                    "undo" not in (await page.post("/act", {"action": "pin", "ids": ids[1]})).text
                )
                moved = (
                    await page.post("/act", {"action": "label", "label": "B", "ids": ids[1]})
                ).text
                step = re.search(r'"step": "([^"]+)"', moved)
                assert step is not None
                assert "Undone" in (await page.post("/undo", {"step": step[1]})).text
                overview = (await page.get("/overview")).text
                assert "does not tell when things were said" in overview
                assert "no other place for it" in (await page.get("/import")).text


async def test_a_memory_that_cannot_be_read_is_said() -> None:
    from sekha import ClientConfig

    config = ClientConfig(
        api_key="not-a-real-key-only-for-these-tests",
        base_url="http://127.0.0.1:9",
        max_retries=0,
    )
    async with SekhaClient(config) as client, opened(client) as page:
        assert "does not answer" in (await page.get("/")).text
        assert "does not answer" in (await page.get("/?q=tomatoes")).text
        assert (await page.get("/c/00000000-0000-0000-0000-000000000001")).status_code == 502


def test_markdown_code_and_formulas() -> None:
    text = rendered(
        "# Title\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```python\ndef f(): ...\n```\n\n"
        r"$\frac{a}{b}$ \(c<d\) \[e^2\] $5 and $6, **bold** <b>no</b>" + "\n\n1. one\n2. two\n"
    )
    assert "<h3>Title</h3>" in text and "<td>1</td>" in text and "<ol>" in text
    assert '<span class="hl-k">def</span>' in text and "<mfrac>" in text
    assert '<math display="block">' in text and "<mo>&lt;</mo>" in text
    assert "$5 and $6" in text and "&lt;b&gt;no&lt;/b&gt;" in text


def test_marks() -> None:
    assert Marker.of("Running dogs").html("He runs; the dog <ran>") == (
        "He <mark>runs</mark>; the <mark>dog</mark> &lt;ran&gt;"
    )
    assert Marker.of("日本語", "recall").html("私は日本語を話します").count("<mark>") == 1
    assert Marker.of("Café").html("a CAFE") == "a <mark>CAFE</mark>"
    assert Marker.of("a.b(", "exact").html("x A.B( y") == "x <mark>A.B(</mark> y"
    cut = passage("filler " * 200 + "tomatoes " + "more " * 200, Marker.of("tomatoes"))
    assert "<mark>tomatoes</mark>" in cut and cut.startswith("…") and len(cut) < 300
