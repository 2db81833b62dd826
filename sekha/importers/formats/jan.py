"""Jan's threads: a folder for each, with its messages as lines beside what is known of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .. import chat
from ..drafts import Draft, Skip
from ..folding import Groups
from ..texts import first, identity, text_of
from ..times import moment

NAME = "jan"
TITLE = "Jan"
HOW = "the folder threads in Jan's data folder (Settings > General > Data folder)"
FOLDER = "/imports/jan"


def recognises(record: Mapping[str, Any]) -> bool:
    return record.get("object") == "thread.message" and "thread_id" in record


class FOLD(Groups):
    """Gathers the messages of a thread; its title is in `thread.json`."""

    def key(self, record: Mapping[str, Any]) -> str | None:
        return identity(record.get("thread_id"))

    def drafts(self, key: str, kept: list[Any]) -> list[Draft | Skip]:
        work = self.origin.conversion()
        turns = chat.in_order(chat.turns(kept, work))
        times = [turn.time for turn in turns if turn.time is not None]
        about = self._thread(key)
        assistants = about.get("assistants")
        for each in assistants if isinstance(assistants, list) else ():
            work.model(first(first(each, ("model",)), ("id", "name")))
        return [
            work.draft(
                turns,
                source_id=key or None,
                title=text_of(about.get("title")) or None,
                created_at=moment(about.get("created")) or min(times, default=None),
                updated_at=moment(about.get("updated")) or max(times, default=None),
            )
        ]

    def _thread(self, key: str) -> Mapping[str, Any]:
        try:
            about = json.loads(self.origin.beside("thread.json") or b"{}")
        except (ValueError, RecursionError):
            return {}
        mine = isinstance(about, dict) and identity(about.get("id")) in (key, None)
        return about if mine else {}
