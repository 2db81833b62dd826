"""An embedded controller behind the fault server, and what is really stored in it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from attrs import field, frozen

from sekha import ClientConfig, MessageDto, NewConversation
from sekha.local import Controller
from sekha.testing import Drop, Fault, FaultServer, Script
from sekha.testing.exchange import Exchange
from sekha_api.types import RawResponse, Request

KEY = "obviously-fake-key-0123456789-abcdefghij"
Fingerprint = tuple[str, str, tuple[tuple[str, str], ...]]


def once_only(fault_server: FaultServer, timeout: float = 2.0, **settings: Any) -> ClientConfig:
    """Settings for a client of a fault server that sends everything once."""
    given = {"rate_limit_requests": None, "max_retries": 0, "timeout": timeout, **settings}
    return ClientConfig(api_key=KEY, base_url=fault_server.base_url, **given)


@frozen
class Served:
    """A controller behind a fault server. What is asked of it here goes past that."""

    controller: Controller
    fault_server: FaultServer
    script: Script = field(factory=Script)

    def config(self, **settings: Any) -> ClientConfig:
        """Settings for a client of it."""
        given = {"rate_limit_requests": None, "timeout": 5.0, **settings}
        return ClientConfig(api_key=KEY, base_url=self.fault_server.base_url, **given)

    def befall(self, *faults: Fault | None) -> None:
        """These faults are next."""
        self.script.add(*faults)
        self.fault_server.follow(self.script)

    def ask(self, method: str, path: str, body: object = None, **params: str) -> RawResponse:
        return ask(self.controller, method, path, body, **params)

    def store(self, label: str, *contents: str, folder: str = "/served") -> str:
        """The id of a new conversation, stored past the fault server."""
        new = talk(label, *contents, folder=folder)
        answer = self.ask("POST", "/api/v1/conversations", body_of(new))
        assert answer.status_code == 201, answer.text
        conversation_id: str = answer.json()["id"]
        return conversation_id

    def exported(self, conversation_id: str) -> dict[str, Any]:
        """A conversation with its messages; {} if there is none."""
        return exported(self.controller, conversation_id)

    def rows(self, label: str | None = None) -> list[str]:
        """The ids of all conversations, or of those of a label."""
        return [each["conversation_id"] for each in rows(self.controller, label)]

    def all(self) -> Counter[Fingerprint]:
        """How often each conversation is stored."""
        return Counter(stored_as(self.controller, each) for each in self.rows())


@contextmanager
def served(controller: Controller | None = None) -> Iterator[Served]:
    """A fresh controller in memory with a fault server, in a `with` block."""
    inner = controller or Controller()
    try:
        with FaultServer(inner.handle) as fault_server:
            yield Served(inner, fault_server)
    finally:
        inner.close()


def ask(
    controller: Controller, method: str, path: str, body: object = None, **params: str
) -> RawResponse:
    content = None if body is None else json.dumps(body).encode()
    headers = {} if content is None else {"content-type": "application/json"}
    return controller.handle(Request(method, path, params, headers, content))


def rows(controller: Controller, label: str | None = None) -> list[dict[str, Any]]:
    answer = ask(controller, "GET", "/api/v1/conversations", page_size="100000")
    found = answer.json()["results"]
    return [each for each in found if label is None or each["label"] == label]


def exported(controller: Controller, conversation_id: str) -> dict[str, Any]:
    answer = ask(
        controller,
        "POST",
        "/mcp/tools/memory_export",
        {"conversation_id": conversation_id, "include_metadata": True},
    )
    data: dict[str, Any] = answer.json()["data"] if answer.status_code == 200 else {}
    return data


def stored_as(controller: Controller, conversation_id: str) -> Fingerprint:
    data = exported(controller, conversation_id)
    messages = tuple((each["role"], each["content"]) for each in data["messages"])
    return data["conversation"]["label"], data["conversation"]["folder"], messages


def talk(
    label: str, *contents: str, folder: str = "/served", importance: int | None = None
) -> NewConversation:
    """A conversation of these messages, user and assistant in turn."""
    roles = ("user", "assistant")
    contents = contents or ("a question about tokens", "an answer about tokens")
    messages = [MessageDto(roles[place % 2], content) for place, content in enumerate(contents)]
    return NewConversation(
        label=label, folder=folder, messages=messages, importance_score=importance
    )


def body_of(new: NewConversation) -> dict[str, Any]:
    messages = [{"role": each.role, "content": each.content} for each in new.messages]
    return {"label": new.label, "folder": new.folder, "messages": messages}


def fingerprint_of(new: NewConversation) -> Fingerprint:
    return new.label, new.folder, tuple((each.role, each.content) for each in new.messages)


@frozen
class DropAfter(Drop):
    """Something else happens, then the request is carried out and its answer lost.

    Here, and not beside the test: what is converted to sync cannot override a coroutine.
    """

    carried_out: bool = field(default=True, init=False)
    before: Callable[[], object] = field(kw_only=True)

    async def play(self, exchange: Exchange) -> None:
        self.before()
        await super().play(exchange)
