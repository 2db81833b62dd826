"""A small record of every format, for tests that hold for all of them."""

from __future__ import annotations

import json
from typing import Any

from .import_files import (
    claude_conversation,
    claude_message,
    gemini_activity,
    gpt_conversation,
    gpt_message,
    gpt_talk,
    own_record,
    sharegpt_record,
    webui_chat,
    webui_message,
)

TIME = "2025-01-02T03:04:05Z"
PARTS = [
    {"type": "text", "text": "Q"},
    {"type": "reasoning", "text": "hm"},
    {
        "type": "tool-call",
        "toolName": "f",
        "args": {"a": "b\nc"},
        "result": [{"url": "https://x.y"}],
    },
    {"type": "file", "file": {"filename": "a.pdf"}},
    {"type": "image_url", "image_url": {"url": "x"}},
]
LINKED = gpt_conversation(
    gpt_message(
        "assistant",
        "It is\ue200cite\ue202turn0search1\ue201【1†x】",
        metadata={
            "content_references": [
                {
                    "matched_text": "\ue200cite\ue202turn0search1\ue201",
                    "items": [{"url": "https://x.y"}],
                }
            ],
            "citations": [{"start_ix": 1, "end_ix": 4, "metadata": {"url": "https://x.y"}}],
            "attachments": [{"id": "file-1", "name": "a.png", "mime_type": "image/png"}],
        },
    )
)

