"""Taking conversations out, from the embedded controller."""

from __future__ import annotations

import json

from sekha import SekhaClient
from support.recorded_controller import talk

ODD = 'quotes " and \\ and \n lines, 日本語, \u2028 and 😀'


async def test_json_holds_everything_in_order(client: SekhaClient) -> None:
    made = await client.create_conversation(
        talk("one", ODD, "three", label="A", folder="/a", importance_score=7)
    )
    await client.archive(made.id)
    document = json.loads(await client.export(format="json"))
    assert document["schema"] and document["version"] == 1
    (record,) = document["conversations"]
    assert (record["id"], record["label"], record["folder"]) == (made.id, "A", "/a")
    assert (record["status"], record["importance_score"]) == ("archived", 7)
    assert [(each["role"], each["content"]) for each in record["messages"]] == [
        ("user", "one"),
        ("assistant", ODD),
        ("user", "three"),
    ]
    assert record["created_at"] and record["updated_at"]


async def test_json_is_what_export_gives_unasked(client: SekhaClient) -> None:
    await client.create_conversation(talk("one"))
    assert await client.export() == await client.export(format="json")


async def test_markdown_reads_well(client: SekhaClient) -> None:
    await client.create_conversation(talk("How long?", "Not long.", label="Talk about time"))
    markdown = await client.export(format="markdown")
    assert "# Talk about time\n" in markdown
    assert markdown.index("How long?") < markdown.index("Not long.")
    assert "user" in markdown and "assistant" in markdown


async def test_exports_filter_by_label_and_folder(client: SekhaClient) -> None:
    for label, folder in [("A", "/x"), ("A", "/y"), ("AB", "/x")]:
        await client.create_conversation(talk("a", label=label, folder=folder))

    def labels(text: str) -> list[tuple[str, str]]:
        return sorted((each["label"], each["folder"]) for each in json.loads(text)["conversations"])

    assert labels(await client.export(label="A")) == [("A", "/x"), ("A", "/y")]
    assert labels(await client.export(folder="/x")) == [("A", "/x"), ("AB", "/x")]
    assert labels(await client.export("A", folder="/x")) == [("A", "/x")]
    assert labels(await client.export("nothing")) == []
    assert await client.export("nothing", format="markdown") == ""


async def test_a_single_conversation_is_exported_in_the_same_form(client: SekhaClient) -> None:
    made = await client.create_conversation(talk("one", "two"))
    await client.create_conversation(talk("another"))
    single = json.loads(await client.export_single(made.id))
    everything = json.loads(await client.export())
    (record,) = single["conversations"]
    assert record in everything["conversations"] and len(everything["conversations"]) == 2
    markdown = await client.export_single(made.id, format="markdown")
    assert "one" in markdown and "another" not in markdown


async def test_more_than_a_page_is_exported(client: SekhaClient) -> None:
    for number in range(205):
        await client.create_conversation(talk(f"text {number}"))
    records = json.loads(await client.export())["conversations"]
    assert {each["messages"][0]["content"] for each in records} == {
        f"text {number}" for number in range(205)
    }
    assert len(records) == 205
