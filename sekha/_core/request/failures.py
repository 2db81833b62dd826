"""How sending a request can fail before there is an answer, whatever library did the sending."""

from __future__ import annotations


class Failure(Exception):
    """No whole answer came.

    Args:
        detail: what happened, in words that hold no secret.
        sent: whether the request may have reached the controller.
        timed_out: whether it was the time that ran out.
        dropped: whether the connection ended without a whole answer.
        certificate_error: whether it was the certificate: it will be no better the next time.
    """

    def __init__(
        self,
        detail: str,
        *,
        sent: bool,
        timed_out: bool = False,
        dropped: bool = False,
        certificate_error: bool = False,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.sent = sent
        self.timed_out = timed_out
        self.dropped = dropped
        self.certificate_error = certificate_error


def timeout_failure(timeout: float, *, sent: bool) -> Failure:
    """No answer, or not even a connection, within so many seconds."""
    what = "answer" if sent else "connection"
    return Failure(f"no {what} within {timeout:g} s", sent=sent, timed_out=True)


def connection_failure(words: str, *, sent: bool) -> Failure:
    """The connection ended, or there was none; the library that sent says so in these words."""
    if sent:
        return Failure(f"the connection broke ({words})", sent=True, dropped=True)
    certificate_error = "CERTIFICATE_VERIFY_FAILED" in words
    return Failure(f"no connection ({words})", sent=False, certificate_error=certificate_error)
