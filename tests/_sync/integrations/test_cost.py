"""What a session's calls cost in requests."""

from __future__ import annotations

from typing import Any

from sekha import SyncSekhaClient
from sekha.integrations._core.words import item_words
from sekha.integrations._sync.session import Session
from support.served import served

FOLDER = "/agents/anna/long"


def said(number: int) -> dict[str, Any]:
    return {"role": "user", "content": f"number {number}"}


def test_the_end_of_a_long_session_is_cheap() -> None:
    with served() as target:
        with SyncSekhaClient(target.config()) as client:
            writer = Session(client, FOLDER, title="long", describe=item_words)
            for number in range(60):
                writer.add([said(2 * number), said(2 * number + 1)])
            assert len(target.fault_server.seen()) == 60
            reader = Session(client, FOLDER, title="long", describe=item_words)
            last = [said(number) for number in range(100, 120)]
            assert reader.items(limit=20) == last
            # The list, and the ten batches that hold them.
            assert len(target.fault_server.seen()) == 60 + 1 + 10
            writer.add([said(120)])
            assert reader.items(limit=20) == [*last[1:], said(120)]
            # The batch is new, the others are known.
            assert len(target.fault_server.seen()) == 71 + 1 + 1 + 1
            assert reader.count() == 121
            assert len(target.fault_server.seen()) == 74 + 1
            assert reader.pop() == said(120)
            # The list, and the deletion.
            assert len(target.fault_server.seen()) == 75 + 2
