"""Messages by their meaning, in the order of their cosine distance (row 15)."""

from __future__ import annotations

import threading

import numpy as np

from sekha.local.embedder import Vectors, load_embedder


class VectorIndex:
    """Messages by their vectors."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._owners: list[tuple[str, str]] = []
        self._vectors: list[Vectors] = []

    def add(self, conversation_id: str, message_id: str, content: str) -> None:
        vector = _embed(content)
        with self._lock:
            self._owners.append((conversation_id, message_id))
            self._vectors.append(vector)

    def has(self, conversation_id: str) -> bool:
        """Whether any message of a conversation has a vector."""
        with self._lock:
            return any(owner == conversation_id for owner, _ in self._owners)

    def nearest(self, text: str, limit: int) -> list[tuple[str, str, float]]:
        """Conversation, message and cosine distance of the nearest, the first stored first among
        equals."""
        vector = _embed(text)
        with self._lock:
            if not self._vectors:
                return []
            distances = 1.0 - np.stack(self._vectors) @ vector
            order = np.argsort(distances.round(6), kind="stable")[:limit].tolist()
            return [(*self._owners[place], float(distances[place])) for place in order]


def _embed(text: str) -> Vectors:
    vector: Vectors = load_embedder().embed([text])[0]
    return vector
