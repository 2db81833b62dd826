"""Bad input is said before anything is sent: what is wrong, where, and what would do."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from math import isfinite
from typing import TYPE_CHECKING

from .. import models
from ..errors import SekhaValidationError
from .shown import shown
from .wire.times import parse_time

if TYPE_CHECKING:
    from ..models import NewConversation

TIMESTAMP = re.compile(
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d([.,]\d+)?)?(Z|[+-]\d\d:?\d\d)?", re.ASCII
)
IMPORTANCE_RANGE = (1, 10)
MAX_COUNT = 2**32 - 1
MAX_THRESHOLD_DAYS = 36_500
"""A hundred years; the controller drops the connection on a huge number (compatibility row 20)."""


def text(parameter: str, value: object, *, empty: bool = False) -> str:
    """Text that can be sent; raises SekhaValidationError if it is none, or empty."""
    if not isinstance(value, str):
        raise SekhaValidationError(parameter, f"text is needed, not {type(value).__name__}")
    if not empty and not value.strip():
        raise SekhaValidationError(parameter, "must not be empty")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise SekhaValidationError(
            parameter, f"holds half a character (a lone surrogate) at index {error.start}"
        ) from None
    return value


def optional_text(parameter: str, value: object) -> str | None:
    return None if value is None else text(parameter, value)


def integer(parameter: str, value: object, low: int, high: int = MAX_COUNT) -> int:
    """A whole number in a range, its ends included."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise SekhaValidationError(parameter, f"a whole number is needed, not {shown(value)}")
    if not low <= value <= high:
        bound = f"from {low} to {high}" if high != MAX_COUNT else f"of {low} or more"
        raise SekhaValidationError(parameter, f"must be a whole number {bound}, not {shown(value)}")
    return value


def number(parameter: str, value: object) -> float:
    """A number that is finite; one too large for a float is none."""
    try:
        if not isinstance(value, bool) and isinstance(value, int | float) and isfinite(value):
            return float(value)
    except OverflowError:
        pass
    raise SekhaValidationError(parameter, f"a number is needed, not {shown(value)}")


def one_of(parameter: str, value: object, choices: Iterable[str]) -> str:
    allowed = list(choices)
    if not isinstance(value, str) or value not in allowed:
        names = ", ".join(map(repr, allowed))
        raise SekhaValidationError(parameter, f"must be one of {names}, not {shown(value)}")
    return str(value)


def texts(parameter: str, values: object, *, empty: bool = False) -> list[str]:
    """A list of texts; one text alone is a common slip, and said."""
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise SekhaValidationError(parameter, f"a list of texts is needed, not {shown(values)}")
    return [text(f"{parameter}[{index}]", value, empty=empty) for index, value in enumerate(values)]


def conversation(value: object) -> NewConversation:
    """A conversation that can be stored."""
    if not isinstance(value, models.NewConversation):
        raise SekhaValidationError(
            "conversation", f"a NewConversation is needed, not {type(value).__name__}"
        )
    text("label", value.label)
    text("folder", value.folder)
    if value.importance_score is not None:
        integer("importance_score", value.importance_score, *IMPORTANCE_RANGE)
    optional_text("source", value.source)
    optional_text("source_id", value.source_id)
    _messages(value.messages)
    return value


def _messages(messages: object) -> None:
    if isinstance(messages, str | bytes) or not isinstance(messages, Sequence):
        raise SekhaValidationError("messages", "a list of MessageDto is needed")
    for index, message in enumerate(messages):
        if not isinstance(message, models.MessageDto):
            kind = type(message).__name__
            raise SekhaValidationError(f"messages[{index}]", f"a MessageDto is needed, not {kind}")
        text(f"messages[{index}].role", message.role)
        text(f"messages[{index}].content", message.content, empty=True)
        if message.timestamp is not None:
            timestamp(f"messages[{index}].timestamp", message.timestamp)


def timestamp(parameter: str, value: object) -> None:
    """A time that can be sent; raises SekhaValidationError if it is none."""
    moment = value
    if isinstance(value, str):
        # What some controllers take for a time is narrower than what Python does.
        moment = parse_time(value) if TIMESTAMP.fullmatch(value) else None
    elif isinstance(value, datetime) and value.tzinfo is None:
        raise SekhaValidationError(parameter, f"an aware datetime is needed; {value!r} has no zone")
    if not isinstance(moment, datetime):
        raise SekhaValidationError(
            parameter, f"an aware datetime or ISO 8601 text is needed, not {value!r}"
        )
    if not 1678 <= moment.year <= 2261:
        raise SekhaValidationError(parameter, f"must be from 1678 to 2261, not {value!s}")
