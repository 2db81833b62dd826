"""Chatbox's export of its data: an object with an entry for each session."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .. import branches, chat
from ..drafts import FOREIGN, OTHER_BRANCH, Conversion, Draft, Skip, Turn
from ..texts import identity, text_of
from ..times import moment

NAME = "chatbox"
TITLE = "Chatbox"
HOW = "Settings > General > Data backup > Export, with the chat history"
FOLDER = "/imports/chatbox"

_SESSION = "session:"
_SHAPE = chat.Shape(
    text=("contentParts", "content"),
    thinking=("reasoningContent",),
    files=("files", "links", "pictures"),
)


def recognises(record: Mapping[str, Any]) -> bool:
    told = ("__exported_items", "chat-sessions-list", "chat-sessions")
    return any(key in record for key in told) or any(key.startswith(_SESSION) for key in record)


def convert(record: Mapping[str, Any], work: Conversion) -> list[Draft | Skip] | Skip:
    """A conversation for each thread of each session."""
    sessions = list(_sessions(record))
    if not sessions:
        return Skip(FOREIGN, "it has no sessions: was the chat history exported?")
    return [draft for session in sessions for draft in _drafts(session, work)]


def _sessions(record: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for key, value in record.items():
        if key.startswith(_SESSION) and isinstance(value, dict):
            yield value
    listed = record.get("chat-sessions")
    for value in listed if isinstance(listed, list) else ():
        if isinstance(value, dict):
            yield value


def _drafts(session: Mapping[str, Any], work: Conversion) -> Iterator[Draft | Skip]:
    title = text_of(session.get("name")) or None
    threads = session.get("threads")
    for thread in threads if isinstance(threads, list) else ():
        if isinstance(thread, dict):
            named = text_of(thread.get("name")) or title
            yield _draft(thread, named, work.apart(), created_at=moment(thread.get("createdAt")))
    apart = work.apart()
    whole = _draft(session, text_of(session.get("threadName")) or title, apart)
    forks = _forks(session, apart)
    if isinstance(whole, Skip):
        yield whole
        return
    if work.wishes.branches != "all":
        apart.note(OTHER_BRANCH, sum(map(len, forks)))
        forks = []
    yield whole
    yield from branches.beside(whole, forks)


def _draft(
    talk: Mapping[str, Any], title: str | None, work: Conversion, **known: Any
) -> Draft | Skip:
    listed = talk.get("messages")
    if not isinstance(listed, list):
        return Skip(FOREIGN, "it has no list of messages")
    turns = chat.turns(listed, work, _SHAPE)
    times = [turn.time for turn in turns if turn.time is not None]
    about = {"created_at": min(times, default=None), "updated_at": max(times, default=None)}
    return work.draft(
        turns,
        source_id=identity(talk.get("id")),
        title=title,
        **{**about, **{key: value for key, value in known.items() if value is not None}},
    )


def _forks(session: Mapping[str, Any], work: Conversion) -> list[list[Turn]]:
    """The answers that were put aside."""
    forks = session.get("messageForksHash")
    found = []
    for fork in forks.values() if isinstance(forks, dict) else ():
        lists = fork.get("lists") if isinstance(fork, dict) else None
        for each in lists if isinstance(lists, list) else ():
            messages = each.get("messages") if isinstance(each, dict) else None
            said = chat.turns(messages, work.apart(), _SHAPE) if isinstance(messages, list) else []
            found.append(said)
    return found
