"""Which messages go into a context, and how it is written (compatibility rows 18 and 33).

The controller orders by pin, label and age and forgets how close a message is, and one message can
come three times. Here each comes once, the closest first, until no other one fits.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from math import ceil
from typing import TYPE_CHECKING

from sekha_api import models as api

from ... import models
from ..wire.times import parse_time

if TYPE_CHECKING:
    from ...models import ContextAssembly, ContextMessage, Conversation

BYTES_PER_TOKEN = 4
SERVER_FILL = 0.85
"""The share of the budget that the controller fills."""
COPIES = 3
"""How often one message can come; each copy eats budget."""
CANDIDATES = 200
"""How many messages the controller itself considers by meaning."""
LABEL_BONUS = 0.15
"""How much closer a message of a preferred label counts."""

TokenCounter = Callable[[str], int]


def estimate_tokens(text: str) -> int:
    """A token is four bytes of UTF-8, as the controller counts; rounded up."""
    return ceil(len(text.encode()) / BYTES_PER_TOKEN)


def budget_to_ask(context_budget: int) -> int:
    """What to ask the controller for, so that enough is left once its copies are dropped."""
    return ceil(context_budget * COPIES / SERVER_FILL)


def rank(
    candidates: Iterable[ContextMessage],
    *,
    preferred_labels: Collection[str],
    excluded_folders: Sequence[str],
) -> list[ContextMessage]:
    """Each message once, the most relevant first. One without a similarity counts as unrelated; of
    equals the newest comes first."""
    known: dict[str, ContextMessage] = {}
    for each in candidates:
        if is_excluded(each.folder, excluded_folders):
            continue
        held = known.get(each.message_id)
        if held is None or held.similarity is None:
            known[each.message_id] = each

    def relevance(each: ContextMessage) -> tuple[float, float]:
        bonus = LABEL_BONUS if each.label in preferred_labels else 0.0
        closeness = 0.0 if each.similarity is None else each.similarity
        return closeness + bonus, each.timestamp.timestamp() if each.timestamp else 0.0

    return sorted(known.values(), key=relevance, reverse=True)


def is_excluded(folder: str, excluded_folders: Sequence[str]) -> bool:
    """Whether a folder is one of these or lies below one."""
    return any(
        folder == excluded or folder.startswith(excluded.rstrip("/") + "/")
        for excluded in excluded_folders
    )


def fill(
    ranked: Sequence[ContextMessage], budget: int, counter: TokenCounter | None
) -> list[ContextMessage]:
    """The most relevant messages that fit together, until no unused one fits.

    Args:
        budget: tokens, of the text that `write` makes of them.
        counter: counts a text's tokens; None for the estimate.
    """
    room = _Room(budget, counter)
    unused = [each for each in ranked if not room.take(each)]
    # One that was too long with a header of its own can fit below another's, if that is shorter.
    while again := [each for each in unused if room.has_header_for(each)]:
        unused = [each for each in again if not room.take(each)]
        if len(unused) == len(again):
            break
    return room.chosen


class _Room:
    """What a context holds so far, and whether one more fits."""

    def __init__(self, budget: int, counter: TokenCounter | None) -> None:
        self.chosen: list[ContextMessage] = []
        self._budget = budget
        self._counter = counter
        self._spent = 0
        self._headers: set[str] = set()

    def take(self, each: ContextMessage) -> bool:
        if self._counter is not None:
            fits = self._counter(write([*self.chosen, each])) <= self._budget
        else:
            # Bytes add up, so each candidate costs its own line and at most one header.
            spent = self._spent + len(_line(each).encode())
            if not self.has_header_for(each):
                spent += len(_header(each, first=not self.chosen).encode())
            fits = spent <= self._budget * BYTES_PER_TOKEN
            self._spent = spent if fits else self._spent
        if fits:
            self.chosen.append(each)
            self._headers.add(each.conversation_id)
        return fits

    def has_header_for(self, each: ContextMessage) -> bool:
        return each.conversation_id in self._headers


def write(chosen: Sequence[ContextMessage], order: Mapping[str, int] | None = None) -> str:
    """The text for a language model: the messages by conversation, each conversation under the
    label, folder and date of its most relevant message.

    Args:
        chosen: the messages, the most relevant first.
        order: the place of messages in their conversations, for those where it is known.
    """
    parts: list[str] = []
    for group in _groups(chosen).values():
        parts.append(_header(group[0], first=not parts))
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


def assembled_message(
    message: api.StoredMessage, clean: Callable[[str], str] = str
) -> ContextMessage:
    """A message that the controller put into its context, with its citation."""
    citation = message.metadata.additional_properties.get("citation")
    citation = citation if isinstance(citation, dict) else {}
    return models.ContextMessage(
        conversation_id=message.conversation_id,
        message_id=message.id,
        role=message.role,
        content=clean(message.content),
        label=str(citation.get("label", "")),
        folder=str(citation.get("folder", "")),
        timestamp=parse_time(message.timestamp),
    )


def conversations_to_order(chosen: Iterable[ContextMessage]) -> list[str]:
    """Those of which more than one message is used, so that their order matters."""
    return [each for each, group in _groups(chosen).items() if len(group) > 1]


def _groups(chosen: Iterable[ContextMessage]) -> dict[str, list[ContextMessage]]:
    groups: dict[str, list[ContextMessage]] = {}
    for each in chosen:
        groups.setdefault(each.conversation_id, []).append(each)
    return groups


def _in_order(group: Iterable[ContextMessage], order: Mapping[str, int]) -> list[ContextMessage]:
    return sorted(group, key=lambda each: order.get(each.message_id, 0))


def _header(first_message: ContextMessage, *, first: bool) -> str:
    day = f", {first_message.timestamp:%Y-%m-%d}" if first_message.timestamp else ""
    gap = "" if first else "\n"
    return f"{gap}## {first_message.label} ({first_message.folder}{day})\n"


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
