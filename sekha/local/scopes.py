"""Where and when: a request's scope as SQL over ``messages m`` and ``conversations c``."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from sekha_api.models import Scope as AskedScope
from sekha_api.types import Unset

from .records import Scope

# A message's time: what a change to where times are kept has to change.
MESSAGE_TIME = "m.timestamp"


class InvalidScope(ValueError):
    """A scope with a time that is none."""


def scope_of(asked: AskedScope | Unset | None) -> Scope:
    """A request's scope.

    Raises:
        InvalidScope: A time is not ISO 8601.
    """
    if asked is None or isinstance(asked, Unset):
        return Scope()
    return scope(asked.label, asked.folder, asked.under, asked.since, asked.until)


def scope(
    label: str | Unset | None = None,
    folder: str | Unset | None = None,
    under: str | Unset | None = None,
    since: str | Unset | None = None,
    until: str | Unset | None = None,
) -> Scope:
    """A scope of texts.

    Raises:
        InvalidScope: A time is not ISO 8601.
    """
    above = (_text(under) or "").rstrip("/") or None  # all is below "/"
    return Scope(_text(label), _text(folder), above, _time(since), _time(until))


def where(scope: Scope) -> tuple[str, list[Any]]:
    """Conditions on a message and its conversation, and their values; both empty for all."""
    conditions, values = on_conversations(scope)
    for value, operator in ((scope.since, ">="), (scope.until, "<")):
        if value is not None:
            conditions.append(f"{MESSAGE_TIME} {operator} ?")
            values.append(value)
    return " AND ".join(conditions), values


def on_conversations(scope: Scope) -> tuple[list[str], list[Any]]:
    """The conditions on the conversation alone."""
    conditions: list[str] = []
    values: list[Any] = []
    for column, value in (("c.label", scope.label), ("c.folder", scope.folder)):
        if value is not None:
            conditions.append(f"{column} = ?")
            values.append(value)
    if scope.under is not None:
        # As a range, so that the index of folders serves it: "0" is the character after "/".
        conditions.append("(c.folder = ? OR (c.folder >= ? AND c.folder < ?))")
        values += [scope.under, scope.under + "/", scope.under + "0"]
    return conditions, values


def _text(value: str | Unset | None) -> str | None:
    return None if isinstance(value, Unset) else value


def _time(value: str | Unset | None) -> int | None:
    if value is None or isinstance(value, Unset):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise InvalidScope(f"no time: {value[:40]!r}") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    whole = moment - datetime(1970, 1, 1, tzinfo=timezone.utc)
    return (whole.days * 86_400 + whole.seconds) * 1_000_000_000 + whole.microseconds * 1000
