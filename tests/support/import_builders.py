"""The same talks in every format, so that what an importer reads can be counted against what was
written, apart from it. Each builder follows the format's public description."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from attrs import frozen

from .import_files import (
    claude_conversation,
    claude_message,
    gpt_conversation,
    gpt_message,
    own_export,
    webui_chat,
    webui_message,
    write_json,
    write_lines,
)

Said = tuple[str, str, datetime]


@frozen
class Talk:
    """What was said."""

    id: str
    title: str
    said: tuple[Said, ...]


def _talks() -> list[Talk]:
    made = []
    for number, count in enumerate((4, 2, 6)):
        begun = datetime(2025, 1 + number, 3, 4, 5, 6, tzinfo=timezone.utc)
        said = tuple(
            (
                ("user", "assistant")[place % 2],
                f"Talk {number}, line {place}: größer “than” 日本 <b> & \\ 🌱?",
                begun + timedelta(minutes=7 * place),
            )
            for place in range(count)
        )
        made.append(
            Talk(f"0000000{number}-aaaa-4bbb-8ccc-00000000000{number}", f"T {number}", said)
        )
    return made


TALKS = _talks()


def iso(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def ms(time: datetime) -> int:
    return int(time.timestamp() * 1000)


def _chain(talk: Talk) -> list[tuple[str, str | None, Said]]:
    """Each message with its own id and that of the one before it."""
    ids = [f"{talk.id}-{place}" for place in range(len(talk.said))]
    return [(ids[at], ids[at - 1] if at else None, said) for at, said in enumerate(talk.said)]


def _chatgpt(talk: Talk) -> dict[str, Any]:
    messages = [gpt_message(r, text, create_time=t.timestamp()) for r, text, t in talk.said]
    begun, ended = talk.said[0][2].timestamp(), talk.said[-1][2].timestamp()
    return gpt_conversation(
        *messages,
        title=talk.title,
        id=talk.id,
        conversation_id=talk.id,
        create_time=begun,
        update_time=ended,
    )


def _claude(talk: Talk) -> dict[str, Any]:
    senders = {"user": "human", "assistant": "assistant"}
    messages = [claude_message(senders[r], text, created_at=iso(t)) for r, text, t in talk.said]
    return claude_conversation(*messages, uuid=talk.id, name=talk.title)


def _open_webui(talk: Talk) -> dict[str, Any]:
    messages = [
        {**webui_message(own, before, r, text), "timestamp": int(t.timestamp())}
        for own, before, (r, text, t) in _chain(talk)
    ]
    return webui_chat(*messages, current=messages[-1]["id"], id=talk.id, title=talk.title)


def _deepseek(talk: Talk) -> dict[str, Any]:
    nodes: dict[str, Any] = {
        "root": {"id": "root", "parent": None, "children": [], "message": None}
    }
    for number, (role, text, time) in enumerate(talk.said, start=1):
        before = "root" if number == 1 else str(number - 1)
        kind = {"user": "REQUEST", "assistant": "RESPONSE"}[role]
        message = {
            "files": [],
            "model": "deepseek-chat",
            "inserted_at": iso(time),
            "fragments": [{"type": kind, "content": text}],
        }
        nodes[str(number)] = {
            "id": str(number),
            "parent": before,
            "children": [],
            "message": message,
        }
        nodes[before]["children"].append(str(number))
    begun, ended = iso(talk.said[0][2]), iso(talk.said[-1][2])
    about = {"id": talk.id, "title": talk.title, "inserted_at": begun, "updated_at": ended}
    return {**about, "mapping": nodes}


def _grok(talk: Talk) -> dict[str, Any]:
    senders = {"user": "human", "assistant": "assistant"}
    responses = [
        {
            "response": {
                "_id": own,
                "sender": senders[role],
                "message": text,
                "parent_response_id": before,
                "create_time": {"$date": {"$numberLong": str(ms(time))}},
            }
        }
        for own, before, (role, text, time) in _chain(talk)
    ]
    about = {"id": talk.id, "title": talk.title, "create_time": iso(talk.said[0][2])}
    return {"conversation": about, "responses": responses}


def _gemini(talk: Talk) -> list[dict[str, Any]]:
    """An entry for each prompt and its answer, which have one time; the newest first."""
    entries = []
    for (_, asked, time), (_, answer, _) in zip(talk.said[::2], talk.said[1::2], strict=True):
        escaped = answer.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        entries.append(
            {
                "header": "Gemini Apps",
                "title": f"Prompted {asked}",
                "titleUrl": f"https://gemini.google.com/app/{talk.id.replace('-', '')}",
                "time": iso(time),
                "products": ["Gemini Apps"],
                "safeHtmlItem": [{"html": f"<p>{escaped}</p>"}],
            }
        )
    return entries[::-1]


def _oasst(talk: Talk) -> dict[str, Any]:
    roles = {"user": "prompter", "assistant": "assistant"}
    inner: dict[str, Any] | None = None
    for own, before, (role, text, time) in reversed(_chain(talk)):
        node = {
            "message_id": own,
            "parent_id": before,
            "text": text,
            "role": roles[role],
            "created_date": iso(time),
            "rank": 0,
            "replies": [inner] if inner else [],
        }
        inner = node
    return {"message_tree_id": talk.id, "tree_state": "ready_for_export", "prompt": inner}


def _lobechat(talks: list[Talk]) -> dict[str, Any]:
    messages = [
        {
            "id": own,
            "role": role,
            "content": text,
            "sessionId": "s",
            "topicId": talk.id,
            "createdAt": ms(time),
            "updatedAt": ms(time),
        }
        for talk in talks
        for own, _, (role, text, time) in _chain(talk)
    ]
    topics = [{"id": talk.id, "title": talk.title, "sessionId": "s"} for talk in talks]
    state = {"messages": messages, "topics": topics, "sessions": [{"id": "s", "meta": {}}]}
    return {"exportType": "all", "version": 7, "state": state}


def _cherry_studio(talks: list[Talk]) -> dict[str, Any]:
    topics, blocks = [], []
    for talk in talks:
        messages = []
        for own, _, (role, text, time) in _chain(talk):
            block = f"b-{own}"
            blocks.append({"id": block, "messageId": own, "type": "main_text", "content": text})
            messages.append({"id": own, "role": role, "blocks": [block], "createdAt": iso(time)})
        topics.append({"id": talk.id, "messages": messages})
    named = [{"id": talk.id, "name": talk.title} for talk in talks]
    assistants = json.dumps({"assistants": [{"name": "Default", "topics": named}]})
    storage = {"persist:cherry-studio": json.dumps({"assistants": assistants})}
    tables = {"topics": topics, "message_blocks": blocks}
    return {"time": 1, "version": 5, "localStorage": storage, "indexedDB": tables}


def _t3_chat(talks: list[Talk]) -> dict[str, Any]:
    threads = [
        {"threadId": talk.id, "title": talk.title, "createdAt": ms(talk.said[0][2])}
        for talk in talks
    ]
    # Those of all threads, in no order.
    messages = [
        {"messageId": own, "threadId": talk.id, "role": role, "content": text, "created_at": iso(t)}
        for talk in talks
        for own, _, (role, text, t) in _chain(talk)
    ]
    return {"threads": threads, "messages": messages[::-1], "version": "1"}


def _lm_studio(talk: Talk) -> dict[str, Any]:
    messages: list[dict[str, Any]] = []
    for role, text, _ in talk.said:
        content = [{"type": "text", "text": text}]
        version: dict[str, Any] = {"type": "singleStep", "role": role, "content": content}
        if role == "assistant":
            steps = [{"type": "contentBlock", "content": content}]
            version = {"type": "multiStep", "role": role, "steps": steps}
        messages.append({"versions": [version], "currentlySelected": 0})
    return {"name": talk.title, "createdAt": ms(talk.said[0][2]), "messages": messages}


def _vscode(talk: Talk) -> dict[str, Any]:
    requests = [
        {
            "requestId": f"{talk.id}-{time}",
            "message": {"text": asked, "parts": []},
            "response": [{"value": answer}],
            "timestamp": ms(time),
        }
        for (_, asked, time), (_, answer, _) in zip(talk.said[::2], talk.said[1::2], strict=True)
    ]
    return {"requesterUsername": "me", "sessionId": talk.id, "version": 3, "requests": requests}


def _claude_code(talk: Talk) -> list[Any]:
    about = {"sessionId": talk.id, "cwd": "/home/me/project", "isSidechain": False}
    return [
        {
            **about,
            "type": role,
            "uuid": own,
            "parentUuid": before,
            "timestamp": iso(time),
            "message": {"role": role, "content": text},
        }
        for own, before, (role, text, time) in _chain(talk)
    ]


def _codex(talk: Talk) -> list[Any]:
    begun = iso(talk.said[0][2])
    lines: list[Any] = [
        {
            "timestamp": begun,
            "type": "session_meta",
            "payload": {"id": talk.id, "timestamp": begun, "cwd": "/home/me/project"},
        }
    ]
    for role, text, time in talk.said:
        kind = {"user": "input_text", "assistant": "output_text"}[role]
        payload = {"type": "message", "role": role, "content": [{"type": kind, "text": text}]}
        lines.append({"timestamp": iso(time), "type": "response_item", "payload": payload})
    return lines


def _sillytavern(talk: Talk) -> list[Any]:
    header = {"user_name": "You", "character_name": "C", "create_date": iso(talk.said[0][2])}
    return [
        {**header, "chat_metadata": {}},
        *(
            {
                "name": {"user": "You", "assistant": "C"}[role],
                "is_user": role == "user",
                "is_system": False,
                "mes": text,
                "send_date": iso(time),
            }
            for role, text, time in talk.said
        ),
    ]


def _own(talk: Talk) -> dict[str, Any]:
    messages = [
        {"id": own, "role": role, "content": text, "timestamp": iso(time), "metadata": {}}
        for own, _, (role, text, time) in _chain(talk)
    ]
    about = {"id": talk.id, "label": talk.title, "folder": "/", "status": "active"}
    dates = {"created_at": iso(talk.said[0][2]), "updated_at": iso(talk.said[-1][2])}
    return {**about, "importance_score": 5, **dates, "messages": messages}


def _librechat(talk: Talk) -> dict[str, Any]:
    messages = [
        {
            "messageId": own,
            "parentMessageId": before or "00000000-0000-0000-0000-000000000000",
            "isCreatedByUser": role == "user",
            "sender": role,
            "text": text,
            "createdAt": iso(time),
        }
        for own, before, (role, text, time) in _chain(talk)
    ]
    about = {"conversationId": talk.id, "title": talk.title, "recursive": False}
    return {**about, "endpoint": "openAI", "messages": messages}


def _huggingchat(talk: Talk) -> dict[str, Any]:
    ids = [own for own, _, _ in _chain(talk)]
    messages = [
        {"id": own, "from": role, "content": text, "ancestors": ids[:at], "createdAt": iso(time)}
        for at, (own, _, (role, text, time)) in enumerate(_chain(talk))
    ]
    return {"_id": {"$oid": talk.id}, "title": talk.title, "messages": messages}


def _big_agi(talk: Talk) -> dict[str, Any]:
    messages = [
        {
            "id": own,
            "role": role,
            "created": ms(time),
            "fragments": [{"ft": "content", "fId": "f", "part": {"pt": "text", "text": text}}],
        }
        for own, _, (role, text, time) in _chain(talk)
    ]
    return {
        "id": talk.id,
        "systemPurposeId": "Generic",
        "userTitle": talk.title,
        "messages": messages,
    }


def _simple(talk: Talk, **keys: str) -> list[dict[str, Any]]:
    """Messages under the keys that many programs use."""
    time, role, text = (
        keys.get("time", "createdAt"),
        keys.get("role", "role"),
        keys.get("text", "content"),
    )
    return [{"id": own, role: r, text: s, time: iso(t)} for own, _, (r, s, t) in _chain(talk)]


def _exporter(talk: Talk) -> dict[str, Any]:
    roles = {"user": "Prompt", "assistant": "Response"}
    messages = [{"role": roles[r], "say": text, "time": iso(t)} for r, text, t in talk.said]
    link = f"https://chatgpt.com/c/{talk.id}"
    dates = {"created": iso(talk.said[0][2]), "updated": iso(talk.said[-1][2])}
    about = {"powered_by": "an extension", "title": talk.title, "link": link, "dates": dates}
    return {"metadata": about, "messages": messages}


def _chatbox(talks: list[Talk]) -> dict[str, Any]:
    sessions = {
        f"session:{talk.id}": {
            "id": talk.id,
            "name": talk.title,
            "messages": [
                {
                    "id": own,
                    "role": role,
                    "contentParts": [{"type": "text", "text": text}],
                    "timestamp": ms(time),
                }
                for own, _, (role, text, time) in _chain(talk)
            ],
        }
        for talk in talks
    }
    listed = [{"id": talk.id, "name": talk.title} for talk in talks]
    return {"__exported_items": ["conversations"], "chat-sessions-list": listed, **sessions}


def _mistral(talk: Talk) -> list[Any]:
    """Not in the order of their times."""
    return [
        {
            "id": own,
            "chatId": talk.id,
            "role": role,
            "content": text,
            "contentChunks": [{"type": "text", "text": text}],
            "createdAt": iso(time),
        }
        for own, _, (role, text, time) in reversed(_chain(talk))
    ]


def _jan(talk: Talk) -> list[Any]:
    return [
        {
            "id": own,
            "object": "thread.message",
            "thread_id": talk.id,
            "role": role,
            "content": [{"type": "text", "text": {"value": text, "annotations": []}}],
            "created_at": int(time.timestamp()),
        }
        for own, _, (role, text, time) in _chain(talk)
    ]


def _ai_studio(talk: Talk) -> dict[str, Any]:
    roles = {"user": "user", "assistant": "model"}
    chunks = [{"role": roles[r], "text": text, "createTime": iso(t)} for r, text, t in talk.said]
    return {"runSettings": {"model": "models/m"}, "chunkedPrompt": {"chunks": chunks}}


def _copilot(path: Path, talks: list[Talk]) -> Path:
    """A table; the newest row first."""
    rows = [
        (talk.title, iso(time), {"user": "Human", "assistant": "AI"}[role], text)
        for talk in talks
        for role, text, time in talk.said
    ]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("Conversation", "Time", "Author", "Message"))
        writer.writerows(rows[::-1])
    return path


def _each(name: str, make: Callable[[Talk], Any]) -> Callable[[Path], Path]:
    """A document for each talk, in a folder."""

    def build(folder: Path) -> Path:
        for number, talk in enumerate(TALKS):
            path = folder / f"{number}" / name.format(talk.id)
            made = make(talk)
            write_lines(path, *made) if name.endswith("l") else write_json(path, made)
        return folder

    return build


def _list(make: Callable[[Talk], Any], name: str = "export.json") -> Callable[[Path], Path]:
    """A list of all talks."""
    return lambda folder: write_json(folder / name, [make(talk) for talk in TALKS])


def _lines(make: Callable[[Talk], Any]) -> Callable[[Path], Path]:
    """A line for each talk."""
    return lambda folder: write_lines(folder / "data.jsonl", *map(make, TALKS))


def _whole(make: Callable[[list[Talk]], Any]) -> Callable[[Path], Path]:
    """A document of all talks."""
    return lambda folder: write_json(folder / "export.json", make(TALKS))


@frozen
class Built:
    """How a format is built, and what of a talk it holds."""

    build: Callable[[Path], Path]
    times: str = "each"
    ids: bool = True


BUILDERS: dict[str, Built] = {
    "sekha": Built(_whole(lambda talks: own_export(*map(_own, talks)))),
    "deepseek": Built(_list(_deepseek)),
    "chatgpt": Built(_list(_chatgpt)),
    "claude": Built(_list(_claude)),
    "open-webui": Built(_list(_open_webui)),
    "gemini": Built(_whole(lambda talks: [e for t in talks[::-1] for e in _gemini(t)]), "asked"),
    "ai-studio": Built(_each("{}.json", _ai_studio), ids=False),
    "grok": Built(_whole(lambda talks: {"conversations": [_grok(talk) for talk in talks]})),
    "mistral": Built(_each("chat-{}.json", _mistral)),
    "copilot": Built(lambda folder: _copilot(folder / "history.csv", TALKS), ids=False),
    "vscode-copilot": Built(_each("chat.json", _vscode), "asked"),
    "claude-code": Built(_each("{}.jsonl", _claude_code)),
    "codex": Built(_each("rollout-{}.jsonl", _codex)),
    "chatgpt-exporter": Built(_each("{}.json", _exporter)),
    "librechat": Built(_each("{}.json", _librechat)),
    "chatbox": Built(_whole(_chatbox)),
    "cherry-studio": Built(_whole(_cherry_studio)),
    "lobechat": Built(_whole(_lobechat)),
    "typingmind": Built(
        _whole(
            lambda talks: {
                "data": {
                    "chats": [
                        {"chatID": t.id, "chatTitle": t.title, "messages": _simple(t)}
                        for t in talks
                    ]
                }
            }
        )
    ),
    "huggingchat": Built(_lines(_huggingchat)),
    "jan": Built(_each("messages.jsonl", _jan)),
    "lm-studio": Built(_each("{}.conversation.json", _lm_studio), "none", ids=False),
    "sillytavern": Built(_each("chat.jsonl", _sillytavern), ids=False),
    "t3-chat": Built(_whole(_t3_chat)),
    "big-agi": Built(_whole(lambda talks: {"conversations": [_big_agi(talk) for talk in talks]})),
    "vercel-ai": Built(
        _list(
            lambda talk: {
                "id": talk.id,
                "messages": [
                    {**m, "parts": [{"type": "text", "text": m["content"]}]} for m in _simple(talk)
                ],
            }
        )
    ),
    "oasst": Built(_lines(_oasst)),
    "wildchat": Built(
        _lines(
            lambda talk: {
                "conversation_hash": talk.id,
                "model": "gpt-4",
                "timestamp": iso(talk.said[0][2]),
                "conversation": _simple(talk, time="timestamp"),
                "turn": len(talk.said) // 2,
            }
        )
    ),
    "ultrachat": Built(
        _lines(lambda talk: {"id": talk.id, "data": [text for _, text, _ in talk.said]}), "none"
    ),
    "sharegpt": Built(
        _list(
            lambda talk: {
                "id": talk.id,
                "conversations": [
                    {"from": {"user": "human", "assistant": "gpt"}[r], "value": text}
                    for r, text, _ in talk.said
                ],
            }
        ),
        "none",
    ),
    "openai": Built(
        _lines(
            lambda talk: {"messages": [{"role": r, "content": text} for r, text, _ in talk.said]}
        ),
        "none",
        ids=False,
    ),
}
"""How every format is built."""
