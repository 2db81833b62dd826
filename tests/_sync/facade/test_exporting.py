"""Taking conversations out, from the embedded controller."""

from __future__ import annotations

import json

from sekha import SyncSekhaClient
from support.recorded_controller import talk

ODD = 'quotes " and \\ and \n lines, 日本語, \u2028 and 😀'


def test_json_holds_everything_in_order(client: SyncSekhaClient) -> None:
    made = client.create_conversation(
        talk("one", ODD, "three", label="A", folder="/a", importance_score=7)
    )
    client.archive(made.id)
    document = json.loads(client.export(format="json"))
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


def test_json_is_what_export_gives_unasked(client: SyncSekhaClient) -> None:
    client.create_conversation(talk("one"))
    assert client.export() == client.export(format="json")


def test_markdown_reads_well(client: SyncSekhaClient) -> None:
    client.create_conversation(talk("How long?", "Not long.", label="Talk about time"))
    markdown = client.export(format="markdown")
    assert "# Talk about time\n" in markdown
    assert markdown.index("How long?") < markdown.index("Not long.")
    assert "user" in markdown and "assistant" in markdown


def test_exports_filter_by_label_and_folder(client: SyncSekhaClient) -> None:
    for label, folder in [("A", "/x"), ("A", "/y"), ("AB", "/x")]:
        client.create_conversation(talk("a", label=label, folder=folder))

    def labels(text: str) -> list[tuple[str, str]]:
        return sorted((each["label"], each["folder"]) for each in json.loads(text)["conversations"])

    assert labels(client.export(label="A")) == [("A", "/x"), ("A", "/y")]
    assert labels(client.export(folder="/x")) == [("A", "/x"), ("AB", "/x")]
    assert labels(client.export("A", folder="/x")) == [("A", "/x")]
    assert labels(client.export("nothing")) == []
    assert client.export("nothing", format="markdown") == ""


def test_a_single_conversation_is_exported_in_the_same_form(client: SyncSekhaClient) -> None:
    made = client.create_conversation(talk("one", "two"))
    client.create_conversation(talk("another"))
    single = json.loads(client.export_single(made.id))
    everything = json.loads(client.export())
    (record,) = single["conversations"]
    assert record in everything["conversations"] and len(everything["conversations"]) == 2
    markdown = client.export_single(made.id, format="markdown")
    assert "one" in markdown and "another" not in markdown


def test_more_than_a_page_is_exported(client: SyncSekhaClient) -> None:
    for number in range(205):
        client.create_conversation(talk(f"text {number}"))
    records = json.loads(client.export())["conversations"]
    assert {each["messages"][0]["content"] for each in records} == {
        f"text {number}" for number in range(205)
    }
    assert len(records) == 205
