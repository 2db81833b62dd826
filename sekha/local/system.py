"""Operations tagged `system`: health and metrics."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime

from sekha_api.models import HealthStatus, HealthStatusChecks
from sekha_api.types import RawResponse

from . import answers
from .contract import Call
from .records import Selection
from .services import Handler, Services

_METRICS = """\
# HELP sekha_conversations_total Conversations stored.
# TYPE sekha_conversations_total gauge
sekha_conversations_total {conversations}
# HELP sekha_messages_total Messages stored.
# TYPE sekha_messages_total gauge
sekha_messages_total {messages}
"""


def get_health(services: Services, call: Call) -> RawResponse:
    # Both really looked at, unlike row 32: a row is read, and a text embedded.
    checks = {
        "database": _check(services.store.folders),
        "embeddings": _check(lambda: services.semantic.embed(["health"])),
    }
    if any(check["status"] != "ok" for check in checks.values()):
        return answers.empty(503)
    now = datetime.now(UTC).isoformat()
    return answers.model(200, HealthStatus("healthy", now, HealthStatusChecks.from_dict(checks)))


def get_metrics(services: Services, call: Call) -> RawResponse:
    conversations = services.store.statistics(Selection()).count
    messages = services.store.count_messages()
    return answers.text(200, _METRICS.format(conversations=conversations, messages=messages))


HANDLERS: dict[str, Handler] = {"get_health": get_health, "get_metrics": get_metrics}


def _check(look: Callable[[], object]) -> dict[str, str]:
    try:
        look()
    except (sqlite3.Error, OSError) as error:
        return {"status": "error", "error": str(error)}
    return {"status": "ok"}
