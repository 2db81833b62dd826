"""What every handler works with, and the reading of optional values out of generated models."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from attrs import Factory, frozen

from sekha_api.types import RawResponse, Unset

from .clock import Clock
from .contract import Call
from .semantic import Semantic
from .store import Store
from .word_ranking import WordRanking

T = TypeVar("T")


@frozen
class Services:
    """The rooms behind the handlers."""

    store: Store
    semantic: Semantic
    clock: Clock
    ranking: WordRanking = Factory(WordRanking)


Handler = Callable[[Services, Call], RawResponse]


def given(value: T | Unset | None) -> T | None:
    """A value that may be left out or null, with `None` for both."""
    return None if isinstance(value, Unset) else value


def given_or(value: T | Unset | None, default: T) -> T:
    """A value that may be left out or null, with a default for both."""
    return default if value is None or isinstance(value, Unset) else value
