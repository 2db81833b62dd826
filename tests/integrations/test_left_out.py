"""Which frameworks' tests are not run, in one line."""

from __future__ import annotations

import pytest

from .conftest import TESTED, collect_ignore


def test_frameworks_that_are_not_installed() -> None:
    assert TESTED not in collect_ignore, f"the tests of {TESTED} would not run"
    if collect_ignore and not TESTED:
        names = ", ".join(sorted(collect_ignore))
        pytest.skip(f"not installed, so their tests are left out (make test-integrations): {names}")
