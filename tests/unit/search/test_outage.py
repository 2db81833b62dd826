from __future__ import annotations

import pytest

from sekha._core.search.outage import outage
from sekha.models import Health


@pytest.mark.parametrize(
    ("status", "stored", "has_messages", "is_outage"),
    [
        ("healthy", 0, False, False),
        ("healthy", 3, False, False),
        ("healthy", 3, True, True),
        ("unhealthy", 0, False, True),
        ("unhealthy", 3, True, True),
    ],
)
def test_empty_is_an_outage_unless_there_is_surely_nothing(
    status: str, stored: int, has_messages: bool, is_outage: bool
) -> None:
    problem = outage(Health(status), stored=stored, has_messages=has_messages)
    assert (problem is not None) == is_outage
