"""Context assembly: which messages go into a context, and how it is written (compatibility rows 18
and 33).

The order is recall's: the best message first, each once, until no other one fits. What the
controller puts into a context itself (it orders by pin, label and age, and one message can come
three times) only fills what is left.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timezone
from math import ceil
from typing import TYPE_CHECKING, Any

from attrs import evolve

from ... import models
from ..listing import Filter
from ..recall.ranking import raised
from ..wire.roles import RECORD_ROLE
from ..wire.times import parse_time
from .passage import best_passage

if TYPE_CHECKING:
    from ...models import ContextAssembly, ContextMessage, Conversation

BYTES_PER_TOKEN = 4
SERVER_FILL = 0.85
"""The share of the budget that the controller fills."""
COPIES = 3
"""How often one message can come; each copy eats budget."""
LABEL_BONUS = 1.0
"""How much better a message of a preferred label counts, in what recall's model adds up."""
BYTES_A_MESSAGE = 40
"""So long a message is at least, on average: to know how many candidates a budget can hold."""
MOST_BYTES, BETWEEN = 4, 24
"""Of a character in UTF-8; and the characters around the texts of a message and its header."""
FEWEST, MOST = 100, 1000
"""How many candidates are asked for, whatever the budget."""
LARGEST_PASSAGE = 0.5
"""The share of a budget that the passage of one long message may take."""

_UNTIMED = datetime.fromtimestamp(0, timezone.utc)
Cleaner = Callable[[str], str]
TokenCounter = Callable[[str], int]
Worth = Callable[[str], float]


def estimate_tokens(text: str) -> int:
    """A token is four bytes of UTF-8, as the controller counts; rounded up."""
    return ceil(len(text.encode()) / BYTES_PER_TOKEN)


def budget_to_ask(context_budget: int) -> int:
    """What to ask the controller for, so that enough is left once its copies are dropped."""
    return ceil(context_budget * COPIES / SERVER_FILL)


