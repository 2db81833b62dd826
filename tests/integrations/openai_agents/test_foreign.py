"""The SDK's own tests of sessions, on ours."""

from __future__ import annotations

from typing import Any

import pytest

from sekha import SekhaClient
from sekha.integrations.openai_agents import SekhaSession

from ..foreign import load, take_over

suite: Any = load("openai-agents", "tests/memory/test_session.py", "tests.memory.test_session")
limits: Any = load("openai-agents", "tests/memory/test_session_limit.py", "openai_agents_limits")

opened: list[Any] = []


class _Session(SekhaSession):
    """Made as the SDK's SQLite session is made: with a path, and to be closed."""

    def __init__(self, session_id: str, db_path: Any = None, **settings: Any) -> None:
        self._client = SekhaClient.local(db_path)
        opened.append(self)
        super().__init__(session_id, self._client, **settings)

    def close(self) -> None:
        self._client._session.transport._controller.close()


suite.SQLiteSession = limits.SQLiteSession = _Session


@pytest.fixture(autouse=True)
def closed(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("OPENAI_AGENTS_DISABLE_TRACING", "1")
    yield
    while opened:
        opened.pop().close()


ITS_OWN = "looks into the connections, locks and rows of its SQLite session"
CLOSING = "the client is the caller's to close, not the session's"
SKIPPED = {
    "test_sqlite_session_close_closes_worker_thread_connections": ITS_OWN,
    "test_sqlite_session_reaps_connections_from_exited_worker_threads": ITS_OWN,
    "test_sqlite_session_closes_retired_connections_before_the_next_allocation": ITS_OWN,
    "test_sqlite_session_keeps_connections_of_live_worker_threads": ITS_OWN,
    "test_sqlite_session_closed_rejects_empty_add_items": CLOSING,
    "test_sqlite_session_pop_item_skips_corrupt_most_recent": ITS_OWN,
    "test_sqlite_session_pop_item_returns_none_after_dropping_only_corrupt_rows": ITS_OWN,
    "test_sqlite_session_get_items_limit_skips_corrupt_newest_rows": ITS_OWN,
    "test_sqlite_session_get_items_session_settings_limit_skips_corrupt_rows": ITS_OWN,
    "test_sqlite_session_file_lock_is_shared_across_instances": ITS_OWN,
    "test_sqlite_session_failed_add_items_releases_write_lock": ITS_OWN,
    "test_sqlite_session_failed_clear_session_rolls_back": ITS_OWN,
    "test_sqlite_session_failed_pop_item_releases_write_lock": ITS_OWN,
    "test_sqlite_session_rollback_failure_evicts_connection": ITS_OWN,
    "test_sqlite_session_close_retries_quarantined_connection": ITS_OWN,
    "test_sqlite_session_post_commit_cancellation_propagates_after_known_outcome": ITS_OWN,
}

take_over(suite, globals(), skipped=SKIPPED)
take_over(limits, globals())
