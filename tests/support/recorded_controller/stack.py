"""What stands behind the controller, and what a language model there would answer."""

from __future__ import annotations

import re

from attrs import define

PREVIEW_BYTES = 100


@define
class Stack:
    """Which of the servers behind the controller are up. Can be changed at any time."""

    embeddings: bool = True
    chroma: bool = True
    llm: bool = True

    @property
    def embeds(self) -> bool:
        """Whether what is stored now can be found by meaning later."""
        return self.embeddings and self.chroma

    @classmethod
    def nothing(cls) -> Stack:
        """No embeddings, no vector store, no language model."""
        return cls(embeddings=False, chroma=False, llm=False)


def kills_handler(content: str) -> bool:
    """Whether the preview's end, the 100th byte, falls inside a character (row 3)."""
    data = content.encode()
    return len(data) > PREVIEW_BYTES and 0x80 <= data[PREVIEW_BYTES] < 0xC0


def model_labels(text: str) -> list[str]:
    """The labels that a very small language model sees in a text."""
    return list(dict.fromkeys(re.findall(r"[A-Z][a-z]{3,}", text)))[:5] or ["general"]


def model_summary(text: str) -> str:
    """What a very small language model thinks worth keeping of a text: its end."""
    return " ".join(text.split()[-30:])