def candidates_to_ask(context_budget: int) -> int:
    """How many candidates a context of this size can hold."""
    return min(MOST, max(FEWEST, context_budget * BYTES_PER_TOKEN // BYTES_A_MESSAGE))


def rank(
    candidates: Iterable[ContextMessage],
    *,
    preferred_labels: Collection[str],
    excluded_folders: Sequence[str],
) -> list[ContextMessage]:
    """Each message once and each text once, the best first. One without a score comes after all
    that have one; of equals the newest comes first."""
    known: dict[str, ContextMessage] = {}
    for each in candidates:
        if excluded_folders and is_excluded(each.folder, excluded_folders):
            continue
        held = known.get(each.message_id)
        if held is None or held.score is None:
            known[each.message_id] = each

    def relevance(each: ContextMessage) -> tuple[float, datetime]:
        bonus = LABEL_BONUS if each.label in preferred_labels else 0.0
        if each.score is None:
            score = bonus - 1.0 - LABEL_BONUS
        else:
            score = raised(each.score, bonus) if bonus else each.score
        return score, each.timestamp or _UNTIMED

    texts: dict[tuple[str, str], ContextMessage] = {}
    for each in sorted(known.values(), key=relevance, reverse=True):
        texts.setdefault((each.role, each.content), each)
    return list(texts.values())


def is_wanted(each: ContextMessage, filter: Filter) -> bool:
    """Whether a message is kept where, and was said when, a filter wants it."""
    return filter.has_place(each.label, each.folder) and filter.has_time(each.timestamp)


def is_excluded(folder: str, excluded_folders: Sequence[str]) -> bool:
    """Whether a folder is one of these or lies below one."""
    return any(
        folder == excluded or folder.startswith(excluded.rstrip("/") + "/")
        for excluded in excluded_folders
    )


def fill(
    ranked: Sequence[ContextMessage],
    budget: int,
    counter: TokenCounter | None,
    worth: Worth | None = None,
) -> list[ContextMessage]:
    """The best messages that fit together, until no unused one fits. Of one that is too long for
    the whole budget its best passage is taken.

    Args:
        budget: tokens, of the text that `write` makes of them.
        counter: counts a text's tokens; None for the estimate.
        worth: how much a piece of text says about the query; without it no passages are taken.
    """
    room = _Room(budget, counter)
    unused = []
    for each in ranked:
        if room.take(each):
            continue
        unused.append(each)
        if worth is not None and not room.could_hold(each):
            room.take_passage(each, worth)
    # One that was too long with a header of its own can fit below another's, if that is shorter.
    while again := [each for each in unused if room.has_header_for(each)]:
        unused = [each for each in again if each.message_id in room or not room.take(each)]
        if len(unused) == len(again):
            break
    return room.chosen


class _Room:
    """What a context holds so far, and whether one more fits."""

    def __init__(self, budget: int, counter: TokenCounter | None) -> None:
        self.chosen: list[ContextMessage] = []
        self._budget = budget
        self._bytes = budget * BYTES_PER_TOKEN
        self._counter = counter
        self._spent = 0
        self._headers: set[str] = set()
        self._places: set[tuple[str, str]] = set()
        self._ids: set[str] = set()

    def __contains__(self, message_id: str) -> bool:
        return message_id in self._ids

    def take(self, each: ContextMessage) -> bool:
        if self._counter is not None:
            fits = self._counter(write([*self.chosen, each])) <= self._budget
        else:
            if self._spent + len(each.content) > self._bytes:
                return False
            # Bytes add up, so each candidate costs its own line and at most one header.
            spent = self._spent + self._cost(each)
            fits = spent <= self._bytes
            self._spent = spent if fits else self._spent
        if fits:
            self.chosen.append(each)
            if not self.has_header_for(each):
                self._headers.add(each.conversation_id)
                self._places.add((each.label, each.folder))
            self._ids.add(each.message_id)
        return fits

    def could_hold(self, each: ContextMessage) -> bool:
        """Whether it would fit if nothing else were there."""
        if self._counter is None:
            texts = (each.label, each.folder, each.role, each.content)
            if MOST_BYTES * (sum(map(len, texts)) + BETWEEN) <= self._bytes:
                return True
        return _Room(self._budget, self._counter).take(each)

    def take_passage(self, each: ContextMessage, worth: Worth) -> None:
        """Take the best passage of a message, if there is room for one."""
        left = self._bytes - self._spent - self._cost(evolve(each, content=""))
        room = min(left, int(self._bytes * LARGEST_PASSAGE))
        # A counter of the caller's may find more tokens than the estimate does.
        while (passage := best_passage(each.content, worth, room)) is not None:
            if self.take(evolve(each, content=passage, is_cut=True)):
                return
            room //= 2

    def has_header_for(self, each: ContextMessage) -> bool:
        return each.conversation_id in self._headers

    def _cost(self, each: ContextMessage) -> int:
        size = len(_line(each).encode())
        if not self.has_header_for(each):
            known = (each.label, each.folder) in self._places
            size += len(_header(each, is_place_known=known).encode())
        return size


def write(chosen: Sequence[ContextMessage], order: Mapping[str, int] | None = None) -> str:
    """The text for a language model: the messages by conversation, each conversation under the
    label, folder and date of its best message. Conversations of one label and folder follow each
    other, and only the first says which these are.

    Args:
        chosen: the messages, the best first.
        order: the place of messages in their conversations, for those where it is known.
    """
    parts: list[str] = []
    for groups in _by_place(chosen):
        for number, group in enumerate(groups):
            parts.append(_header(group[0], is_place_known=number > 0))
            parts.extend(_line(each) for each in _in_order(group, order or {}))
    return "".join(parts)


def assembly(
    query: str,
    chosen: Sequence[ContextMessage],
    *,
    order: Mapping[str, int],
    budget: int,
    counter: TokenCounter | None,
) -> ContextAssembly:
    """The context as callers hold it; `chosen` and `order` as for `write`."""
    count = counter or estimate_tokens
    text = write(chosen, order)
    # A counter need not give a text as many tokens once its lines stand in another order.
    while chosen and count(text) > budget:
        chosen = chosen[:-1]
        text = write(chosen, order)
    return models.ContextAssembly(
        query=query,
        formatted_context=text,
        estimated_tokens=count(text),
        context_budget=budget,
        conversations=tuple(_conversation(group, order) for group in _groups(chosen).values()),
        messages=tuple(chosen),
    )


def assembled_rows(body: Any) -> list[Any]:
    """The messages that the controller put into its context, as it answered."""
    return [row for row in body if row["role"] != RECORD_ROLE]


def assembled_messages(
    rows: Iterable[Any], known: Collection[str] = (), clean: Cleaner = str
) -> list[ContextMessage]:
    """The messages of `assembled_rows` with their citations, once each.

    Args:
        known: ids of those that are not wanted again.
        clean: takes off what was put before a text so that it could be stored.
    """
    told = {row["id"]: row for row in rows if row["id"] not in known}
    return [_assembled(row, row["metadata"].get("citation"), clean) for row in told.values()]


def _assembled(row: Any, citation: Any, clean: Cleaner) -> ContextMessage:
    citation = citation if isinstance(citation, dict) else {}
    return models.ContextMessage(
        row["conversation_id"],
        row["id"],
        row["role"],
        clean(row["content"]),
        str(citation.get("label", "")),
        str(citation.get("folder", "")),
        parse_time(row["timestamp"]),
    )


def conversations_to_order(chosen: Iterable[ContextMessage]) -> list[str]:
    """Those of which more than one message is used, so that their order matters."""
    return [each for each, group in _groups(chosen).items() if len(group) > 1]


def _groups(chosen: Iterable[ContextMessage]) -> dict[str, list[ContextMessage]]:
    groups: dict[str, list[ContextMessage]] = {}
    for each in chosen:
        groups.setdefault(each.conversation_id, []).append(each)
    return groups


def _by_place(chosen: Iterable[ContextMessage]) -> list[list[list[ContextMessage]]]:
    """The conversations of each label and folder, the ones with the best messages first."""
    places: dict[tuple[str, str], list[list[ContextMessage]]] = {}
    for group in _groups(chosen).values():
        places.setdefault((group[0].label, group[0].folder), []).append(group)
    return list(places.values())


def _in_order(group: Iterable[ContextMessage], order: Mapping[str, int]) -> list[ContextMessage]:
    return sorted(group, key=lambda each: order.get(each.message_id, 0))


def _header(first_message: ContextMessage, *, is_place_known: bool) -> str:
    day = first_message.timestamp.date().isoformat() if first_message.timestamp else ""
    if is_place_known:
        return f"# {day}\n"
    told = ", ".join(each for each in (first_message.folder, day) if each)
    return f"# {first_message.label} ({told})\n"


def _line(each: ContextMessage) -> str:
    return f"{each.role}: {each.content}\n"


def _conversation(group: Sequence[ContextMessage], order: Mapping[str, int]) -> Conversation:
    return models.Conversation(
        id=group[0].conversation_id,
        label=group[0].label,
        folder=group[0].folder,
        messages=tuple(
            models.Message(each.role, each.content, each.message_id, each.timestamp)
            for each in _in_order(group, order)
        ),
    )
