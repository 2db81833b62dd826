"""What the tests on a served controller have in common."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from attrs import frozen

from sekha import ClientConfig, MessageDto, NewConversation
from sekha.local.embedder import load_embedder
from sekha.testing import Fault, FaultServer

from .controller import RecordedController
from .serving import Pace, serve
from .stack import Stack

UNKNOWN_ID = "00000000-0000-0000-0000-000000000005"


@frozen
class Scene:
    """A served controller with its levers."""

    controller: RecordedController
    fault_server: FaultServer
    pace: Pace

    @property
    def stack(self) -> Stack:
        return self.controller.stack

    def config(self, **settings: Any) -> ClientConfig:
        """Settings for a client of it."""
        given = {"rate_limit_requests": None, "timeout": 10.0, **settings}
        return ClientConfig(
            api_key=self.controller.key, base_url=self.fault_server.base_url, **given
        )

    def sent(self, *operations: str) -> int:
        """How many requests of these operations arrived."""
        return len(self.fault_server.seen(*operations))

    def rows(self, label: str | None = None) -> list[str]:
        """The ids that are stored, the last changed first."""
        return [
            row["conversation_id"]
            for row in self.controller.memory.rows()
            if label is None or row["label"] == label
        ]


@contextmanager
def scene(befalls: dict[tuple[str, int], Fault] | None = None, **options: Any) -> Iterator[Scene]:
    """A served controller, for the time of a `with` block.

    Args:
        befalls: what else goes wrong with the n-th request of an operation, from 0.
        options: of `RecordedController`.
    """
    due = befalls or {}
    # Read from the disk once a process: no test's timeout is meant for that.
    load_embedder()
    controller, pace = RecordedController(**options), Pace()
    try:
        with serve(controller, pace, lambda name, number: due.get((name, number))) as fault_server:
            yield Scene(controller, fault_server, pace)
    finally:
        controller.close()


def talk(
    *contents: str, label: str = "Talk", folder: str = "/talks", **more: Any
) -> NewConversation:
    """A conversation of these messages, user and assistant in turn."""
    roles = ("user", "assistant")
    messages = [MessageDto(roles[place % 2], content) for place, content in enumerate(contents)]
    return NewConversation(label=label, folder=folder, messages=messages, **more)
