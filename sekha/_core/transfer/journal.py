"""What a bulk import's journal says, and what is to be done next with a record.

A journal is a file of JSON lines, only ever added to. Its first line names the controller; each
further one is a step in the life of a record: `begun` before it is sent, `stored` or `failed` when
its outcome is known, `archived` when that was to be done too, `skipped` when it is not to be sent.
A record is known by a hash of its content and by how many equal ones came before it in the source,
so that equal conversations stay separate. The content itself is not in the journal.

A record that was begun and not finished is in doubt: it may be stored.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from hashlib import blake2b
from typing import TYPE_CHECKING, Any
from uuid import UUID

from attrs import frozen

from ..wire.times import parse_time

if TYPE_CHECKING:
    from ...models import NewConversation

FORMAT = "sekha-memory-journal"
VERSION = 1
DIGEST_BYTES = 16


@frozen
class Key:
    """Which record: the hash of its content, and how many equal ones came before it."""

    digest: bytes
    occurrence: int

    @property
    def packed(self) -> bytes:
        """The same in little memory."""
        return self.digest + self.occurrence.to_bytes(4, "big")


class JournalError(Exception):
    """A journal cannot be gone on with; the text says why."""


@frozen
class Store:
    """It was never begun, or did not succeed: store it."""


@frozen
class Reconcile:
    """It is in doubt: find_candidates for it among what was stored since then before anything is sent."""

    begun: datetime


@frozen
class Archive:
    """It is stored, and still to be archived."""

    conversation_id: str


@frozen
class Done:
    """Nothing is left to do."""


Action = Store | Reconcile | Archive | Done


def digest(new: NewConversation) -> bytes:
    """A hash of all that is stored of a conversation."""
    content = [
        new.label,
        new.folder,
        new.importance_score,
        [[each.role, each.content] for each in new.messages],
    ]
    # ASCII, so that halves of characters, which UTF-8 cannot hold, have a hash too.
    return blake2b(json.dumps(content).encode(), digest_size=DIGEST_BYTES).digest()


class Occurrences:
    """Counts equal records, in about 150 bytes a record."""

    def __init__(self) -> None:
        self._counts: Counter[bytes] = Counter()

    def key(self, new: NewConversation) -> Key:
        """The key of the next record of the source."""
        hashed = digest(new)
        key = Key(hashed, self._counts[hashed])
        self._counts[hashed] += 1
        return key


def header(controller: str) -> dict[str, Any]:
    """The first line."""
    return {"journal": FORMAT, "version": VERSION, "controller": controller}


def line(state: str, key: Key, **facts: Any) -> dict[str, Any]:
    """Any other line."""
    return {"state": state, "hash": key.digest.hex(), "n": key.occurrence, **facts}


class Journal:
    """What the lines so far add up to.

    Attributes:
        in_doubt: the records that were begun and not finished, and since when.
    """

    def __init__(self) -> None:
        self.in_doubt: dict[bytes, datetime] = {}
        self._stored: set[bytes] = set()
        self._skipped: set[bytes] = set()
        self._to_archive: dict[bytes, str] = {}
        self._rows: set[bytes] = set()

    def next_action(self, key: Key) -> Action:
        """What to do with a record."""
        packed = key.packed
        if packed in self._to_archive:
            return Archive(self._to_archive[packed])
        if packed in self._stored:
            return Done()
        if packed in self.in_doubt:
            return Reconcile(self.in_doubt[packed])
        return Store()

    def is_skipped(self, key: Key) -> bool:
        """Whether it was skipped before."""
        return key.packed in self._skipped

    def has_row(self, conversation_id: str) -> bool:
        """Whether this row belongs to a record of the journal already, in whole or in part."""
        return _row(conversation_id) in self._rows

    def take(self, step: dict[str, Any]) -> None:
        """Take a line in.

        Raises:
            JournalError: it is none.
        """
        try:
            packed = Key(bytes.fromhex(step["hash"]), int(step["n"])).packed
            self._take(packed, str(step["state"]), step)
        except (KeyError, ValueError, TypeError, OverflowError):
            raise JournalError("a line that this version cannot read") from None

    def _take(self, packed: bytes, state: str, step: dict[str, Any]) -> None:
        self.in_doubt.pop(packed, None)
        self._rows.update(_row(each) for each in step.get("parts", ()))
        match state:
            case "begun":
                since = parse_time(step["at"])
                if since is None:
                    raise ValueError(step["at"])
                self.in_doubt[packed] = since
            case "stored":
                self._stored.add(packed)
                self._rows.add(_row(step["id"]))
                if step.get("archive"):
                    self._to_archive[packed] = step["id"]
            case "archived":
                self._to_archive.pop(packed, None)
            case "skipped":
                self._skipped.add(packed)
            case "failed":
                pass
            case _:
                raise ValueError(state)


def encoded(step: dict[str, Any]) -> bytes:
    """A line as it stands in the file."""
    return json.dumps(step).encode() + b"\n"


def _row(conversation_id: str) -> bytes:
    try:
        return UUID(conversation_id).bytes
    except ValueError:
        return conversation_id.encode()


def read(lines: Iterable[bytes], controller: str) -> tuple[Journal, int]:
    """Read a journal.

    The machine may have stopped in the middle of a line: what is broken at the end does not count.

    Args:
        lines: with their newlines.
        controller: whose journal it has to be.

    Returns:
        what it says, and how many of its bytes are good.

    Raises:
        JournalError: it is another controller's, no journal, or broken before its end.
    """
    journal = Journal()
    good = at = 0
    broken: int | None = None
    for number, raw in enumerate(lines, start=1):
        at += len(raw)
        step = _parsed(raw)
        if step is None:
            if number == 1 and not encoded(header(controller)).startswith(raw):
                raise JournalError("it is no journal of an import")
            broken = broken or number
            continue
        if broken is not None:
            raise JournalError(f"it is damaged at line {broken}")
        if number == 1:
            _check_header(step, controller)
        else:
            journal.take(step)
        good = at
    return journal, good


def _parsed(raw: bytes) -> dict[str, Any] | None:
    if not raw.endswith(b"\n"):
        return None
    try:
        step = json.loads(raw)
    except ValueError:
        return None
    return step if isinstance(step, dict) else None


def _check_header(step: dict[str, Any], controller: str) -> None:
    if step.get("journal") != FORMAT:
        raise JournalError("it is no journal of an import")
    if step.get("version") != VERSION:
        raise JournalError(f"it is of version {step.get('version')}; this one reads {VERSION}")
    if step.get("controller") != controller:
        raise JournalError(
            f"it is of an import into another controller ({step.get('controller')}, and this one is "
            f"{controller}); give another journal, or go on with that controller"
        )
