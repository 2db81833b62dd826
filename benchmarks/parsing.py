"""What models cost beside bare JSON."""

from __future__ import annotations

import gc
import json

from compare import Row, in_turn
from server import page

from sekha_api.api.conversations import list_conversations
from sekha_api.types import RawResponse

ROWS = 1000


def rows() -> list[Row]:
    content = json.dumps(page(1, ROWS, ROWS)).encode()
    answer = RawResponse(200, {"content-type": "application/json"}, content)
    # What the other benchmarks have imported is no part of it: the collector need not walk it.
    gc.collect()
    gc.freeze()
    try:
        peer, ours = in_turn(
            lambda: json.loads(content), lambda: list_conversations.parse_result(answer), times=10
        )
    finally:
        gc.unfreeze()
    return [Row(f"a page of {ROWS} rows into models", "json.loads", peer, ours, 2.5)]
