"""Rows 6, 8, 15 and 37: a controller that knows no such filter, and what the client does instead."""

from __future__ import annotations

from datetime import datetime, timezone

from sekha import SyncSekhaClient
from support.recorded_controller import talk


def test_rows_6_15_and_37_what_is_not_filtered_there_is_filtered_here(
    client: SyncSekhaClient,
) -> None:
    for folder in ("/work", "/work/api", "/workshop"):
        client.create_conversation(talk(f"The walrus of {folder}", folder=folder))
    between = datetime.now(timezone.utc)
    client.create_conversation(talk("The walrus of later", folder="/work"))
    below, later = {"/work", "/work/api"}, {"The walrus of later"}
    listed = client.list_conversations(under="/work")
    assert [each.folder for each in listed] == ["/work", "/work/api", "/work"]
    assert client.count(under="/work") == 3
    assert len(client.list_conversations(since=between)) == 1
    assert len(client.list_conversations(until=between)) == 3
    assert {each.folder for each in client.search("walrus", under="/work")} == below
    assert {each.folder for each in client.smart_query("walrus", under="/work")} == below
    assert {each.folder for each in client.recall("walrus", under="/work")} == below
    context = client.assemble_context("walrus", under="/work")
    assert {each.folder for each in context.messages} == below
    (searched,) = client.search("walrus", since=between)
    assert {each.content for each in searched.messages or ()} == later
    assert {each.content for each in client.smart_query("walrus", since=between)} == later
    assert {each.content for each in client.recall("walrus", since=between)} == later
    context = client.assemble_context("walrus", since=between)
    assert {each.content for each in context.messages} == later


def test_row_15_what_is_closest_of_a_folder_is_found_behind_many_others(
    client: SyncSekhaClient,
) -> None:
    for number in range(25):
        client.create_conversation(talk(f"walrus {number}", folder="/near"))
    client.create_conversation(talk("Quarterly figures", folder="/far"))
    found = client.smart_query("walrus", limit=2, folder="/far")
    assert [each.content for each in found] == ["Quarterly figures"]
