"""Which frameworks' tests are not run, in one line."""

from __future__ import annotations

import os

import pytest

from .conftest import collect_ignore

TESTED = os.environ.get("SEKHA_TEST_INTEGRATION", "").replace("-", "_")
"""Read here: within a test, none of these settings is left."""


def test_frameworks_that_are_not_installed() -> None:
    assert TESTED not in collect_ignore, f"the tests of {TESTED} would not run"
    if collect_ignore and not TESTED:
        names = ", ".join(sorted(collect_ignore))
        pytest.skip(f"not installed, so their tests are left out (make test-integrations): {names}")
