"""What can go wrong inside the embedded controller, before it becomes an answer."""

from __future__ import annotations


class StoreError(Exception):
    """The memory cannot be used: another program's file, a newer version's, or closed."""


class ConversationNotFound(Exception):
    """No stored conversation has this id."""

    def __init__(self, conversation_id: str) -> None:
        super().__init__(f"no conversation has the id {conversation_id}")
        self.conversation_id = conversation_id
