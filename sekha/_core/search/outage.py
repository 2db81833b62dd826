""" "Nothing found" is not "could not look" (compatibility rows 16 and 32).

Vectors have no threshold: with anything embedded, a search by meaning is never empty.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...errors import SekhaUnavailableError

if TYPE_CHECKING:
    from ...models import Health

MAX_CONVERSATIONS_TO_CHECK = 20
"""Up to so many conversations are read to see whether they hold any message at all."""


def outage(health: Health, *, stored: int, has_messages: bool) -> SekhaUnavailableError | None:
    """What an empty answer to a search by meaning means; None if there is nothing to find."""
    if not health.healthy:
        return SekhaUnavailableError(
            "the search found nothing because the controller is unhealthy: its vector store or its "
            "database does not answer; see the controller's log"
        )
    if has_messages:
        return SekhaUnavailableError(
            f"the search found nothing though {stored} conversations are stored: the controller's "
            "embeddings do not answer, or nothing was embedded when it was stored"
        )
    return None
