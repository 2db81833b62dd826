"""Storing, listing and changing, with the public controller's faults (rows 1 to 14, 22, 30, 36)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sekha_api.types import RawResponse, Request

from . import answers

if TYPE_CHECKING:
    from .controller import Handler, RecordedController

Body = dict[str, Any]


def listing(controller: RecordedController, request: Request, body: Body) -> RawResponse:
    params = request.params
    page, page_size = int(params.get("page", 1)), int(params.get("page_size", 50))
    if {"label", "folder", "pinned", "archived"}.intersection(params):
        # The filter is looked for as a text in the label: nobody calls a label like that.
        return answers.ok({"results": [], "total": 0, "page": page, "page_size": page_size})
    return answers.ok(controller.memory.pages(page, page_size))


def count(controller: RecordedController, request: Request, body: Body) -> RawResponse:
    label, folder = request.params.get("label"), request.params.get("folder")
    if label is not None and folder is not None:
        return answers.ok({"count": 0, "error": "Cannot specify both label and folder"})
    rows, words = controller.memory.rows(), controller.memory.words
    if label is not None:
        rows = [row for row in rows if words.contains(row["label"], label)]
    elif folder is not None:
        rows = [row for row in rows if row["folder"] == folder]
    return answers.ok({"count": len(rows), "label": label, "folder": folder})


def get(controller: RecordedController, request: Request, body: Body) -> RawResponse:
    found = controller.memory.ask("GET", request.path)
    if found.status_code != 200:
        return found
    return answers.ok({**found.json(), "message_count": 0})


def update_label(controller: RecordedController, request: Request, body: Body) -> RawResponse:
    conversation_id = _id(request)
    if not controller.memory.change(conversation_id, label=body["label"], folder=body["folder"]):
        return answers.unknown(conversation_id, 404)
    return answers.empty(200)


def update_folder(controller: RecordedController, request: Request, body: Body) -> RawResponse:
    folder = body["folder"]
    if not controller.memory.change(_id(request), label=folder, folder=folder):
        return answers.error(404, "Conversation not found")
    return answers.empty(200)


def pin(controller: RecordedController, request: Request, body: Body) -> RawResponse:
    return _change(controller, _id(request), importance_score=10)


def archive(controller: RecordedController, request: Request, body: Body) -> RawResponse:
    return _change(controller, _id(request), status="archived")


def delete(controller: RecordedController, request: Request, body: Body) -> RawResponse:
    conversation_id = _id(request)
    if controller.memory.vectors.has(conversation_id):
        return answers.error(500, "Chroma error: Collection not found: messages")
    return controller.memory.delete(conversation_id)


def _change(controller: RecordedController, conversation_id: str, **changes: object) -> RawResponse:
    if not controller.memory.change(conversation_id, **changes):
        return answers.unknown(conversation_id, 500)
    return answers.empty(200)


def _id(request: Request) -> str:
    return request.path.split("/")[4].lower()


HANDLERS: dict[str, Handler] = {
    "list_conversations": listing,
    "count_conversations": count,
    "get_conversation": get,
    "update_label": update_label,
    "update_folder": update_folder,
    "pin_conversation": pin,
    "archive_conversation": archive,
    "delete_conversation": delete,
}
