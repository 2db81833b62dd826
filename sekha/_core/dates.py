"""When a conversation was, and how a time is written for people."""

from __future__ import annotations

from datetime import datetime

from ..models import Conversation


def date_of(conversation: Conversation) -> datetime | None:
    """When a conversation began, where the memory knows that; else when it was last changed
    (compatibility rows 2 and 7)."""
    return conversation.created_at or conversation.updated_at


def day(moment: datetime | None) -> str:
    """A day for people, in this machine's time zone."""
    if moment is None:
        return "no date"
    local = moment.astimezone()
    return f"{local.day} {local:%b %Y}"


def minute(moment: datetime | None) -> str:
    """A time for people, in this machine's time zone."""
    return "" if moment is None else f"{day(moment)}, {moment.astimezone():%H:%M}"


def machine(moment: datetime | None) -> str:
    """A time for programs."""
    return "" if moment is None else moment.isoformat(timespec="seconds")
