"""A controller to try scenarios on, and what kind it is."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from attrs import field, frozen

from sekha import ClientConfig
from support.recorded_controller import Scene

from .differences import DIFFERENCES, Kind

TARGETS = ("embedded", "as-recorded", "as-recorded-degraded")
"""Those that every run has; "live" is added by --sekha-url."""


@frozen
class Target:
    """A controller, and a prefix of this test's own: its store may hold anything else.

    Attributes:
        config: reaches it; None for an embedded controller.
    """

    kind: Kind
    config: ClientConfig | None
    prefix: str = field(factory=lambda: f"t{uuid4().hex[:12]}")

    def label(self, name: str) -> str:
        """A label that nothing else has."""
        return f"{self.prefix} {name}"

    def word(self, name: str) -> str:
        """A word that nothing else has."""
        return f"{self.prefix}{name}"

    def differs(self, row: int) -> bool:
        """Whether this controller shows a row's difference; only those of the table can."""
        return DIFFERENCES[row].shows(self.kind)


def target_names(live: bool) -> list[str]:
    return [*TARGETS, "live"] if live else [*TARGETS]


def embedded() -> Target:
    return Target(Kind(public=False, cuts=False, embeds=True, llm=True), None)


def recorded(scene: Scene) -> Target:
    stack = scene.stack
    kind = Kind(public=True, cuts=stack.embeddings, embeds=stack.embeds, llm=stack.llm)
    return Target(kind, scene.config())


def config_for(url: str, key: str, **settings: Any) -> ClientConfig:
    """Settings for a live controller. It may be slow, and nobody else is asking it."""
    given = {"rate_limit_requests": None, "timeout": 60.0, **settings}
    return ClientConfig(api_key=key, base_url=url, **given)
