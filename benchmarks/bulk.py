"""What reading everything costs beside a loop written by hand over the same library."""

from __future__ import annotations

import json

import httpx
from calls import config
from compare import Row, side_by_side

from sekha import SyncSekhaClient

PAGE_SIZE = 200
TOTAL = 10_000


def list_by_hand(plain: httpx.Client) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    number = 1
    while True:
        query = {"page": number, "page_size": PAGE_SIZE}
        answer = json.loads(plain.get("/api/v1/conversations", params=query).content)
        found += answer["results"]
        if number * PAGE_SIZE >= answer["total"]:
            return found
        number += 1


def rows(url: str) -> list[Row]:
    with httpx.Client(base_url=url) as plain, SyncSekhaClient(config(url)) as client:
        return [
            side_by_side(
                f"list {TOTAL} conversations",
                "a loop over httpx",
                lambda: list_by_hand(plain),
                lambda: list(client.iter_conversations()),
                times=1,
                goal=1.15,
            ),
        ]
