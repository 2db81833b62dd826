"""What became of every record: the numbers add up at any moment, in bounded memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from attrs import Factory, define, field, frozen

DETAILS = 100


@frozen
class SkippedRecord:
    """A record that was not imported.

    Attributes:
        where: its file, and its place in it.
        reason: why, in words that are the same for all records of one kind.
        detail: what is particular to this one; may be empty.
        harmless: nothing that was said is lost by it.
    """

    where: str
    reason: str
    detail: str = ""
    harmless: bool = False


@frozen
class IgnoredFile:
    """A file beside the conversations that holds none."""

    where: str
    reason: str


@define
class Report:
    """An account of a reading; `read == yielded + skipped` always.

    Attributes:
        files: files with conversations that were opened.
        read: records found in them; a stretch that is not JSON counts as one.
        yielded: records that became a conversation.
        reasons: how many were skipped, by reason.
        details: the first 100 that were skipped without loss, and the first 100 that hold
            something which was not read: skipped ones, and ones with messages that the reader
            cannot show.
        harmless: how many of the skipped were left out without loss: blank ones, those that are
            in another file too, and what is no chat.
        unshown: messages of yielded records that say something which the reader cannot show.
        notes: what was changed or left out inside yielded records, and how often.
        times_not_stored: yielded records with times, which the controller cannot keep
            (compatibility row 2) and which `times_in_text` was not asked to keep.
        ignored: the first 100 files that hold no conversations.
        ignored_files: how many there were.
    """

    files: int = 0
    read: int = 0
    yielded: int = 0
    reasons: dict[str, int] = Factory(dict)
    details: list[SkippedRecord] = Factory(list)
    harmless: int = 0
    unshown: int = 0
    notes: Counter[str] = Factory(Counter)
    times_not_stored: int = 0
    ignored: list[IgnoredFile] = Factory(list)
    ignored_files: int = 0
    _limit: int = field(default=DETAILS, repr=False)
    _named: Counter[bool] = field(factory=Counter, repr=False)

    @property
    def skipped(self) -> int:
        """How many records were skipped."""
        return sum(self.reasons.values())

    @property
    def lost(self) -> int:
        """How many records and messages hold something that was not read."""
        return self.skipped - self.harmless + self.unshown

    def skip(self, where: str, reason: str, detail: str = "", *, harmless: bool = False) -> None:
        """Counts a record that was read and did not become a conversation."""
        self.read += 1
        self.harmless += harmless
        self.reasons[reason] = self.reasons.get(reason, 0) + 1
        self._name(SkippedRecord(where, reason, detail, harmless))

    def _name(self, record: SkippedRecord) -> None:
        """Keeps it if there is room for its kind: what is harmless must not hide what is lost."""
        self._named[record.harmless] += 1
        if self._named[record.harmless] <= self._limit:
            self.details.append(record)

    def not_shown(self, where: str, reason: str, messages: Sequence[str]) -> None:
        """Counts messages of a yielded record that the reader cannot show."""
        if not messages:
            return
        self.unshown += len(messages)
        self._name(SkippedRecord(where, reason, ", ".join(messages[:5])))

    def ignore(self, where: str, reason: str) -> None:
        """Counts a file without conversations."""
        self.ignored_files += 1
        if len(self.ignored) < self._limit:
            self.ignored.append(IgnoredFile(where, reason))

    def summary(self) -> str:
        """The account in a few lines."""
        lines = [f"{self.read} read, {self.yielded} usable, {self.skipped} skipped"]
        by_count = sorted(self.reasons.items(), key=lambda item: -item[1])
        lines += [f"  skipped {count}: {reason}" for reason, count in by_count]
        if self.unshown:
            lines.append(f"  messages without text that can be shown: {self.unshown}")
        lines += [f"  {note}: {count}" for note, count in self.notes.most_common()]
        if self.times_not_stored:
            lines.append(
                f"  times that the controller cannot keep: in {self.times_not_stored} conversations"
            )
        if self.ignored_files:
            lines.append(f"  files without conversations: {self.ignored_files}")
        return "\n".join(lines)
