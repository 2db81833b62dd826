"""Filters: which conversations are asked for, as they stand in an address."""

from __future__ import annotations

import re
from collections.abc import Mapping, Set
from datetime import datetime, timezone
from urllib.parse import urlencode

from attrs import asdict, evolve, frozen

from .._core.listing import PINNED, is_under
from .._core.transfer.periods import point
from .catalogue import Catalogue

WAYS = {
    "recall": "Best",
    "words": "Words",
    "meaning": "Meaning",
    "exact": "Exact",
}
"""How it is searched, as the page names it."""
_DAY = re.compile(r"\d{4}(-\d\d){0,2}")
STATUSES = {"": "Any", "active": "Active", "pinned": "Pinned", "archived": "Archived"}


@frozen
class Filters:
    """What is looked for, and where. An empty text is any.

    Attributes:
        q: what is searched for.
        how: one of WAYS.
        under: a folder and all below it.
        status: one of STATUSES.
        importance: at least this, from 1.
        since, until: a day, a month, or text such as "2 weeks ago".
    """

    q: str = ""
    how: str = "recall"
    label: str = ""
    under: str = ""
    source: str = ""
    status: str = ""
    importance: str = ""
    since: str = ""
    until: str = ""

    @classmethod
    def of(cls, given: Mapping[str, str]) -> Filters:
        """Those that an address has."""
        filters = cls(**{name: given[name].strip() for name in asdict(cls()) if name in given})
        if filters.how not in WAYS:
            filters = evolve(filters, how="recall")
        if filters.status not in STATUSES:
            filters = evolve(filters, status="")
        if not filters.importance.isdecimal() or not 2 <= int(filters.importance) <= 10:
            filters = evolve(filters, importance="")
        return filters

    def query(self, **changes: str) -> str:
        """Them as the query of an address, with these changed."""
        default = asdict(Filters())
        kept = {**asdict(self), **changes}
        return urlencode(
            {name: value for name, value in kept.items() if value != default.get(name)}
        )

    @property
    def narrow(self) -> bool:
        """Whether anything but the search is set."""
        return evolve(self, q="", how="recall") != Filters()

    def times(self) -> tuple[datetime | None, datetime | None]:
        """The time range.

        Raises:
            SekhaValidationError: one of its ends is no time.
        """
        return _moment("from", self.since), _moment("to", self.until, end=True)

    def wanted(self, catalogue: Catalogue, *, searched: bool = False) -> Set[str] | None:
        """The ids of the conversations that are wanted; None for all.

        Args:
            searched: leave out what the search itself goes by.

        Raises:
            SekhaValidationError: as `times`.
        """
        without = evolve(self, q="", how="recall")
        if searched:
            without = evolve(without, label="", under="", since="", until="")
        if without == Filters():
            return None
        found: Set[str] = catalogue.once(without, lambda: without._found(catalogue))
        return found

    def _found(self, catalogue: Catalogue) -> Set[str]:
        sets: list[set[str]] = []
        if self.label:
            sets.append(catalogue.having("label", lambda label: label == self.label))
        if self.under:
            sets.append(catalogue.having("folder", lambda folder: is_under(folder, self.under)))
        if self.source:
            sets.append(catalogue.having("source", lambda source: source == self.source))
        if self.status == "pinned":
            sets.append(catalogue.having("importance_score", lambda score: (score or 0) >= PINNED))
        elif self.status:
            sets.append(catalogue.having("status", lambda status: status == self.status))
        if self.importance:
            least = int(self.importance)
            sets.append(catalogue.having("importance_score", lambda score: (score or 0) >= least))
        if self.since or self.until:
            sets.append(catalogue.between(*self.times()))
        sets.sort(key=len)
        return frozenset(sets[0].intersection(*sets[1:]))


def _moment(name: str, text: str, *, end: bool = False) -> datetime | None:
    moment = point(name, text or None, now=datetime.now(timezone.utc), end=end)
    if moment is None or not _DAY.fullmatch(text):
        return moment
    # A day is the day of whoever looks, as all days on the page are.
    return moment.replace(tzinfo=None).astimezone(timezone.utc)
