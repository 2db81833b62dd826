"""SillyTavern's chats: a file for each, a line for each message below one about the chat."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .. import branches, texts
from ..drafts import OTHER_BRANCH, Draft, Skip, Turn
from ..folding import Origin, Session
from ..texts import as_text, first, join, text_of
from ..times import moment

NAME = "sillytavern"
TITLE = "SillyTavern"
HOW = "the folder chats of SillyTavern's data, or Manage chat files > Export as .jsonl"
FOLDER = "/imports/sillytavern"


def recognises(record: Mapping[str, Any]) -> bool:
    header = "user_name" in record and ("character_name" in record or "chat_metadata" in record)
    return header or ("mes" in record and "is_user" in record)


class FOLD(Session):
    """One chat; the other answers ("swipes") to the same message are other branches."""

    def __init__(self, origin: Origin) -> None:
        super().__init__(origin)
        self._about: Mapping[str, Any] = {}
        self._turns: list[Turn] = []
        self._names: list[str] = []
        self._others: list[list[Turn]] = []

    def take(self, record: Mapping[str, Any]) -> None:
        if "mes" not in record and ("user_name" in record or "chat_metadata" in record):
            self._about = self._about or record
            return
        extra = record.get("extra")
        role = "assistant"
        if record.get("is_user") is True:
            role = "user"
        elif record.get("is_system") is True and first(extra, ("type",)) is not None:
            role = "system"
        if role == "assistant":
            self.work.model(first(extra, ("model",)))
        thought = text_of(first(extra, ("reasoning",)))
        marks = (
            [texts.image(self.work, first(extra, ("title",)))] if first(extra, ("image",)) else []
        )
        file = first(extra, ("file",))
        marks += [texts.file(self.work, first(file, ("name",)))] if file else []
        record = _with_text(record)
        text = join([texts.thinking(thought), as_text(record.get("mes")), *marks])
        turn = self.work.turn(role, text, moment(record.get("send_date")), raw=record.get("mes"))
        self._swipes(record, turn)
        if turn is not None:
            self._turns.append(turn)
            self._names.append(texts.one_line(record.get("name")))

    def _swipes(self, record: Mapping[str, Any], turn: Turn | None) -> None:
        listed = record.get("swipes")
        told = (
            [each for each in listed if text_of(each).strip()] if isinstance(listed, list) else []
        )
        others = [each for each in told if each != record.get("mes")]
        if self.work.wishes.branches != "all":
            self.work.note(OTHER_BRANCH, len(others))
            return
        for each in others:
            said = Turn("assistant", each, turn.time if turn else None)
            self._others.append([*self._turns[-1:], said])

    def drafts(self) -> list[Draft | Skip]:
        characters = {
            name
            for name, turn in zip(self._names, self._turns, strict=True)
            if turn.role == "assistant"
        }
        turns = self._turns
        if len(characters) > 1:
            # Several speak in a group: without their names it could not be followed.
            turns = [
                Turn(turn.role, f"{name}: {turn.text}", turn.time) if name in characters else turn
                for name, turn in zip(self._names, turns, strict=True)
            ]
        times = [turn.time for turn in turns if turn.time is not None]
        named = text_of(self._about.get("character_name"))
        title = named if named and named != "unused" else " & ".join(sorted(characters)[:3])
        identity = text_of(first(self._about.get("chat_metadata"), ("integrity",))) or None
        whole = self.work.draft(
            turns,
            source_id=identity,
            title=title or None,
            created_at=moment(self._about.get("create_date")) or min(times, default=None),
            updated_at=max(times, default=None),
        )
        return [whole, *branches.beside(whole, self._others)]


def _with_text(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """With the answer that was chosen, where only the list of all answers has it."""
    listed = record.get("swipes")
    if as_text(record.get("mes")).strip() or not isinstance(listed, list):
        return record
    told = [text_of(each) for each in listed]
    chosen = record.get("swipe_id")
    text = told[chosen] if isinstance(chosen, int) and 0 <= chosen < len(told) else ""
    text = text or next((each for each in told if each.strip()), "")
    return {**record, "mes": text}
