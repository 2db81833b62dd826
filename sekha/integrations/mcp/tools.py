"""The tools: the seven of Sekha's own MCP server, and those that it lacks."""

from __future__ import annotations

import json
from typing import Annotated, Literal

from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.mcpserver.resolve import Elicit, Resolve
from pydantic import BaseModel, Field

from sekha_api import models as api
from sekha_api.api.tools import memory_update
from sekha_api.types import UNSET

from ... import models
from ..._async.client import SekhaClient
from ..._core.wire.roles import RECORD_ROLE
from ...errors import (
    SekhaAuthError,
    SekhaConnectionError,
    SekhaDeleteError,
    SekhaError,
    SekhaNotFoundError,
    SekhaUnavailableError,
)
from .._async.finding import recall_under
from .._async.rows import Rows
from .._core import folders
from .._core.codec import texts
from .._core.words import shortened
from . import answers
from .answers import LONGEST_MESSAGE, MOST_CHARACTERS, named

MOST_RESULTS = 50
MOST_SUGGESTIONS = 50
MOST_ASKED = 1_000

Limit = Annotated[int, Field(ge=1, le=MOST_RESULTS, description="How many results at most.")]
Id = Annotated[str, Field(description="A conversation's id, as other tools give it.")]
Query = Annotated[str, Field(min_length=1, description="What to look for, in plain words.")]
Folder = Annotated[str, Field(min_length=1, description='A folder, such as "/work/api".')]
Label = Annotated[str, Field(min_length=1, description="A short title.")]
Importance = Annotated[int, Field(ge=1, le=10, description="1 to 10; 10 pins.")]


class Agreed(BaseModel):
    """Whether to go on."""

    go_on: bool = Field(True, description="Go on?")


def explained(error: SekhaError) -> ToolError:
    """An error that a model can act on."""
    match error:
        case SekhaNotFoundError():
            hint = "Look for the conversation with memory_recall; ids are UUIDs."
        case SekhaAuthError():
            hint = "The user has to set the controller's key (SEKHA_API_KEY)."
        case SekhaConnectionError():
            hint = "The memory is not running: tell the user, and go on without it."
        case SekhaUnavailableError():
            hint = "The memory cannot search by meaning now: try again later."
        case _:
            return ToolError(shortened(error.message, LONGEST_MESSAGE))
    return ToolError(f"{shortened(error.message, LONGEST_MESSAGE)}. {hint}")


async def _asks(context: Context, question: str) -> Agreed | Elicit[Agreed]:
    capabilities = context.client_capabilities
    if capabilities is None or capabilities.elicitation is None:
        return Agreed(go_on=True)
    return Elicit(question, Agreed)


async def ask_to_delete(conversation_id: str, context: Context) -> Agreed | Elicit[Agreed]:
    """The question before a conversation is deleted, where the host can ask it."""
    return await _asks(context, f"Delete conversation {conversation_id} from the memory?")


async def ask_to_prune(archive: bool, context: Context) -> Agreed | Elicit[Agreed]:
    """The question before conversations are archived, where the host can ask it."""
    if not archive:
        return Agreed(go_on=True)
    return await _asks(context, "Archive all conversations that the memory suggests?")


class ReadingTools:
    """The tools that change nothing."""

    def __init__(self, client: SekhaClient) -> None:
        self.client = client

    async def memory_recall(
        self, query: Query, limit: Limit = 8, folder: Folder | None = None
    ) -> answers.Found:
        """Find the messages that answer a question best, by words and meaning together. Use this
        first. With a folder, only in it and below it."""
        try:
            results = await recall_under(self.client, query, limit, folder)
        except SekhaError as error:
            raise explained(error) from error
        return answers.found(query, results)

    async def memory_context(
        self,
        query: Query,
        budget: Annotated[int, Field(ge=50, le=5_000, description="Tokens at most.")] = 2_000,
        labels: list[Label] | None = None,
    ) -> answers.Context:
        """Get text for a prompt: what bears on a question, filled up to a budget of tokens.
        Messages of the labels count as closer."""
        try:
            made = await self.client.assemble_context(
                query, labels, budget, excluded_folders=[folders.REMOVED]
            )
        except SekhaError as error:
            raise explained(error) from error
        return answers.Context(
            query=shortened(query, LONGEST_MESSAGE),
            text=made.formatted_context,
            estimated_tokens=made.estimated_tokens,
            budget=budget,
        )

    async def memory_search(
        self, query: Query, limit: Limit = 10, filter_labels: list[Label] | None = None
    ) -> answers.Found:
        """Find messages close in meaning. memory_recall finds more, for it knows words too."""
        asked = limit
        try:
            while True:
                response = await self.client.smart_query(query, asked)
                found = [
                    each
                    for each in response
                    if (not filter_labels or each.label in filter_labels)
                    and each.role != RECORD_ROLE
                    and not folders.is_under(each.folder, folders.REMOVED)
                ]
                if len(found) >= limit or len(response) < asked or asked >= MOST_ASKED:
                    return answers.found(query, found[:limit])
                asked = min(asked * 5, MOST_ASKED)
        except SekhaError as error:
            raise explained(error) from error

    async def memory_get_context(self, conversation_id: Id) -> answers.Whole:
        """Read a conversation with its messages."""
        try:
            return answers.whole(await self.client.get_conversation(conversation_id))
        except SekhaError as error:
            raise explained(error) from error

    async def memory_export(
        self,
        conversation_id: Id,
        format: Literal["markdown", "json"] = "markdown",
        include_metadata: bool = True,
    ) -> answers.Exported:
        """Get a conversation as Markdown or JSON; without metadata, its messages alone."""
        try:
            if include_metadata:
                text = await self.client.export_single(conversation_id, format=format)
            else:
                stored = await self.client.get_conversation(conversation_id)
                said = [(each.role, each.content) for each in texts(stored.messages or ())]
                text = (
                    json.dumps([{"role": role, "content": told} for role, told in said])
                    if format == "json"
                    else "\n\n".join(f"**{role}**: {told}" for role, told in said)
                )
        except SekhaError as error:
            raise explained(error) from error
        return answers.Exported(
            conversation_id=conversation_id,
            format=format,
            text=text[:MOST_CHARACTERS],
            cut=len(text) > MOST_CHARACTERS,
        )

    async def memory_stats(self, folder: Folder | None = None) -> answers.Stats:
        """Count the conversations, of all the memory or of exactly one folder."""
        try:
            return answers.stats(await self.client.stats(folder))
        except SekhaError as error:
            raise explained(error) from error


