"""A create as it goes on inside the public controller: one message after the other (rows 1 to 5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sekha_api.types import RawResponse

from . import answers
from .stack import kills_handler

if TYPE_CHECKING:
    from .controller import RecordedController

Body = dict[str, Any]


class Creation:
    """A create under way: its row is there, its messages come one by one with `step`."""

    def __init__(self, controller: RecordedController, operation: str, body: Body) -> None:
        self._controller = controller
        self._operation = operation
        messages = body["messages"]
        deadly = next((i for i, m in enumerate(messages) if kills_handler(m["content"])), None)
        # An embedding is made before the text is cut, so that without embeddings nothing dies.
        self._dies = deadly is not None and controller.stack.embeddings
        tool = operation == "memory_store"
        self._stored = controller.memory.create(
            body["label"],
            body["folder"],
            messages[:deadly] if self._dies else messages,
            body.get("importance_score") if tool else None,
        )
        self._id = self._stored["conversation"]["id"]
        self._left = list(self._stored["messages"])

    @property
    def at_end(self) -> bool:
        return not self._left and not self._dies

    def step(self) -> None:
        """Embed and store the next message.

        Raises:
            Dropped: its text killed the handler.
        """
        if not self._left:
            raise self._controller.dropped("a message's 100th byte is inside a character (row 3)")
        message = self._left.pop(0)
        self._controller.memory.show(self._id, message, embedded=self._controller.stack.embeds)

    def answer(self) -> RawResponse:
        if self._operation == "create_conversation":
            return answers.ok(self._stored["created"], 201)
        head = self._stored["conversation"]
        return answers.tool(
            {
                "conversation_id": self._id,
                "id": self._id,
                "label": head["label"],
                "folder": head["folder"],
            }
        )
