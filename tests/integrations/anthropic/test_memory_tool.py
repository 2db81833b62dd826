"""The memory tool beside the SDK's own on a disk, for different users, and on both controllers."""

from __future__ import annotations

import re
import tempfile
from typing import Any

import pytest
from anthropic.lib.tools import ToolError
from anthropic.tools.memory import BetaLocalFilesystemMemoryTool
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sekha import SekhaClient, SyncSekhaClient
from sekha.integrations.anthropic import AsyncSekhaMemoryTool, SekhaMemoryTool

PATHS = ["/memories", "/memories/a.txt", "/memories/b/c.txt", "/memories/b", "/memories/b/d/e.md"]
paths = st.sampled_from(PATHS)
texts = st.text(alphabet="ab\n\r é", max_size=12)
commands = st.one_of(
    st.fixed_dictionaries({"command": st.just("create"), "path": paths, "file_text": texts}),
    st.fixed_dictionaries(
        {"command": st.just("str_replace"), "path": paths}
        | {
            name: st.text(alphabet="ab\n", min_size=1, max_size=2)
            for name in ("old_str", "new_str")
        }
    ),
    st.fixed_dictionaries(
        {"command": st.just("insert"), "path": paths, "insert_text": texts}
        | {"insert_line": st.integers(-1, 4)}
    ),
    st.fixed_dictionaries({"command": st.just("delete"), "path": paths}),
    st.fixed_dictionaries({"command": st.just("rename"), "old_path": paths, "new_path": paths}),
    st.fixed_dictionaries(
        {"command": st.just("view"), "path": paths}
        | {"view_range": st.none() | st.tuples(st.integers(0, 3), st.integers(-1, 4)).map(list)}
    ),
)


def outcome(tool: Any, command: dict[str, Any]) -> str:
    try:
        told = tool.call(command)
    except ToolError as error:
        return f"ToolError: {error}"
    except OSError:
        return "ToolError: of the operating system"
    # The size of a folder is its filesystem's own business, and so is one that is empty.
    lines = [re.sub(r"^[\d.]+[BKMG]\t", "", line) for line in told.split("\n")]
    return "\n".join(line for line in lines if not line.endswith("/"))


def ends_alike(ours: str, theirs: str) -> bool:
    if theirs == "ToolError: of the operating system":
        return ours.startswith("ToolError")
    return ours == theirs


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(commands, max_size=12))
def test_it_does_what_the_tool_on_a_disk_does(given_commands: list[dict[str, Any]]) -> None:
    with tempfile.TemporaryDirectory() as folder, SyncSekhaClient.local() as memory:
        theirs = BetaLocalFilesystemMemoryTool(folder)
        ours = SekhaMemoryTool(memory, "anna")
        for command in given_commands:
            left = {path for path in theirs.memory_root.rglob("*") if path.is_dir()}
            if any(not list(each.iterdir()) for each in left):
                return  # an empty folder is none here: from now on they differ
            assert ends_alike(outcome(ours, command), outcome(theirs, command)), command


def test_users_do_not_see_each_others_files(sync_client: SyncSekhaClient) -> None:
    anna, others = SekhaMemoryTool(sync_client, "anna"), ["ann", "anna/b", "..", "anna%2Fb", "ANNA"]
    anna.call({"command": "create", "path": "/memories/a.txt", "file_text": "of anna"})
    for user in others:
        tool = SekhaMemoryTool(sync_client, user)
        assert "a.txt" not in str(tool.call({"command": "view", "path": "/memories"}))
        tool.call({"command": "create", "path": "/memories/a.txt", "file_text": f"of {user}"})
    assert "of anna" in str(anna.call({"command": "view", "path": "/memories/a.txt"}))


async def test_all_commands_on_both_controllers(client: SekhaClient) -> None:
    tool = AsyncSekhaMemoryTool(client, "anna")

    async def call(command: str, **arguments: Any) -> str:
        return str(await tool.call({"command": command, **arguments}))

    await call("create", path="/memories/p/a.txt", file_text="one\ntwo\n")
    await call("str_replace", path="/memories/p/a.txt", old_str="two", new_str="zwei " + "ü" * 99)
    await call("insert", path="/memories/p/a.txt", insert_line=0, insert_text="null")
    await call("rename", old_path="/memories/p", new_path="/memories/q")
    assert "zwei ü" in await call("view", path="/memories/q/a.txt")
    found = {each.folder for each in await client.search("zwei")}
    assert "/agents/anna/==memories" in found
    assert found <= {"/agents/anna/==memories", "/removed/agents/anna/==memories"}
    await call("delete", path="/memories/q")
    with pytest.raises(ToolError, match="does not exist"):
        await call("view", path="/memories/q/a.txt")
    assert await client.list_conversations(folder="/agents/anna/==memories") == []
    await call("create", path="/memories/x", file_text="x")
    assert await tool.clear_all_memory() == "All memory cleared"


def test_a_memory_that_does_not_answer_is_told_to_the_model(sync_client: SyncSekhaClient) -> None:
    tool = SekhaMemoryTool(sync_client, "anna")
    sync_client.close()
    with pytest.raises(ToolError, match="closed"):
        tool.call({"command": "view", "path": "/memories"})


def test_two_that_change_a_file_at_once_lose_nothing(sync_client: SyncSekhaClient) -> None:
    one, other = SekhaMemoryTool(sync_client, "anna"), SekhaMemoryTool(sync_client, "anna")
    one.call({"command": "create", "path": "/memories/a", "file_text": "start"})
    stale = other._files._file("/memories/a")
    one.call(
        {"command": "str_replace", "path": "/memories/a", "old_str": "start", "new_str": "one"}
    )
    with pytest.raises(Exception, match="changed meanwhile"):
        other._files._change("/memories/a", stale, "other")
    assert one._files.contents() == {"/memories/a": "one"}
