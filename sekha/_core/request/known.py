"""What a client has learnt of its server from answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..recall.terms import Texts


class KnownServer:
    """What is known of the controller that a client talks to.

    Attributes:
        text_killed_handler: a text dropped the connection (compatibility row 3).
        answers_many, exports_many: whether it takes several queries in one full-text search, and
            several conversations in one export; None as long as no answer has told.
        texts: what recalls have read of its messages; None before the first one.
    """

    def __init__(self) -> None:
        self.text_killed_handler = False
        self.answers_many: bool | None = None
        self.exports_many: bool | None = None
        self.texts: Texts | None = None
