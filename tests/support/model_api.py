"""A server that speaks OpenAI's API; its model is a script that answers from what it is given."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KNOWN = "Your boat is called Ada."
UNKNOWN = "I do not know."


class ModelServer:
    """What was asked of the model, and where it is."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.asked: list[dict[str, Any]] = []

    @property
    def base_url(self) -> str:
        return f"{self.url}/v1"


def answer_to(body: dict[str, Any]) -> str:
    """Ada, if anything in the request tells of her."""
    return KNOWN if "Ada" in json.dumps(body) else UNKNOWN


def _message(text: str) -> dict[str, Any]:
    content = [{"type": "output_text", "text": text, "annotations": []}]
    shape = {"type": "message", "id": "msg_1", "status": "completed", "role": "assistant"}
    return {**shape, "content": content}


def _response(text: str) -> dict[str, Any]:
    return {
        "id": "resp_1",
        "object": "response",
        "created_at": 1,
        "model": "script",
        "output": [_message(text)],
        "parallel_tool_calls": False,
        "tool_choice": "auto",
        "tools": [],
        "status": "completed",
    }


def _chat(text: str) -> dict[str, Any]:
    choice = {
        "index": 0,
        "finish_reason": "stop",
        "message": {"role": "assistant", "content": text},
    }
    shape = {"id": "chat_1", "object": "chat.completion", "created": 1, "model": "script"}
    return {**shape, "choices": [choice]}


def _chunks(text: str) -> Iterator[dict[str, Any]]:
    for place, word in enumerate(text.split(" ")):
        delta = {"content": word if place == 0 else f" {word}", "role": "assistant"}
        choice = {"index": 0, "delta": delta, "finish_reason": None}
        shape = {"id": "chat_1", "object": "chat.completion.chunk", "created": 1, "model": "script"}
        yield {**shape, "choices": [choice]}


def _events(text: str) -> Iterator[dict[str, Any]]:
    place = {"item_id": "msg_1", "output_index": 0, "content_index": 0, "logprobs": []}
    for number, word in enumerate(text.split(" ")):
        delta = {"type": "response.output_text.delta", "delta": word, "sequence_number": number}
        yield {**delta, **place}
    yield {"type": "response.completed", "response": _response(text), "sequence_number": 99}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    model: ModelServer

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.model.asked.append(body)
        text, chat = answer_to(body), self.path.endswith("/chat/completions")
        if body.get("stream"):
            events = _chunks(text) if chat else _events(text)
            lines = [f"data: {json.dumps(each)}\n\n" for each in events]
            self._send("".join([*lines, "data: [DONE]\n\n"]), "text/event-stream")
        else:
            self._send(json.dumps(_chat(text) if chat else _response(text)), "application/json")

    def _send(self, text: str, kind: str) -> None:
        data = text.encode()
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def model_server() -> Iterator[ModelServer]:
    """The server, for the time of a `with` block."""
    handler = type("Handler", (_Handler,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    model = ModelServer(f"http://127.0.0.1:{server.server_address[1]}")
    handler.model = model
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield model
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
