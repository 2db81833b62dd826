"""What every handler works with, and the reading of optional values out of generated models."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from sekha.local.clock import Clock
from sekha.local.contract import Call
from sekha.local.semantic import Semantic
from sekha.local.store import Store
from sekha_api.types import RawResponse, Unset

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Services:
    """The rooms behind the handlers."""

    store: Store
    semantic: Semantic
    clock: Clock


Handler = Callable[[Services, Call], RawResponse]


def given(value: T | Unset | None) -> T | None:
    """A value that may be left out or null, with ``None`` for both."""
    return None if isinstance(value, Unset) else value


def given_or(value: T | Unset | None, default: T) -> T:
    """A value that may be left out or null, with a default for both."""
    return default if value is None or isinstance(value, Unset) else value
