"""A small application: a notebook that answers from what was noted before."""

from __future__ import annotations

from sekha import (
    MessageDto,
    NewConversation,
    SekhaClient,
    SekhaConnectionError,
    SekhaError,
    SyncSekhaClient,
)


class Notebook:
    """Notes kept in a Sekha memory.

    Args:
        client: of the memory. Without one it is made from the environment: SEKHA_BASE_URL and
            SEKHA_API_KEY.
    """

    def __init__(self, client: SyncSekhaClient | None = None) -> None:
        self.client = client or SyncSekhaClient()

    def note(self, topic: str, text: str) -> str:
        """Keep a note; its id comes back."""
        new = NewConversation(topic, [MessageDto("user", text)], folder="/notebook")
        return self.client.create_conversation(new).id

    def answer(self, question: str) -> str:
        """The note that says most about a question, or that it cannot be told."""
        try:
            found = self.client.recall(question, limit=1)
        except SekhaConnectionError:
            return "The memory cannot be reached."
        except SekhaError as error:
            return f"The memory cannot be read: {error.message}"
        return found.results[0].content if found.results else "Nothing was noted about that."


async def count_notes(client: SekhaClient) -> int:
    """How many notes there are."""
    return await client.count(folder="/notebook")
