"""GitHub Copilot Chat in VS Code: an exported chat, or a session as VS Code keeps it (a document,
or a log of changes to one)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .. import texts
from ..drafts import FOREIGN, Conversion, Draft, Skip, Turn
from ..folding import Origin, Session
from ..texts import as_text, first, join, text_of
from ..times import moment

NAME = "vscode-copilot"
TITLE = "GitHub Copilot Chat (VS Code)"
HOW = 'the command "Chat: Export Chat…", or the chatSessions folder of a workspace\'s storage'
FOLDER = "/imports/vscode-copilot"

_INITIAL, _SET, _PUSH, _DELETE = 0, 1, 2, 3
_SILENT = frozenset(
    (
        *("undoStop", "codeblockUri", "prepareToolInvocation", "mcpServersStarting", "command"),
        *("progressMessage", "treeData", "references", "confirmation", "multiDiffData", "hook"),
    )
)


def recognises(record: Mapping[str, Any]) -> bool:
    if record.get("kind") == _INITIAL and isinstance(record.get("v"), dict):
        return _is_chat(record["v"])
    return _is_chat(record)


def _is_chat(record: Mapping[str, Any]) -> bool:
    named = ("requesterUsername", "responderUsername", "initialLocation", "sessionId")
    return isinstance(record.get("requests"), list) and any(key in record for key in named)


class FOLD(Session):
    """A chat is a document; a log gives its first state, and what changed in it."""

    def __init__(self, origin: Origin) -> None:
        super().__init__(origin)
        self._chats: list[Any] = []

    def take(self, record: Mapping[str, Any]) -> None:
        kind = record.get("kind")
        if "requests" in record or kind not in (_INITIAL, _SET, _PUSH, _DELETE):
            self._chats.append(dict(record))
        elif kind == _INITIAL:
            self._chats.append(record.get("v"))
        elif self._chats:
            _change(self._chats[-1], record)

    def drafts(self) -> list[Draft | Skip]:
        return [_draft(chat, self.origin.conversion()) for chat in self._chats]


def _change(state: Any, entry: Mapping[str, Any]) -> None:
    """A change of the log: a value set or deleted, or a list cut and gone on with. What leads
    nowhere is left."""
    path = entry.get("k")
    if not isinstance(path, list) or not path:
        return
    for key in path[:-1]:
        state = _at(state, key)
    last, value = path[-1], entry.get("v")
    if entry.get("kind") == _PUSH:
        listed = _at(state, last)
        if listed is None and isinstance(state, dict):
            listed = state[last] = []
        if isinstance(listed, list):
            cut = entry.get("i")
            if isinstance(cut, int) and not isinstance(cut, bool):
                del listed[max(cut, 0) :]
            listed.extend(value if isinstance(value, list) else ())
    elif isinstance(state, dict):
        state[last if isinstance(last, str) else str(last)] = value
    elif isinstance(state, list) and isinstance(last, int) and 0 <= last < len(state):
        state[last] = value


def _at(state: Any, key: Any) -> Any:
    if isinstance(state, dict):
        return state.get(key) if isinstance(key, str) else None
    if isinstance(state, list) and isinstance(key, int) and 0 <= key < len(state):
        return state[key]
    return None


def _draft(chat: Any, work: Conversion) -> Draft | Skip:
    requests = chat.get("requests") if isinstance(chat, dict) else None
    if not isinstance(requests, list):
        return Skip(FOREIGN, "it has no list of requests")
    turns: list[Turn] = []
    for request in requests:
        if isinstance(request, dict):
            made = (_asked(request, work), _answered(request, work))
            turns += [turn for turn in made if turn is not None]
    return work.draft(
        turns,
        source_id=text_of(chat.get("sessionId")) or None,
        title=text_of(first(chat, ("customTitle", "computedTitle"))) or None,
        created_at=moment(chat.get("creationDate")),
        updated_at=moment(chat.get("lastMessageDate")),
    )


def _asked(request: Mapping[str, Any], work: Conversion) -> Turn | None:
    message = request.get("message")
    text = as_text(first(message, ("text",))) if isinstance(message, dict) else as_text(message)
    variables = first(request.get("variableData"), ("variables",))
    for each in variables if isinstance(variables, list) else ():
        if isinstance(each, dict) and each.get("kind") not in ("implicit", "tool", "toolset"):
            text = join([text, texts.file(work, each.get("name"))])
    return work.turn("user", text, moment(request.get("timestamp")), raw=message)


def _answered(request: Mapping[str, Any], work: Conversion) -> Turn | None:
    response = request.get("response")
    listed = response if isinstance(response, list) else []
    work.model(text_of(request.get("modelId")).rpartition("/")[2])
    text = _text(listed, work)
    if not text.strip():
        error = first(first(request, ("result",)), ("errorDetails",))
        text = text_of(first(error, ("message",)))
        if not text and all(_kind(part) in _SILENT for part in listed):
            return None
    return work.turn("assistant", text, moment(request.get("timestamp")), raw=listed)


def _kind(part: Any) -> str:
    return text_of(part.get("kind")) if isinstance(part, dict) else ""


def _text(listed: list[Any], work: Conversion) -> str:
    """The pieces of an answer: text goes on where it broke off, all else on lines of its own."""
    blocks: list[str] = []
    line = ""
    for part in listed:
        kind = _kind(part)
        if kind in _SILENT:
            continue
        if kind in ("", "markdownContent", "markdownVuln", "inlineReference", "warning"):
            line += _inline(part, kind)
        else:
            blocks += [line, _block(part, kind, work)]
            line = ""
    return join([*blocks, line])


def _inline(part: Any, kind: str) -> str:
    if not isinstance(part, dict):
        return as_text(part)
    if kind == "inlineReference":
        target = part.get("inlineReference")
        name = first(part, ("name",)) or first(target, ("name",)) or _path(target)
        return f"`{name}`" if name else ""
    content = part.get("content", part)
    return text_of(first(content, ("value",))) if isinstance(content, dict) else as_text(content)


def _block(part: Mapping[str, Any], kind: str, work: Conversion) -> str:
    if kind == "thinking":
        value = part.get("value")
        said = "".join(map(as_text, value)) if isinstance(value, list) else as_text(value)
        return texts.thinking(said)
    if kind.startswith("toolInvocation"):
        said = _plain(part.get("pastTenseMessage")) or _plain(part.get("invocationMessage"))
        data = part.get("toolSpecificData")
        command = first(first(data, ("commandLine",)), ("original",)) or first(data, ("command",))
        return texts.tool_call(part.get("toolId"), join([said, text_of(command)]))
    if kind in ("textEditGroup", "notebookEditGroup"):
        work.note("edit of a file replaced by a marker")
        return f"[edited: {_path(part.get('uri'))}]"
    return _plain(part.get("content")) or _plain(part.get("message")) or texts.unknown(work, kind)


def _plain(value: Any) -> str:
    return text_of(first(value, ("value",))) if isinstance(value, dict) else text_of(value)


def _path(target: Any) -> str:
    """The last part of where a reference leads."""
    found = first(target, ("fsPath", "path", "external"))
    if found is None and isinstance(target, dict):
        found = first(first(target, ("uri",)), ("fsPath", "path", "external"))
    return text_of(found).replace("\\", "/").rstrip("/").rpartition("/")[2]
