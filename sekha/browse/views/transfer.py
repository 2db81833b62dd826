"""Bringing in and taking out: dropped files, and the export of a selection."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from ..._core.transfer.format import Layout
from ...errors import SekhaNotFoundError, SekhaValidationError
from ..forms import form_of
from ..rendering import page
from ..state import Browse, browse_of
from ..uploads import Upload
from .editing import chosen

TYPES = {
    "json": ("application/json", "json"),
    "jsonl": ("application/x-ndjson", "jsonl"),
    "markdown": ("text/markdown; charset=utf-8", "md"),
}


async def export(request: Request) -> Response:
    """A file with what was chosen; it comes as it is read."""
    memory = browse_of(request)
    given = await form_of(request)
    format = given.one("format", "json")
    if format not in TYPES:
        raise SekhaValidationError("format", "there is no such format")
    rows = await chosen(memory, given)
    if not rows:
        raise SekhaValidationError("selection", "choose a conversation first")
    kind, ending = TYPES[format]
    return StreamingResponse(
        _records(memory, [row.id for row in rows], format),
        media_type=kind,
        headers={"content-disposition": f'attachment; filename="memory.{ending}"'},
    )


async def _records(memory: Browse, ids: list[str], format: str) -> AsyncIterator[str]:
    layout = Layout(format)
    yield layout.begin()
    for each in ids:
        try:
            text = await memory.client.export_single(each, "json")
        except SekhaNotFoundError:
            continue  # deleted since it was listed
        for record in json.loads(text)["conversations"]:
            yield layout.add(record)
    yield layout.end()


async def imports(request: Request) -> Response:
    """Where files are dropped, and what became of those that were."""
    memory = browse_of(request)
    keeps = await memory.client.keeps_times()
    return page(request, "import.html", jobs=memory.uploads.all(), keeps_times=keeps)


async def upload(request: Request) -> Response:
    """A file, as the body of the request."""
    memory = browse_of(request)
    options: dict[str, bool | str] = {"times_in_text": "times" in request.query_params}
    name = request.query_params.get("name", "")
    job = await memory.uploads.take(name, request.stream(), options)
    return page(request, "_job.html", status=201, job=job)


async def job(request: Request) -> Response:
    """How far an import is."""
    return page(request, "_job.html", job=_job(request))


async def stop(request: Request) -> Response:
    """Stop an import."""
    found = _job(request)
    await browse_of(request).uploads.stop(found)
    return page(request, "_job.html", job=found)


async def resume(request: Request) -> Response:
    """Let an import go on where it was."""
    found = _job(request)
    browse_of(request).uploads.start(found)
    return page(request, "_job.html", job=found)


def _job(request: Request) -> Upload:
    found = browse_of(request).uploads.get(request.path_params["job"])
    if found is None:
        raise HTTPException(404)
    return found