SAMPLES: list[tuple[str, Any]] = [
    ("chatgpt", gpt_talk(1)),
    ("chatgpt", LINKED),
    ("claude", claude_conversation(claude_message("human", "x"))),
    ("claude", {"uuid": "p", "name": "P", "docs": [{"filename": "a", "content": "x"}]}),
    ("claude", {"conversations_memory": "x", "project_memories": {"p": "y"}, "account_uuid": "a"}),
    ("gemini", gemini_activity(titleUrl="https://gemini.google.com/app/abcdefgh", subtitles=[{"url": "https://x.y"}])),
    ("gemini", gemini_activity(details=[{"name": "Request", "value": "x"}])),
    ("open-webui", webui_chat(webui_message("a", None, "user", "x"), current="a")),
    ("sharegpt", sharegpt_record(("human", "x"), chosen={"from": "gpt", "value": "y"}, rejected="z")),
    ("openai", {"messages": [{"role": "user", "content": PARTS}, {"role": "tool", "content": "x"}]}),
    ("sekha", own_record()),
    (
        "deepseek",
        {
            "id": "d",
            "inserted_at": TIME,
            "mapping": {
                "root": {"parent": None, "children": ["1"], "message": None},
                "1": {
                    "parent": "root",
                    "children": [],
                    "message": {
                        "inserted_at": TIME,
                        "fragments": [{"type": "REQUEST", "content": "x", "results": [{"url": "https://x.y"}]}],
                    },
                },
            },
        },
    ),
    (
        "grok",
        {
            "conversation": {"id": "g", "leaf_response_id": "b"},
            "responses": [
                {"response": {"_id": "a", "sender": "human", "message": "x", "create_time": {"$date": {"$numberLong": "1"}}}},
                {"response": {"_id": "b", "sender": "grok", "message": "y", "parent_response_id": "a", "steps": []}},
            ],
        },
    ),
    ("mistral", {"chatId": "c", "role": "user", "content": "x", "contentChunks": [{"type": "text", "text": "y", "_context": {"type": "reasoning"}}], "createdAt": TIME}),
    ("ai-studio", {"runSettings": {"model": "m"}, "systemInstruction": {"text": "s"}, "chunkedPrompt": {"chunks": [{"role": "user", "text": "x", "grounding": {"groundingSources": [{"uri": "https://x.y"}]}}, {"role": "model", "isThought": True, "parts": [{"text": "y"}]}]}}),
    ("copilot", {"Conversation": "c", "Time": TIME, "Author": "Human", "Message": "x"}),
    ("vscode-copilot", {"requesterUsername": "me", "requests": [{"message": {"text": "x"}, "response": [{"value": "y"}, {"kind": "thinking", "value": ["z"]}, {"kind": "inlineReference", "inlineReference": {"path": "/a/b"}}, {"kind": "toolInvocationSerialized", "toolId": "t", "pastTenseMessage": {"value": "z"}}], "variableData": {"variables": [{"name": "v"}]}, "timestamp": 1754000000000}]}),
    ("vscode-copilot", {"kind": 0, "v": {"sessionId": "s", "requests": [{"message": "x", "response": []}]}}),
    ("claude-code", {"type": "user", "uuid": "a", "parentUuid": None, "sessionId": "s", "cwd": "/a/b", "timestamp": TIME, "message": {"role": "user", "content": [{"type": "tool_result", "content": [{"type": "text", "text": "x"}]}]}}),
    ("codex", {"type": "response_item", "timestamp": TIME, "payload": {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "x"}]}}),
    ("codex", {"type": "session_meta", "payload": {"id": "s", "cwd": "/a", "timestamp": TIME}}),
    ("chatgpt-exporter", {"metadata": {"powered_by": "x", "dates": {"created": "5/6/2025 7:08:09"}, "link": "https://x/c/1"}, "messages": [{"role": "Prompt", "say": "x", "time": TIME}]}),
    ("chatgpt-exporter", {"internal": [["a", "b"]], "visible": [["a", "b"]]}),
    ("librechat", {"conversationId": "l", "messagesTree": [{"messageId": "a", "isCreatedByUser": True, "text": "x", "children": [{"messageId": "b", "content": [{"type": "think", "think": "y"}], "createdAt": TIME}]}]}),
    ("chatbox", {"__exported_items": [], "session:1": {"id": "1", "name": "n", "messages": [{"role": "user", "contentParts": PARTS, "timestamp": 1754000000000}], "threads": [{"name": "t", "messages": []}], "messageForksHash": {"a": {"lists": [{"messages": []}]}}}, "chat-sessions": [{"messages": [{"role": "user", "content": "y"}]}]}),
    ("cherry-studio", {"time": 1, "version": 5, "localStorage": {"persist:cherry-studio": json.dumps({"assistants": json.dumps({"assistants": [{"name": "a", "topics": [{"id": "t", "name": "n"}]}]})})}, "indexedDB": {"topics": [{"id": "t", "messages": [{"id": "m", "role": "user", "blocks": ["b"], "createdAt": TIME}]}], "message_blocks": [{"id": "b", "messageId": "m", "type": "main_text", "content": "x"}, {"id": "c", "messageId": "m", "type": "citation", "response": {"results": [{"url": "https://x.y"}]}}]}}),
    ("lobechat", {"exportType": "all", "version": 7, "state": {"messages": [{"id": "1", "role": "user", "content": "x", "sessionId": "s", "topicId": "t", "tools": [{"identifier": "a", "apiName": "b"}]}], "topics": [{"id": "t", "title": "T"}], "sessions": [{"id": "s", "meta": {"title": "S"}}]}}),
    ("typingmind", {"chatID": "c", "chatTitle": "T", "createdAt": TIME, "messages": [{"role": "user", "content": PARTS}]}),
    ("huggingchat", {"_id": {"$oid": "h"}, "title": "T", "messages": [{"id": "a", "from": "user", "content": "x", "ancestors": []}, {"id": "b", "from": "assistant", "content": "y", "ancestors": ["a"], "createdAt": TIME}]}),
    ("jan", {"object": "thread.message", "thread_id": "t", "role": "user", "content": [{"type": "text", "text": {"value": "x"}}], "created_at": 1735689600}),
    ("lm-studio", {"name": "n", "createdAt": 1735689600000, "messages": [{"versions": [{"role": "user", "content": [{"type": "text", "text": "x"}]}], "currentlySelected": 0}, {"versions": [{"role": "assistant", "steps": [{"type": "contentBlock", "content": [{"type": "text", "text": "y"}], "style": {"type": "thinking"}}]}]}]}),
    ("sillytavern", {"name": "You", "is_user": True, "mes": "x", "send_date": "June 19, 2023 2:20pm", "swipes": ["x", "y"], "extra": {"reasoning": "r", "file": {"name": "f"}}}),
    ("t3-chat", {"threads": [{"id": "t", "title": "T", "created_at": TIME}], "messages": [{"threadId": "t", "role": "user", "content": "x", "parts": PARTS, "created_at": TIME}]}),
    ("big-agi", {"id": "b", "systemPurposeId": "G", "messages": [{"role": "user", "created": 1735689600000, "fragments": [{"ft": "content", "part": {"pt": "text", "text": "x"}}, {"ft": "attachment", "part": {"pt": "doc", "l1Title": "t", "data": {"text": "y"}}}]}]}),
    ("vercel-ai", {"id": "v", "messages": [{"role": "user", "parts": [{"type": "text", "text": "x"}, {"type": "tool-f", "input": {"a": 1}, "output": {"text": "y"}}], "createdAt": TIME}]}),
    ("oasst", {"message_tree_id": "t", "prompt": {"message_id": "a", "role": "prompter", "text": "x", "replies": [{"message_id": "b", "role": "assistant", "text": "y", "rank": 0, "created_date": TIME, "replies": []}]}}),
    ("oasst", {"message_tree_id": "t", "message_id": "a", "parent_id": None, "role": "prompter", "text": "x"}),
    ("wildchat", {"conversation_hash": "h", "timestamp": TIME, "conversation": [{"role": "user", "content": "x"}]}),
    ("ultrachat", {"id": "1", "data": ["x", "y"]}),
]  # fmt: skip
