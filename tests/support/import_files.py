"""Exports made to the formats' public descriptions, small enough to be read."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

NIL = "00000000-0000-4000-8000-000000000000"


def gpt_message(role: str, content: Any, **more: Any) -> dict[str, Any]:
    """A message of a ChatGPT node; text as content makes a text message."""
    if isinstance(content, str):
        content = {"content_type": "text", "parts": [content]}
    return {
        "id": "message-id",
        "author": {"role": role, "name": None, "metadata": {}},
        "create_time": 1700000001.5,
        "update_time": None,
        "content": content,
        "status": "finished_successfully",
        "end_turn": True,
        "weight": 1.0,
        "metadata": {},
        "recipient": "all",
        "channel": None,
        **more,
    }


def gpt_node(name: str, parent: str | None, message: Any = None) -> dict[str, Any]:
    return {"id": name, "message": message, "parent": parent, "children": []}


def gpt_mapping(*nodes: dict[str, Any]) -> dict[str, Any]:
    """Nodes by name, each listed among its parent's children."""
    mapping = {node["id"]: node for node in nodes}
    for node in nodes:
        if node["parent"] in mapping:
            mapping[node["parent"]]["children"].append(node["id"])
    return mapping


def gpt_chain(*messages: Any) -> dict[str, Any]:
    """A mapping without branches: an empty root and the messages below it."""
    nodes = [gpt_node("root", None)]
    for number, message in enumerate(messages):
        nodes.append(gpt_node(f"n{number}", nodes[-1]["id"], message))
    return gpt_mapping(*nodes)


def gpt_conversation(*messages: Any, **more: Any) -> dict[str, Any]:
    """A conversation of a ChatGPT export."""
    mapping = gpt_chain(*messages)
    return {
        "title": "A talk",
        "create_time": 1700000000.25,
        "update_time": 1700000100.75,
        "mapping": mapping,
        "moderation_results": [],
        "current_node": list(mapping)[-1],
        "conversation_id": "conversation-id",
        "is_archived": False,
        "default_model_slug": "a-model",
        "id": "conversation-id",
        **more,
    }


def gpt_talk(number: int) -> dict[str, Any]:
    """One of many different conversations."""
    return gpt_conversation(
        gpt_message("user", f"Question {number}?"),
        gpt_message("assistant", f"Answer {number}."),
        title=f"Talk {number}",
        id=f"id-{number}",
        conversation_id=f"id-{number}",
    )


def claude_message(sender: str, text: str = "", **more: Any) -> dict[str, Any]:
    return {
        "uuid": f"{sender}-{text}",
        "text": text,
        "content": [{"type": "text", "text": text, "citations": []}] if text else [],
        "sender": sender,
        "created_at": "2025-01-02T03:04:05.678901Z",
        "updated_at": "2025-01-02T03:04:05.678901Z",
        "attachments": [],
        "files": [],
        **more,
    }


def claude_conversation(*messages: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A conversation of a Claude export."""
    return {
        "uuid": "claude-id",
        "name": "A chat",
        "summary": "",
        "created_at": "2025-01-02T03:04:00.000000Z",
        "updated_at": "2025-01-02T04:00:00.000000Z",
        "account": {"uuid": "account-id"},
        "chat_messages": list(messages),
        **more,
    }


def gemini_activity(title: str = "Prompted why is the sky blue?", **more: Any) -> dict[str, Any]:
    """An entry of Takeout's My Activity for Gemini."""
    return {
        "header": "Gemini Apps",
        "title": title,
        "time": "2025-03-04T05:06:07.890Z",
        "products": ["Gemini Apps"],
        "activityControls": ["Gemini Apps Activity"],
        "safeHtmlItem": [{"html": "<p>Because of <b>scattering</b>.</p>"}],
        **more,
    }


def sharegpt_record(*turns: tuple[str, Any], **more: Any) -> dict[str, Any]:
    """A record of a ShareGPT file; turns are speaker and text."""
    return {"conversations": [{"from": who, "value": said} for who, said in turns], **more}


def webui_message(name: str, parent: str | None, role: str, content: Any) -> dict[str, Any]:
    return {
        "id": name,
        "parentId": parent,
        "childrenIds": [],
        "role": role,
        "content": content,
        "timestamp": 1710000000,
    }


def webui_chat(*messages: dict[str, Any], current: str | None, **more: Any) -> dict[str, Any]:
    """A chat of an Open WebUI export."""
    return {
        "id": "webui-id",
        "user_id": "user-id",
        "title": "A web chat",
        "chat": {
            "id": "",
            "title": "A web chat",
            "models": ["a-model"],
            "history": {"messages": {m["id"]: m for m in messages}, "currentId": current},
            "messages": [],
            "timestamp": 1710000000123,
        },
        "updated_at": 1710000500,
        "created_at": 1710000000,
        "share_id": None,
        "archived": False,
        "pinned": False,
        "meta": {},
        **more,
    }


def own_record(**more: Any) -> dict[str, Any]:
    """A conversation of this project's own export."""
    return {
        "id": "6b0e4f8e-7c1e-4a53-9a43-4f4b5a3b1c2d",
        "label": "Project:AI",
        "folder": "/work",
        "status": "active",
        "importance_score": 8,
        "word_count": 4,
        "session_count": 1,
        "created_at": "2026-01-16 10:00:00.123456789",
        "updated_at": "2026-01-17 10:00:00",
        "messages": [
            {
                "id": "m1",
                "role": "user",
                "content": "How many tokens?",
                "timestamp": "2026-01-16T10:00:00.123456789",
                "metadata": {},
            },
            {
                "id": "m2",
                "role": "assistant",
                "content": "Two.",
                "timestamp": "2026-01-16T10:00:00.123456789",
                "metadata": {"source": "test"},
            },
        ],
        **more,
    }


def own_export(*records: Any, version: Any = 1) -> dict[str, Any]:
    return {"schema": "sekha-memory-export", "version": version, "conversations": list(records)}


def write_json(path: Path, value: Any, **options: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, **options), encoding="utf-8", newline="\n")
    return path


def write_lines(path: Path, *values: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(value) + "\n" for value in values), encoding="utf-8")
    return path


def write_zip(path: Path, members: Mapping[str, bytes | str]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path
