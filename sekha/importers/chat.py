"""Conversations that are a list of messages: what most programs write, each with keys of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from attrs import Factory, frozen

from . import parts, texts
from .drafts import FOREIGN, NO_OBJECT, TOOL_LIST, TOOL_ROLES, Conversion, Draft, Skip, Turn
from .texts import first, identity, join, text_of
from .times import moment

ROLES: Mapping[str, str] = {
    "human": "user",
    "prompt": "user",
    "ai": "assistant",
    "bot": "assistant",
    "gpt": "assistant",
    "model": "assistant",
    "response": "assistant",
}
"""What programs call the two sides."""

_FILES = ("files", "attachments", "experimental_attachments", "images")


@frozen
class Shape:
    """In which keys a program keeps what; the first that is there counts.

    Attributes:
        roles: what it calls the speakers; all other names stay as they are.
        thinking: what the model thought, where it is not a part of the text.
        sort: the messages are put in the order of their times.
    """

    messages: tuple[str, ...] = ("messages",)
    role: tuple[str, ...] = ("role",)
    text: tuple[str, ...] = ("content",)
    time: tuple[str, ...] = ("createdAt", "created_at", "timestamp")
    thinking: tuple[str, ...] = ("reasoning", "reasoning_content", "thinking")
    model: tuple[str, ...] = ("model",)
    files: tuple[str, ...] = _FILES
    id: tuple[str, ...] = ("id",)
    title: tuple[str, ...] = ("title",)
    created: tuple[str, ...] = ("createdAt", "created_at")
    updated: tuple[str, ...] = ("updatedAt", "updated_at")
    roles: Mapping[str, str] = Factory(dict)
    sort: bool = False


PLAIN = Shape()


def draft(record: Mapping[str, Any], work: Conversion, shape: Shape = PLAIN) -> Draft | Skip:
    """A record with its messages in it."""
    listed = first(record, shape.messages)
    if listed is None and any(record.get(key) == [] for key in shape.messages):
        listed = []
    if not isinstance(listed, list):
        return Skip(FOREIGN, "it has no list of messages")
    return drafted(record, turns(listed, work, shape), work, shape)


def drafted(
    record: Mapping[str, Any],
    said: list[Turn],
    work: Conversion,
    shape: Shape = PLAIN,
    **known: Any,
) -> Draft:
    """A record whose messages are known already."""
    system = parts.text(first(record, ("system", "systemPrompt", "system_prompt")), work)
    if system.strip() and said and said[0].role != "system":
        said.insert(0, Turn("system", system))
    if record.get("tools") or record.get("functions"):
        work.note(TOOL_LIST)
    work.model(first(record, shape.model))
    about: dict[str, Any] = {
        "source_id": identity(first(record, shape.id)),
        "title": text_of(first(record, shape.title)).strip() or None,
        "created_at": moment(first(record, shape.created)),
        "updated_at": moment(first(record, shape.updated)),
    }
    return work.draft(said, **{**about, **known})


def turns(listed: Iterable[Any], work: Conversion, shape: Shape = PLAIN) -> list[Turn]:
    """The messages in their order."""
    made = (turn(message, work, shape) for message in listed)
    found = [each for each in made if each is not None]
    return in_order(found) if shape.sort else found


def in_order(said: list[Turn]) -> list[Turn]:
    """By their times; those without one stay behind the one before them."""
    keyed: list[tuple[float, int, Turn]] = []
    last = float("-inf")
    for number, each in enumerate(said):
        last = last if each.time is None else each.time.timestamp()
        keyed.append((last, number, each))
    return [each for _, _, each in sorted(keyed, key=lambda item: item[:2])]


def turn(message: Any, work: Conversion, shape: Shape = PLAIN) -> Turn | None:
    """One message; None if there is nothing to show, which is noted."""
    if not isinstance(message, dict):
        work.note(NO_OBJECT)
        return None
    role = role_of(message, shape)
    work.model(first(message, shape.model))
    said = text(message, work, shape)
    if role in TOOL_ROLES:
        output = work.output(said)
        if said and not output:
            return None
        said = output
    return work.turn(role, said, moment(first(message, shape.time)), raw=_raw(message, shape))


def role_of(message: Mapping[str, Any], shape: Shape = PLAIN) -> str:
    """The speaker, in the words that all formats share."""
    role = text_of(first(message, shape.role))
    return shape.roles.get(role) or ROLES.get(role.lower()) or role


def text(message: Mapping[str, Any], work: Conversion, shape: Shape = PLAIN) -> str:
    """All that a message says: what was thought, said, called and attached."""
    thought = first(message, shape.thinking)
    said = parts.text(first(message, shape.text), work)
    pieces = [
        texts.thinking(parts.text(thought, work)) if thought is not None else "",
        said,
        *calls(message, work),
    ]
    if said.strip() != text_of(message.get("refusal")).strip():
        pieces.append(text_of(message.get("refusal")))
    for key in shape.files:
        if key not in shape.text:
            pieces += parts.files(message.get(key), work)
    if message.get("audio"):
        pieces.append(texts.audio(work))
    # Text alone stays as it is, its blank lines too.
    there = [piece for piece in pieces if piece.strip()]
    return said if there == [said] else join(there)


def calls(message: Mapping[str, Any], work: Conversion) -> list[str]:
    """The calls of tools, where they stand beside the text."""
    listed = first(message, ("tool_calls", "toolCalls"))
    found = [_call(call, work) for call in listed] if isinstance(listed, list) else []
    if isinstance(message.get("function_call"), dict):
        found.append(_call(message["function_call"], work))
    return found


def _call(call: object, work: Conversion) -> str:
    if not isinstance(call, dict):
        return texts.tool_call("", call)
    inner = call.get("function")
    function = inner if isinstance(inner, dict) else call
    given = first(function, ("arguments", "args", "input"))
    return texts.tool_call(first(function, ("name", "toolName")), given)


def _raw(message: Mapping[str, Any], shape: Shape) -> Any:
    """What must be blank if nothing is shown: the text, or all of a message that has none of the
    keys in which a text is looked for."""
    keys = [key for key in shape.text if key in message]
    if keys:
        return [message[key] for key in keys]
    known = {*shape.role, *shape.time, *shape.model, *shape.id, "id", "uuid", "type", "status"}
    return [value for key, value in message.items() if key not in known]
