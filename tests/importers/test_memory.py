"""Memory is that of the largest record, not of the file."""

from __future__ import annotations

import json
import random
import tracemalloc
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from sekha import importers
from support.import_files import gpt_conversation, gpt_mapping, gpt_message, gpt_node

PICTURE = {"content_type": "image_asset_pointer", "asset_pointer": "file-service://x"}
BROKEN_EVERY = 100
TURNS = 6
PEAK_BYTES = 3_000_000


def conversations(count: int) -> Iterator[str]:
    """A ChatGPT export of about 6 kB a conversation, with branches, images and broken records."""
    chance = random.Random(7)
    words = ["sail", "reef", "the", "harbour", "at", "noon", "and", "anchor", "wind", "tide"]
    for number in range(count):
        nodes = [gpt_node("root", None)]
        for turn in range(TURNS):
            text = " ".join(chance.choices(words, k=60))
            parts = {"content_type": "multimodal_text", "parts": [PICTURE, text]}
            parent = nodes[-1]["id"]
            role = "assistant" if turn % 2 else "user"
            nodes.append(gpt_node(f"aside-{turn}", parent, gpt_message(role, "abandoned")))
            nodes.append(
                gpt_node(f"n{turn}", parent, gpt_message(role, parts if turn == 4 else text))
            )
        mapping = gpt_mapping(*nodes)
        talk = gpt_conversation(
            mapping=mapping, current_node=f"n{TURNS - 1}", title=f"Talk {number}"
        )
        text = json.dumps(talk)
        yield text[: len(text) // 2] if number % BROKEN_EVERY == 1 else text


def write_export(path: Path, count: int) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        with archive.open("conversations.json", "w") as member:
            separator = b"["
            for text in conversations(count):
                member.write(separator + text.encode())
                separator = b","
            member.write(b"]")
    return path


@pytest.mark.slow
def test_a_large_export_streams(tmp_path: Path) -> None:
    count = 2000
    path = write_export(tmp_path / "export.zip", count)
    reading = importers.read(path)
    assert reading.total_bytes > 4 * PEAK_BYTES
    tracemalloc.start()
    try:
        found = sum(len(record.conversation.messages) == TURNS for record in reading)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    broken = count // BROKEN_EVERY
    assert found == count - broken
    assert reading.report.reasons == {"not valid JSON": broken}
    assert reading.report.notes == {
        "image replaced by a marker": count - broken,
        "message of another branch left out": TURNS * (count - broken),
    }
    assert reading.report.read == count
    assert peak < PEAK_BYTES
