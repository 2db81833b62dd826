"""Identity of a conversation that is imported: is it stored already, and in which version?

It is known by its source and the source's own id, and by what it says, whatever its label, its folder
and its file are, and whether or not times are written into its text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from enum import Enum, auto
from hashlib import blake2b
from typing import TYPE_CHECKING

from attrs import field, frozen

from ..wire.times import parse_timestamp

if TYPE_CHECKING:
    from ...models import NewConversation

DIGEST_BYTES = 16
EARLIER = " (earlier version)"
"""What is put behind the label of what was replaced, where it cannot be deleted."""
_TIME_IN_TEXT = re.compile(r"\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC\]\n", re.ASCII)
"""What `times_in_text` writes above a text."""


@frozen
class Version:
    """What a conversation says.

    Attributes:
        chain: for each message a hash of all up to it: of two versions of a conversation that has
            grown, the chain of the one begins with that of the other.
        last: when its last message was said, if that is known.
    """

    chain: tuple[str, ...] = field(repr=False)
    last: datetime | None

    @property
    def hash(self) -> str:
        """A hash of all that it says."""
        return self.chain[-1] if self.chain else blake2b(digest_size=DIGEST_BYTES).hexdigest()


class Age(Enum):
    """What a version is beside the one that is stored."""

    SAME = auto()
    OLDER = auto()
    NEWER = auto()


def version(messages: Iterable[tuple[str, str]], times: Iterable[datetime | None] = ()) -> Version:
    """The version that these roles and contents are, said at these times."""
    chain: list[str] = []
    before = b""
    for role, content in messages:
        text = _TIME_IN_TEXT.sub("", content, count=1) if content.startswith("[") else content
        hashed = blake2b(before, digest_size=DIGEST_BYTES)
        # Halves of characters, which UTF-8 cannot hold, have a hash too.
        hashed.update(f"{len(role)} {role}{text}".encode(errors="surrogatepass"))
        before = hashed.digest()
        chain.append(before.hex())
    known = [time for time in times if time is not None]
    return Version(tuple(chain), known[-1] if known else None)


def version_of(new: NewConversation) -> Version:
    """The version that a conversation to be stored is."""
    said = ((each.role, each.content) for each in new.messages)
    return version(said, (parse_timestamp(each.timestamp) for each in new.messages))


def age(one: Version, stored: Version, former: Iterable[str] = ()) -> Age:
    """What a version is beside the stored one.

    Args:
        former: hashes of the versions that the stored one has replaced.
    """
    if one.chain == stored.chain:
        return Age.SAME
    if one.hash in former or stored.chain[: len(one.chain)] == one.chain:
        return Age.OLDER
    if one.chain[: len(stored.chain)] == stored.chain:
        return Age.NEWER
    # It was edited, before or after.
    earlier = one.last is not None and stored.last is not None and one.last < stored.last
    return Age.OLDER if earlier else Age.NEWER
