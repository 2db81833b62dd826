"""Searches of the page, over the client's own: what matched, by conversation."""

from __future__ import annotations

from collections.abc import Iterable, Set

from attrs import define, field, frozen
from markupsafe import Markup

from .._async.client import SekhaClient
from ..models import Conversation, RecallResult, SearchResult
from .catalogue import Catalogue
from .filters import Filters
from .text import Marker, passage

PAGE = 40
MOST = 400
"""Messages that are asked for at most."""
PASSAGES = 3
"""Of one conversation that are shown."""
WIDER = 5
"""So many times more are asked for where the controller does not know a filter."""


@frozen
class Hit:
    """A message that was found.

    Attributes:
        passage: the part of it that matched, marked.
        why: what it was found for, for people.
    """

    message_id: str | None
    role: str
    passage: Markup
    why: str = ""


@define
class Found:
    """A conversation in which something was found."""

    row: Conversation
    hits: list[Hit] = field(factory=list)
    more: int = 0


@frozen
class _Match:
    conversation: Conversation
    message_id: str | None
    role: str | None
    content: str
    why: str


async def find(
    client: SekhaClient, catalogue: Catalogue, filters: Filters, limit: int
) -> tuple[list[Found], bool]:
    """The conversations that a search finds, the best first, and whether there may be more.

    Args:
        limit: messages; by words alone, conversations.

    Raises:
        SekhaError: as the client's searches do.
    """
    wanted = filters.wanted(catalogue, searched=True)
    asked = min(MOST, limit if wanted is None else limit * WIDER)
    matches = await _search(client, filters, asked)
    by_id: dict[str, Found] = {}
    marker = Marker.of(filters.q, filters.how)
    for match in _wanted(matches, catalogue, wanted):
        found = by_id.setdefault(match.conversation.id, Found(match.conversation))
        if len(found.hits) == PASSAGES:
            found.more += 1
            continue
        text = passage(match.content, marker)
        found.hits.append(Hit(match.message_id, match.role or "", text, match.why))
    return list(by_id.values())[:limit], len(matches) >= asked and limit < MOST


def _wanted(
    matches: Iterable[_Match], catalogue: Catalogue, wanted: Set[str] | None
) -> Iterable[_Match]:
    for match in matches:
        if wanted is None or match.conversation.id in wanted:
            row = catalogue.get(match.conversation.id) or match.conversation
            yield _Match(row, match.message_id, match.role, match.content, match.why)


async def _search(client: SekhaClient, filters: Filters, limit: int) -> list[_Match]:
    label, under = filters.label or None, filters.under or None
    since, until = filters.times()
    if filters.how == "meaning":
        answer = await client.smart_query(
            filters.q, limit, label=label, under=under, since=since, until=until
        )
        return [_match(each, f"{each.similarity:.0%} alike in meaning") for each in answer]
    if filters.how == "recall":
        recalled = await client.recall(
            filters.q, limit, label, under=under, since=since, until=until
        )
        return [
            _match(
                each,
                "" if each.matched else "by its meaning" if each.similarity else "beside a match",
            )
            for each in recalled
        ]
    query = filters.q
    if filters.how == "exact":
        query = '"' + query.replace('"', " ") + '"'
    found = await client.search(query, label, limit, under=under, since=since, until=until)
    return [
        _Match(each, message.id, message.role, message.content, "")
        for each in found
        for message in each.messages or ()
    ]


def _match(found: RecallResult | SearchResult, why: str) -> _Match:
    where = Conversation(found.conversation_id, found.label, found.folder)
    return _Match(where, found.message_id, found.role, found.content, why)
