"""Import a ShareGPT file: a JSON array, or one JSON object per line.

    python examples/data_import.py [FILE]

Runs on the embedded controller; with SEKHA_BASE_URL and SEKHA_API_KEY set, on a real one. A FILE
that you name stays imported; the demo data, which is used without one, is taken away again.

Roles are mapped one to one, so that the way back is unambiguous: human -> user, gpt -> assistant,
observation (a tool's answer) -> tool; system, function_call and any other name stay as they are. A
conversation without a "label" is labelled with the beginning of its first human turn, and one
without a "folder" goes to /imports/<name of the file>. All other keys are left out.
"""

import asyncio
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from connect import open_client, tidy

from sekha import MessageDto, NewConversation, SekhaClient, SekhaError

DEMO_DATA = Path(__file__).parent / "data" / "conversations.json"
ROLES = {"human": "user", "gpt": "assistant", "observation": "tool"}
LABEL_LENGTH = 60
CREATES_AT_ONCE = 4


def read_sharegpt(path: Path) -> tuple[list[NewConversation], int]:
    """The conversations of a ShareGPT file, and how many records had to be skipped."""
    text = path.read_text(encoding="utf-8-sig")
    try:
        document = json.loads(text)
        records = document if isinstance(document, list) else [document]
    except json.JSONDecodeError:
        records = [json.loads(line) for line in text.splitlines() if line.strip()]
    found = [as_conversation(record, f"/imports/{path.stem}") for record in records]
    conversations = [conversation for conversation in found if conversation is not None]
    return conversations, len(found) - len(conversations)


def as_conversation(record: Any, folder: str) -> NewConversation | None:
    """One ShareGPT record as a conversation, or None if it is not one or has no turns."""
    turns = record.get("conversations") if isinstance(record, dict) else None
    if not isinstance(turns, list) or not turns:
        return None
    messages: list[MessageDto] = []
    for turn in turns:
        source = turn.get("from") if isinstance(turn, dict) else None
        if not isinstance(source, str) or not source:
            return None
        value = turn.get("value", "")
        content = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        messages.append(MessageDto(role=ROLES.get(source, source), content=content))
    importance = record.get("importance")
    usable = type(importance) is int and 1 <= importance <= 10
    return NewConversation(
        label=str(record.get("label") or "").strip() or title(messages),
        folder=str(record.get("folder") or "").strip() or folder,
        messages=messages,
        importance_score=importance if usable else None,
    )


def title(messages: list[MessageDto]) -> str:
    """The beginning of what the user said first, cut between words."""
    said = [message.content for message in messages if message.role == "user"]
    words = " ".join("".join(said[:1]).split())
    if len(words) > LABEL_LENGTH:
        head = words[:LABEL_LENGTH]
        # Text without spaces, such as Japanese, has no place between words to cut at.
        words = (head.rsplit(" ", 1)[0] if " " in head else head) + "…"
    return words or "Untitled"


async def import_all(
    client: SekhaClient, conversations: list[NewConversation]
) -> tuple[list[str], list[str]]:
    """Stores all; gives the ids of the stored ones and the reasons why others were not."""
    stored: list[str] = []
    failed: list[str] = []

    async def worker(waiting: Iterator[NewConversation]) -> None:
        for conversation in waiting:
            try:
                stored.append((await client.create_conversation(conversation)).id)
            except SekhaError as error:
                failed.append(f"{conversation.label}: {error}")

    waiting = iter(conversations)
    await asyncio.gather(*(worker(waiting) for _ in range(CREATES_AT_ONCE)))
    return stored, failed


async def main(arguments: list[str]) -> int:
    path = Path(arguments[0]) if arguments else DEMO_DATA
    conversations, skipped = read_sharegpt(path)
    messages = sum(len(conversation.messages) for conversation in conversations)
    print(f"Read {len(conversations)} conversations with {messages} messages from {path.name}")
    async with open_client() as client:
        stored, failed = await import_all(client, conversations)
        print(f"Imported {len(stored)}, failed {len(failed)}, skipped {skipped}")
        for reason in failed:
            print(f"  {reason}")
        for folder in sorted({conversation.folder for conversation in conversations}):
            print(f"  {await client.count(folder=folder):4} now in {folder}")
        if not arguments:
            await tidy(client, stored)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1:])))
