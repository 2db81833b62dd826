"""What errors are, beside what they say."""

from __future__ import annotations

import copy
import pickle

import pytest

from sekha import (
    SekhaConnectionError,
    SekhaError,
    SekhaMissingExtraError,
    SekhaUnstorableTextError,
)


def test_a_missing_extra_is_an_import_error_of_this_family_that_says_how_to_install() -> None:
    error = SekhaMissingExtraError("shared_limits needs", "redis")
    assert isinstance(error, SekhaError) and isinstance(error, ImportError)
    assert str(error) == error.message
    assert 'pip install "sekha-memory[redis]"' in str(error)
    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert (type(again), str(again), again.extra) == (type(error), str(error), "redis")


@pytest.mark.parametrize("sent", [True, False])
def test_unstorable_text_is_no_connection_error_that_retries_would_catch(sent: bool) -> None:
    error = SekhaUnstorableTextError("text", sent=sent, message_index=3)
    assert not isinstance(error, SekhaConnectionError | OSError)
    again = pickle.loads(pickle.dumps(error))
    assert (again.sent, again.message_index, again.conversation_ids) == (sent, 3, ())
