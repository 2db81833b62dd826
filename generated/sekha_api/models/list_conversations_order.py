from enum import StrEnum


class ListConversationsOrder(StrEnum):
    CHANGED = "changed"
    STORED = "stored"

    def __str__(self) -> str:
        return str(self.value)
