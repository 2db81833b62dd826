"""Conversations to import: of all lengths and scripts, some of them equal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from sekha import MessageDto, NewConversation

TEXTS = (
    "How do I bake bread without yeast?",
    "漢字とひらがなとカタカナの混ざった、百バイトを超える長さの日本語の文章をここに置いておきます。よろしく。",
    "Zażółć gęślą jaźń 🥖👩‍🔬 — naïve café",
    "one\r\ntwo\rthree\u2028four\u2029five\x85six\n\n",
    "  spaces before, a tab\t and a nul-free end  ",
    '---\nlabel: "not front matter"\n---\n# no heading',
    "",
)
COPIED = 38


def conversations(count: int = 300) -> Iterator[NewConversation]:
    """The same ones each time; 38 of 300 are equal to another one."""
    copied = count * COPIED // 300
    for number in range(count - copied):
        yield _conversation(number)
        # A copy comes at once or much later, some of them as the third.
        if number < copied // 2:
            yield _conversation(number)
    for number in range(copied - copied // 2):
        yield _conversation(number)


def _conversation(number: int) -> NewConversation:
    messages = [
        MessageDto(
            ("user", "assistant", "tool")[place % 3], f"{TEXTS[(number + place) % 7]} {number}"
        )
        for place in range(number % 5)
    ]
    messages.append(MessageDto("user", TEXTS[number % 7]))
    return NewConversation(
        label=f"Label {number % 11}",
        folder=f"/imports/{number % 3}",
        messages=messages,
        importance_score=(None, 10, 3, 5)[number % 4],
    )


def of_records(records: list[dict[str, Any]]) -> Counter[object]:
    """What is stored, without what the server sets itself."""
    return Counter(
        (
            record["label"],
            record["folder"],
            record["importance_score"],
            tuple((each["role"], each["content"]) for each in record["messages"]),
        )
        for record in records
    )


def of_source(source: Iterator[NewConversation]) -> Counter[object]:
    """What is to be stored."""
    return Counter(
        (
            each.label,
            each.folder,
            each.importance_score or 5,
            tuple((message.role, message.content) for message in each.messages),
        )
        for each in source
    )
