"""A made-up ChatGPT export, in the form in which one is downloaded: for those who want to try before
their own has arrived.

    python demo_export.py chatgpt-export.zip
"""

from __future__ import annotations

import json
import random
import sys
import uuid
import zipfile
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

TOPICS = {
    "Sourdough": [
        (
            "Why is my sourdough so flat?",
            "It is underproofed: give it two more hours at 24 degrees.",
        ),
        ("How much salt goes into a loaf?", "Two percent of the flour, so 10 grams for 500 grams."),
        ("Can the dough wait overnight?", "Yes, in the fridge at 4 degrees, for up to 36 hours."),
    ],
    "Rust": [
        ("What does the borrow checker want from me?", "One writer or many readers, never both."),
        (
            "When do I need a Box?",
            "For recursive types and trait objects, and to move large values.",
        ),
        ("How do I share state between threads?", "An Arc around a Mutex is the usual start."),
    ],
    "Lisbon": [
        ("Which quarter should we stay in?", "Graça: quiet, high up, and the tram 28 stops there."),
        (
            "Is a day trip to Sintra worth it?",
            "Yes, go before nine and walk up to the Moorish castle.",
        ),
        ("Where does one eat well in Lisbon?", "In a tasca: order the dish of the day."),
    ],
    "Marathon": [
        (
            "How long should the longest run be?",
            "About 32 kilometres, three weeks before the race.",
        ),
        (
            "What do I eat during the race?",
            "60 grams of carbohydrate an hour, from the first hour on.",
        ),
        (
            "My knee hurts after long runs.",
            "Rest for three days, then halve the distance for a week.",
        ),
    ],
    "SQL": [
        ("Why is this query slow?", "It reads the whole table: an index on the date would help."),
        ("What is a window function?", "A sum or rank over rows that stay rows, unlike GROUP BY."),
        ("How do I delete doubles?", "Number them with ROW_NUMBER and delete what is not first."),
    ],
}


def conversation(number: int, chance: random.Random) -> dict[str, Any]:
    """One chat, as the export holds it."""
    topic = chance.choice(list(TOPICS))
    began = datetime(2025, 1, 6, tzinfo=timezone.utc) + timedelta(
        days=number * 3 + chance.randrange(3),
        hours=chance.choice([7, 8, 12, 18, 19, 20, 20, 21, 21, 22]),
        minutes=chance.randrange(60),
    )
    said = [
        line
        for pair in chance.sample(TOPICS[topic], chance.randint(1, 3))
        for line in zip(("user", "assistant"), pair, strict=True)
    ]
    ids = [str(uuid.UUID(int=chance.getrandbits(128), version=4)) for _ in (None, *said)]
    mapping: dict[str, Any] = {
        ids[0]: {"id": ids[0], "message": None, "parent": None, "children": [ids[1]]}
    }
    for place, (role, text) in enumerate(said, start=1):
        mapping[ids[place]] = {
            "id": ids[place],
            "parent": ids[place - 1],
            "children": ids[place + 1 : place + 2],
            "message": {
                "id": ids[place],
                "author": {"role": role, "name": None, "metadata": {}},
                "create_time": (began + timedelta(seconds=40 * place)).timestamp(),
                "content": {"content_type": "text", "parts": [text]},
                "status": "finished_successfully",
                "metadata": {},
                "recipient": "all",
            },
        }
    return {
        "title": f"{topic}, {began:%B %Y}",
        "create_time": began.timestamp(),
        "update_time": (began + timedelta(minutes=10)).timestamp(),
        "mapping": mapping,
        "current_node": ids[-1],
        "conversation_id": ids[0],
        "id": ids[0],
    }


def write_demo_export(path: str | Path, conversations: int = 150) -> Path:
    """Write the export; the same one each time."""
    chance = random.Random(7)
    chats = [conversation(number, chance) for number in range(conversations)]
    path = Path(path)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("conversations.json", json.dumps(chats))
    return path


if __name__ == "__main__":
    print(write_demo_export(sys.argv[1]))