class WritingTools:
    """The tools that change something."""

    def __init__(self, client: SekhaClient) -> None:
        self.client = client

    async def memory_store(
        self,
        label: Label,
        messages: Annotated[list[answers.GivenMessage], Field(min_length=1)],
        folder: Folder = "/",
        importance_score: Importance | None = None,
    ) -> answers.Stored:
        """Store something for later: what the user told, decided or asked to remember."""
        if any(each.role.strip() == RECORD_ROLE for each in messages):
            raise ToolError(f"The role {RECORD_ROLE} is for programs: give the one who says it.")
        new = models.NewConversation(
            label=label,
            folder=folder,
            messages=[models.MessageDto(each.role, each.content) for each in messages],
            importance_score=importance_score,
        )
        try:
            made = await self.client.create_conversation(new)
        except SekhaError as error:
            raise explained(error) from error
        return answers.Stored(
            conversation_id=made.id,
            label=named(label),
            folder=named(folder),
            message_count=len(messages),
        )

    async def memory_update(
        self,
        conversation_id: Id,
        label: Label | None = None,
        folder: Folder | None = None,
        importance_score: Importance | None = None,
    ) -> answers.Changed:
        """Give a conversation another label, folder or importance."""
        if label is None and folder is None and importance_score is None:
            raise ToolError("Give a label, a folder or an importance_score to change.")
        try:
            stored = await self.client.get_conversation(conversation_id)
            body = api.MemoryUpdateRequest(
                conversation_id=stored.id,
                label=UNSET if label is None else label,
                folder=UNSET if folder is None else folder,
                importance_score=UNSET if importance_score is None else importance_score,
            )
            await self.client.call(memory_update, body=body)
            changed = await self.client.get_conversation(stored.id)
        except SekhaError as error:
            raise explained(error) from error
        note = None
        if importance_score is not None and changed.importance_score != importance_score:
            note = "This controller does not change the importance of what is stored."
        return answers.Changed(
            conversation_id=changed.id,
            label=named(changed.label),
            folder=named(changed.folder),
            importance_score=changed.importance_score,
            note=note,
        )

    async def memory_prune(
        self,
        agreed: Annotated[Agreed, Resolve(ask_to_prune)],
        threshold_days: Annotated[int, Field(ge=0, le=36_500)] = 30,
        importance_threshold: Annotated[float, Field(ge=0, le=10)] = 5.0,
        archive: Annotated[bool, Field(description="Archive them, not only list them.")] = False,
    ) -> answers.Pruning:
        """List what could be archived: unchanged for so many days, of so little importance, and not
        pinned. Archived conversations stay readable and are still found."""
        try:
            every = await self.client.get_pruning_suggestions(threshold_days, importance_threshold)
            shown = answers.pruning(every, MOST_SUGGESTIONS)
            if archive and agreed.go_on and shown.suggestions:
                await self.client.execute_prune(
                    [each.conversation_id for each in shown.suggestions]
                )
                shown.archived = len(shown.suggestions)
        except SekhaError as error:
            raise explained(error) from error
        return shown

    async def memory_delete(
        self, conversation_id: Id, agreed: Annotated[Agreed, Resolve(ask_to_delete)]
    ) -> answers.Removed:
        """Delete a conversation for good. Where the controller cannot, it is moved out of sight and
        archived."""
        if not agreed.go_on:
            return answers.Removed(
                conversation_id=conversation_id, outcome="kept: the user said no"
            )
        try:
            stored = await self.client.get_conversation(conversation_id)
            rows = Rows(self.client)
            try:
                await rows.delete(stored)
                outcome = "deleted"
            except SekhaDeleteError:
                await rows.remove(stored)
                outcome = f"moved to {named(folders.removed(stored.folder))} and archived"
        except SekhaError as error:
            raise explained(error) from error
        return answers.Removed(conversation_id=stored.id, outcome=outcome)
