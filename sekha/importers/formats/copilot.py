"""Microsoft Copilot's activity history: a CSV file with a row for each message, newest first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .. import chat
from ..drafts import Conversion, Draft, Skip, Turn
from ..folding import Origin, Outcome
from ..texts import first, text_of
from ..times import moment

NAME = "copilot"
TITLE = "Microsoft Copilot (activity history)"
HOW = "account.microsoft.com/privacy > Copilot > Export all activity history: the CSV file"
FOLDER = "/imports/copilot"

_TITLE = ("Conversation", "ChatName", "ClientApp")
_TIME = ("Time", "CreatedAt", "Timestamp")
_TEXT = ("Message", "MessageContent", "Prompt")


def recognises(record: Mapping[str, Any]) -> bool:
    return _has(record, _TEXT) and _has(record, _TIME) and _has(record, _TITLE)


def _has(record: Mapping[str, Any], keys: tuple[str, ...]) -> bool:
    return any(key in record for key in keys)


class FOLD:
    """Rows that follow each other under one title are a conversation: there are no ids."""

    def __init__(self, origin: Origin) -> None:
        self._origin = origin
        self._title: str | None = None
        self._rows: list[Mapping[str, Any]] = []
        self._where = ""

    def add(self, record: Mapping[str, Any], where: str) -> Iterator[Outcome]:
        title = text_of(first(record, _TITLE))
        if self._rows and title != self._title:
            yield from self.finish()
        if not self._rows:
            self._where = where
        self._title = title
        self._rows.append(record)

    def finish(self) -> Iterator[Outcome]:
        rows, self._rows = self._rows, []
        if rows:
            yield self._where, _draft(rows, self._title, self._origin.conversion())


def _draft(rows: list[Mapping[str, Any]], title: str | None, work: Conversion) -> Draft | Skip:
    made = [_turn(row, work) for row in rows]
    turns = [turn for turn in made if turn is not None]
    times = [turn.time for turn in turns if turn.time is not None]
    if len(times) > 1 and times[0] > times[-1]:
        turns.reverse()
    elif times and times[0] == times[-1] and turns[0].role == "assistant":
        turns.reverse()
    turns = _asked_first(chat.in_order(turns))
    return work.draft(
        turns,
        title=(title or "").strip() or None,
        created_at=min(times, default=None),
        updated_at=max(times, default=None),
    )


def _asked_first(turns: list[Turn]) -> list[Turn]:
    """An answer often has the very time of its question, and stands before it."""
    found = list(turns)
    for place in range(len(found) - 1):
        one, two = found[place], found[place + 1]
        backwards = one.role == "assistant" and two.role == "user"
        alone = place == 0 or found[place - 1].role != "user"
        if backwards and alone and one.time is not None and one.time == two.time:
            found[place], found[place + 1] = two, one
    return found


def _turn(row: Mapping[str, Any], work: Conversion) -> Turn | None:
    author = text_of(row.get("Author")).strip().lower() or "user"
    role = "user" if author in ("user", "human", "you") else "assistant"
    text = text_of(first(row, _TEXT))
    return work.turn(role, text, moment(first(row, _TIME)), raw=text)
