"""What a format's module makes of a record, and what it notes on the way."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any, Literal, get_args

from attrs import Factory, define, frozen

Branches = Literal["shown", "all"]
ToolOutput = Literal["keep", "short", "drop"]
BRANCHES: tuple[str, ...] = get_args(Branches)
TOOL_OUTPUTS: tuple[str, ...] = get_args(ToolOutput)

SHORT = 500
"""Characters of a tool's output that are kept when it is kept short."""

BLANK = "blank message left out"
HIDDEN = "hidden message left out"
NO_ROLE = "message without a role kept as unknown"
NO_OBJECT = "message that is not an object left out"
OTHER_BRANCH = "message of another branch left out"
OUTPUT_SHORTENED = "tool output shortened"
OUTPUT_DROPPED = "tool output left out"
TOOL_LIST = "list of tools left out"

FOREIGN = "not a conversation of this format"
NOT_SHOWN = "a message without text that can be shown"
TOOL_ROLES = frozenset(("tool", "function", "observation", "tool_result", "toolResult"))


@frozen
class Skip:
    """Why a record is not a conversation that can be stored.

    Attributes:
        harmless: nothing that was said is lost by it.
    """

    reason: str
    detail: str = ""
    harmless: bool = False


@frozen
class Turn:
    """A message of a draft."""

    role: str
    text: str
    time: datetime | None = None


@define
class Draft:
    """A record of any format in one form.

    Attributes:
        label, folder: the export's own, if it has such.
        source: where it was said before it came into what was exported.
        exported_id: its id in the memory that it was exported from.
        project: what stands below the format's folder.
        models: the models that answered, in their order.
        unshown: messages that say something which the reader cannot show.
        empty: an empty conversation is meant.
        once: what is repeated in many records of an export, and is stored once.
    """

    turns: list[Turn]
    source_id: str | None = None
    source: str | None = None
    exported_id: str | None = None
    title: str | None = None
    label: str | None = None
    folder: str | None = None
    project: str | None = None
    importance: int | None = None
    status: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    models: tuple[str, ...] = ()
    notes: Counter[str] = Factory(Counter)
    unshown: list[str] = Factory(list)
    empty: bool = False
    once: bool = False


@frozen
class Wishes:
    """What is left out of conversations.

    Attributes:
        branches: "shown" for the branch that was shown last, "all" for the others beside it.
        tool_output: what becomes of the output of tools, and of what the program hid.
    """

    branches: Branches = "shown"
    tool_output: ToolOutput = "short"


class Conversion:
    """The conversion of one record, or of one file that is a record.

    Attributes:
        wishes: what the caller wishes.
        name: the file's path in the export.
        notes: what was changed or left out, and how often each.
        unshown: messages that say something which the reader cannot show.
        models: the models that answered, each once.
    """

    def __init__(self, wishes: Wishes | None = None, name: str = "") -> None:
        self.wishes = wishes or Wishes()
        self.name = name
        self.notes: Counter[str] = Counter()
        self.unshown: list[str] = []
        self.models: dict[str, None] = {}
        self._messages = 0

    def note(self, what: str, count: int = 1) -> None:
        """Something was changed or left out."""
        if count:
            self.notes[what] += count

    def apart(self) -> Conversion:
        """Another conversion of the same wishes; nothing noted there is noted here."""
        return Conversion(self.wishes, self.name)

    def model(self, name: object) -> None:
        """A model that answered."""
        if isinstance(name, str) and name.strip():
            self.models[" ".join(name.split())] = None

    def output(self, text: str) -> str:
        """The output of a tool, as much of it as is wished."""
        if self.wishes.tool_output == "keep" or not text.strip():
            return text
        if self.wishes.tool_output == "drop":
            self.note(OUTPUT_DROPPED)
            return ""
        if len(text) <= SHORT:
            return text
        self.note(OUTPUT_SHORTENED)
        return f"{text[:SHORT].rstrip()} … ({len(text) - SHORT:,} more characters)"

    def turn(
        self, role: object, text: str, time: datetime | None = None, *, raw: Any = None
    ) -> Turn | None:
        """A message of the conversation; None if there is nothing to show, which is noted.

        Args:
            raw: what the text was made of: if that holds something, not showing it is a loss.
        """
        self._messages += 1
        if text.strip():
            named = role.strip() if isinstance(role, str) else ""
            if not named:
                self.note(NO_ROLE)
            return Turn(named or "unknown", text, time)
        if is_blank(raw):
            self.note(BLANK)
        else:
            self.unshown.append(f"message {self._messages}")
        return None

    def draft(self, turns: list[Turn], **known: Any) -> Draft:
        """A draft that takes over what was noted."""
        return Draft(
            turns=turns,
            models=tuple(self.models),
            notes=self.notes,
            unshown=self.unshown,
            **known,
        )


def is_blank(value: object) -> bool:
    """Whether it holds nothing: no text, no number, nothing inside."""
    waiting = [value]
    while waiting:
        inner = waiting.pop()
        if isinstance(inner, str):
            if inner.strip():
                return False
        elif isinstance(inner, dict):
            # The type of a part that has nothing in it says nothing.
            waiting += [each for key, each in inner.items() if key not in _FRAME]
        elif isinstance(inner, list):
            waiting += inner
        elif inner is not None and not isinstance(inner, bool):
            return False
    return True


_FRAME = frozenset(
    ("type", "content_type", "kind", "id", "language", "annotations", "citations", "flags")
)
