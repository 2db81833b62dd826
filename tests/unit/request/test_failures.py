"""How sending can fail, in the words that users read and the facts that decide on a retry."""

from __future__ import annotations

import pytest

from sekha._core.request.failures import Failure, connection_failure, timeout_failure


def facts(failure: Failure) -> dict[str, object]:
    return {name: getattr(failure, name) for name in vars(Failure("", sent=False))}


@pytest.mark.parametrize(("sent", "what"), [(True, "answer"), (False, "connection")])
def test_a_timeout(sent: bool, what: str) -> None:
    assert facts(timeout_failure(2.5, sent=sent)) == {
        "detail": f"no {what} within 2.5 s",
        "sent": sent,
        "timed_out": True,
        "dropped": False,
        "certificate_error": False,
    }


def test_a_connection_that_broke_under_a_request() -> None:
    failure = connection_failure("CERTIFICATE_VERIFY_FAILED", sent=True)
    assert str(failure) == "the connection broke (CERTIFICATE_VERIFY_FAILED)"
    assert facts(failure) == {
        "detail": str(failure),
        "sent": True,
        "timed_out": False,
        "dropped": True,
        "certificate_error": False,
    }


@pytest.mark.parametrize("certificate", [True, False])
def test_a_connection_that_never_was(certificate: bool) -> None:
    words = "CERTIFICATE_VERIFY_FAILED: expired" if certificate else "refused"
    assert facts(connection_failure(words, sent=False)) == {
        "detail": f"no connection ({words})",
        "sent": False,
        "timed_out": False,
        "dropped": False,
        "certificate_error": certificate,
    }
