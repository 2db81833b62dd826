"""What models cost beside bare JSON."""

from __future__ import annotations

import json

from compare import Row, side_by_side
from server import page

from sekha_api.api.conversations import list_conversations
from sekha_api.types import RawResponse

ROWS = 1000


def rows() -> list[Row]:
    content = json.dumps(page(1, ROWS, ROWS)).encode()
    answer = RawResponse(200, {"content-type": "application/json"}, content)
    return [
        side_by_side(
            f"a page of {ROWS} rows into models",
            "json.loads",
            lambda: json.loads(content),
            lambda: list_conversations.parse_result(answer),
            times=20,
            goal=2.5,
        )
    ]
