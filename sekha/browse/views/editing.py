"""Changes: label, folder, pin, archive, delete, for one conversation or many; and taking them back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from urllib.parse import parse_qsl

from attrs import define, field
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from ..._core.wording import counted
from ...errors import (
    SekhaConnectionError,
    SekhaError,
    SekhaNotFoundError,
    SekhaValidationError,
)
from ...models import Conversation
from ..failures import said
from ..filters import Filters
from ..forms import Form, form_of
from ..rendering import page, part
from ..state import Browse, browse_of
from ..undo import MOST, Step, take_back
from .listing import row_part

SHOWN = 300
"""Rows that are shown anew after a change."""
Change = Callable[[str], Awaitable[None]]


@define
class Outcome:
    """What became of each."""

    done: list[str] = field(factory=list)
    failed: dict[str, SekhaError] = field(factory=dict)
    left: int = 0


async def form(request: Request) -> Response:
    """The form for one conversation's label and folder."""
    memory = browse_of(request)
    row = await _row(memory, request.path_params["id"].lower())
    suggestions = []
    if "suggest" in request.query_params:
        suggestions = await memory.client.suggest_labels(row.id)
    folders = sorted(memory.catalogue.counts("folder"))[:300]
    return page(request, "_edit.html", row=row, folders=folders, suggestions=suggestions)


async def act(request: Request) -> Response:
    """Do it, to all that were chosen."""
    memory = browse_of(request)
    given = await form_of(request)
    action = given.one("action")
    await memory.catalogue.ready(look=False)
    rows = await chosen(memory, given)
    if not rows:
        raise SekhaValidationError("selection", "choose a conversation first")
    change, words = _change(memory, action, given)
    exports: dict[str, str] = {}
    if action == "delete":
        change = _keeping(memory, exports, change, keep=len(rows) <= MOST)
    outcome = await _each([row.id for row in rows], change)
    memory.forget(outcome.done)
    done = set(outcome.done)
    before = [row for row in rows if row.id in done]
    if action == "delete":
        memory.catalogue.remove(outcome.done)
        step = Step(_in_words(words, outcome.done), (), tuple(exports.values()))
    else:
        await memory.catalogue.reread(len(rows))
        keeps = action in ("pin", "archive") and memory.undo.limited
        kept = tuple(before) if len(before) <= MOST and not keeps else ()
        step = Step(_in_words(words, outcome.done), kept)
    name = memory.undo.add(step) if outcome.done else None
    return _answer(
        request,
        memory,
        outcome.done,
        words=step.what if outcome.done else "",
        step=name,
        problem=_problems(outcome),
        deleted=action == "delete",
    )


async def undo(request: Request) -> Response:
    """Take a step back, as far as the controller does that."""
    memory = browse_of(request)
    step = memory.undo.take((await form_of(request)).one("step"))
    if step is None:
        raise SekhaValidationError("undo", "that can no longer be taken back")
    undone = await take_back(memory.client, step)
    ids = [row.id for row in step.before]
    memory.forget(ids)
    await memory.catalogue.reread(len(ids))
    if undone.restored:
        await memory.catalogue.look()
        memory.catalogue.read_anew()
    words = f"Undone: {step.what[0].lower()}{step.what[1:]}"
    if undone.restored:
        words += "; what was deleted is back under a new id"
    problem = ""
    if undone.stays:
        words = words if undone.changed else ""
        memory.undo.limited = True
        many = counted(len(undone.stays), "conversation")
        problem = f"This controller cannot take that back, for {many}."
    return _answer(
        request, memory, ids, words=words, problem=problem, refresh=bool(undone.restored)
    )


async def chosen(memory: Browse, given: Form) -> list[Conversation]:
    """The rows that a form names: by their ids, or all that filters leave."""
    if given.one("all"):
        await memory.catalogue.ready()
        await memory.catalogue.whole()
        filters = Filters.of(dict(parse_qsl(given.one("filters"))))
        rows, _ = memory.catalogue.page(
            filters.wanted(memory.catalogue), None, len(memory.catalogue)
        )
        return rows
    rows = []
    for each in given.all("ids"):
        row = memory.catalogue.get(each.lower())
        if row is None:
            try:
                row = await memory.client.get_conversation(each)
            except SekhaNotFoundError:
                continue
        rows.append(row)
    return rows


def _change(memory: Browse, action: str, given: Form) -> tuple[Change, str]:
    """What is done to each, and how it is said of all."""
    client = memory.client
    label, folder = given.one("label").strip(), given.one("folder").strip()
    match action:
        case "edit":
            return lambda each: client.update_label(each, label, folder or None), "Changed"
        case "label":
            return lambda each: client.update_label(each, label), "Labelled"
        case "move":
            return lambda each: client.move(each, folder), "Moved"
        case "pin":
            return client.pin, "Pinned"
        case "archive":
            return client.archive, "Archived"
        case "delete":
            return client.delete, "Deleted"
    raise SekhaValidationError("action", "there is no such action")


def _keeping(memory: Browse, exports: dict[str, str], delete: Change, *, keep: bool) -> Change:
    """Deletes, and keeps what is needed to store it anew."""

    async def change(conversation_id: str) -> None:
        text = await memory.client.export_single(conversation_id, "jsonl") if keep else ""
        await delete(conversation_id)
        if keep:
            exports[conversation_id] = text

    return change


async def _each(ids: list[str], change: Change) -> Outcome:
    outcome = Outcome()
    for place, each in enumerate(ids):
        try:
            await change(each)
        except SekhaConnectionError as error:
            # The others would only fail too, each after all its retries.
            outcome.failed[each] = error
            outcome.left = len(ids) - place - 1
            break
        except SekhaValidationError:
            raise
        except SekhaError as error:
            outcome.failed[each] = error
        else:
            outcome.done.append(each)
    return outcome


def _in_words(words: str, done: list[str]) -> str:
    return f"{words} {counted(len(done), 'conversation')}"


def _problems(outcome: Outcome) -> str:
    if not outcome.failed:
        return ""
    reasons = list(dict.fromkeys(map(said, outcome.failed.values())))
    many = counted(len(outcome.failed), "conversation")
    words = " ".join(reasons[:3])
    if outcome.done or len(outcome.failed) > 1:
        words = f"{many} left as before. {words}"
    if outcome.left:
        words += f" {counted(outcome.left, 'more conversation')} not tried."
    return words


async def _row(memory: Browse, conversation_id: str) -> Conversation:
    row = memory.catalogue.get(conversation_id)
    return row if row is not None else await memory.client.get_conversation(conversation_id)


def _answer(
    request: Request,
    memory: Browse,
    ids: list[str],
    *,
    words: str,
    step: str | None = None,
    problem: str = "",
    deleted: bool = False,
    refresh: bool = False,
) -> Response:
    """What was done, and the rows as they are now, each to take the place of its former self."""
    body: list[Markup] = [part(request, "_toast.html", words=words, step=step, problem=problem)]
    for each in ids[:SHOWN]:
        row = memory.catalogue.get(each)
        if deleted:
            body.append(part(request, "_gone.html", id=each))
        elif row is not None:
            body.append(row_part(request, row))
            body.append(part(request, "_head_swap.html", row=row))
    answer = HTMLResponse(Markup("\n").join(body))
    if deleted and ids:
        answer.headers["hx-trigger"] = "gone"
    elif refresh or len(ids) > SHOWN:
        answer.headers["hx-trigger"] = "anew"
    return answer
