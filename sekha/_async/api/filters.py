"""Filters as callers give them: where, and when."""

from __future__ import annotations

from datetime import date, datetime, timezone

from attrs import evolve

from ..._core import validate
from ..._core.listing import Filter

When = str | date | datetime | None


def filter_of(
    label: str | None = None,
    folder: str | None = None,
    under: str | None = None,
    since: When = None,
    until: When = None,
) -> Filter:
    """What is wanted, once all of it is known to be good.

    Raises:
        SekhaValidationError: a text is none, or a time is none.
    """
    validate.optional_text("label", label)
    validate.optional_text("folder", folder)
    validate.optional_text("under", under)
    filter = Filter(label=label, folder=folder, under=under)
    if since is None and until is None:
        return filter
    # Not at the top: dateutil takes half as long to import as httpx, and few calls need it.
    from ..._core.transfer.periods import point

    now = datetime.now(timezone.utc)
    return evolve(
        filter,
        said_since=point("since", since, now=now),
        said_until=point("until", until, now=now, end=True),
    )
