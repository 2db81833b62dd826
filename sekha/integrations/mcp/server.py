"""The server: its tools, resources and prompts."""

from __future__ import annotations

from contextlib import aclosing
from typing import Any

from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ResourceError, ResourceNotFoundError
from mcp_types import ToolAnnotations

from ..._async.client import SekhaClient
from ...errors import SekhaError, SekhaNotFoundError
from .._core import folders
from .._core.words import shortened
from . import answers
from .answers import LONGEST_MESSAGE, MOST_CHARACTERS, named
from .tools import ReadingTools, WritingTools

INSTRUCTIONS = (
    "A memory of earlier conversations. Before you answer what the user may have told before, call "
    "memory_recall with the question. When the user tells something that will matter later, call "
    "memory_store with their words, a short label and a folder such as /notes."
)
LISTED = 50


def memory_server(client: SekhaClient, *, read_only: bool = False) -> MCPServer[Any]:
    """A server over a memory; run it with its `run_stdio_async`, or with `serve_http`.

    Args:
        client: any async client. The caller closes it when the server has ended.
        read_only: leave out the tools that change something.
    """
    from ... import __version__

    server: MCPServer[Any] = MCPServer(
        "sekha-memory",
        title="Sekha memory",
        instructions=INSTRUCTIONS,
        version=__version__,
        log_level="WARNING",
    )
    # A model cannot choose its words by their bytes (compatibility row 3).
    client = client.options(align_multibyte=True)
    reading = ReadingTools(client)
    for tool in (
        reading.memory_recall,
        reading.memory_context,
        reading.memory_search,
        reading.memory_get_context,
        reading.memory_export,
        reading.memory_stats,
    ):
        server.add_tool(
            tool,
            description=_description(tool),
            annotations=ToolAnnotations(read_only_hint=True, open_world_hint=False),
        )
    if not read_only:
        _add_writing(server, WritingTools(client))
    _add_resources(server, client)
    _add_prompts(server, reading)
    return server


def _description(tool: Any) -> str:
    """What a tool says of itself, without the line breaks of its source."""
    return " ".join((tool.__doc__ or "").split())


def _add_writing(server: MCPServer[Any], writing: WritingTools) -> None:
    def add(tool: Any, *, destructive: bool, idempotent: bool) -> None:
        hints = ToolAnnotations(
            read_only_hint=False,
            destructive_hint=destructive,
            idempotent_hint=idempotent,
            open_world_hint=False,
        )
        server.add_tool(tool, description=_description(tool), annotations=hints)

    add(writing.memory_store, destructive=False, idempotent=False)
    add(writing.memory_update, destructive=True, idempotent=True)
    add(writing.memory_prune, destructive=True, idempotent=True)
    add(writing.memory_delete, destructive=True, idempotent=True)


def _add_resources(server: MCPServer[Any], client: SekhaClient) -> None:
    @server.resource("sekha://conversations", mime_type="text/markdown")
    async def conversations() -> str:
        """The conversations last changed, with the addresses of each."""
        lines: list[str] = []
        room = MOST_CHARACTERS
        try:
            async with aclosing(client.iter_conversations()) as rows:
                async for each in rows:
                    if folders.is_under(each.folder, folders.REMOVED):
                        continue
                    name = f"{named(each.label)} ({named(each.folder)})"
                    lines.append(f"- {name}: sekha://conversations/{each.id}")
                    room -= len(lines[-1]) + 1
                    if len(lines) >= LISTED or room < 0:
                        break
        except SekhaError as error:
            raise ResourceError(shortened(error.message, LONGEST_MESSAGE)) from error
        return "\n".join(lines)[:MOST_CHARACTERS] or "Nothing is stored yet."

    @server.resource("sekha://conversations/{conversation_id}", mime_type="text/markdown")
    async def conversation(conversation_id: str) -> str:
        """A conversation as Markdown, or its beginning if it is long."""
        try:
            text = await client.export_single(conversation_id, format="markdown")
        except SekhaNotFoundError as error:
            raise ResourceNotFoundError(error.message) from error
        except SekhaError as error:
            raise ResourceError(shortened(error.message, LONGEST_MESSAGE)) from error
        return text[:MOST_CHARACTERS]


def _add_prompts(server: MCPServer[Any], reading: ReadingTools) -> None:
    @server.prompt(title="Answer from memory")
    async def answer_from_memory(question: str) -> str:
        """A question with what the memory knows about it."""
        context: answers.Context = await reading.memory_context(question)
        known = context.text or "Nothing about this is stored."
        return f"From earlier conversations:\n\n{known}\n\nAnswer from these: {question}"

    @server.prompt(title="Remember this conversation")
    def remember_this(topic: str) -> str:
        """Asks the model to store what was said about a topic."""
        return (
            f"Store what we said about {topic} with memory_store: the user's own words and your "
            "answers as messages, a short label, and a folder that fits. Say what you stored."
        )
