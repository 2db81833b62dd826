"""What people and scripts see: tables, JSON on stdout, messages on stderr."""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import attrs
from attrs import frozen
from rich.cells import cell_len
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table
from rich.text import Text

from ..models import Conversation

TEXT_COLUMN = TextColumn("{task.description}", markup=False)
COUNT = (BarColumn(bar_width=20), MofNCompleteColumn())
SHARE = (BarColumn(bar_width=20), TaskProgressColumn())
STYLES = {"ok": "green", "note": "blue", "skip": "dim", "warn": "yellow", "fail": "bold red"}
GAP = 2
MIN_WIDTH = 10
WIDE = 110
"""Columns from which a table of conversations is readable."""
_STEERING = {"Cc", "Cf", "Cs", "Zl", "Zp"}
"""Categories of characters that steer a terminal, or the order and the lines of a text on it."""
_JOINERS = "\u200c\u200d"
"""Invisible, too, but they only join and part letters and emoji."""


@frozen
class ConversationRow:
    """What a list tells of a conversation. `facts` are short, and say themselves what they are."""

    id: str
    facts: Sequence[str]
    label: str
    folder: str


class PipedConsole(Console):
    """A console that lets the reader's going away be handled in one place."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


class Output:
    """Where a command writes.

    Args:
        as_json: whether stdout is to be one JSON document and nothing else.
    """

    def __init__(self, as_json: bool = False) -> None:
        self.as_json = as_json
        self.out = PipedConsole(highlight=False, markup=False, emoji=False)
        self.err = PipedConsole(stderr=True, highlight=False, markup=False, emoji=False)

    @property
    def for_people(self) -> bool:
        """Whether somebody reads stdout on a terminal."""
        return self.out.is_terminal and not self.as_json

    @property
    def can_ask(self) -> bool:
        """Whether there is somebody to answer a question."""
        return sys.stdin.isatty() and self.err.is_terminal

    def json(self, value: object) -> None:
        """One JSON document on stdout."""
        text = clean_json(json.dumps(plain(value), ensure_ascii=False, indent=2))
        sys.stdout.write(text.encode("utf-8", "replace").decode() + "\n")

    def json_line(self, value: object) -> None:
        """One of several JSON documents on stdout, each on a line of its own."""
        sys.stdout.write(clean_json(json.dumps(plain(value), ensure_ascii=False)) + "\n")
        sys.stdout.flush()

    def raw(self, text: str) -> None:
        """Text on stdout as it is; on a terminal without what could steer it."""
        sys.stdout.write((clean(text) if self.out.is_terminal else text).rstrip("\n") + "\n")

    def line(self, text: str | Text = "", style: str = "") -> None:
        """A line on stdout; wrapped and styled only on a terminal."""
        if self.out.is_terminal:
            self.out.print(_text(text), style=style)
        else:
            print(_text(text).plain)

    def done(self, text: str, value: object | None = None) -> None:
        """What was done: a line for people, or the value as JSON."""
        if self.as_json:
            self.json(value)
        else:
            self.line(text)

    def note(self, text: str | Text) -> None:
        """A message on stderr: one line, wrapped only on a terminal."""
        self.err.print(_text(text), soft_wrap=not self.err.is_terminal)

    def heading(self, label: str, *facts: str, before: str | Text = "") -> None:
        """A line about a conversation; on a terminal its label gives way to what else there is."""
        tail = Text("".join(f"  {one_line(fact)}" for fact in facts if fact), "dim")
        start, name = _text(before), Text(one_line(label), "bold")
        if self.out.is_terminal:
            room = self.out.width - start.cell_len
            tail.truncate(max(MIN_WIDTH, room // 2), overflow="ellipsis")
            name.truncate(max(MIN_WIDTH, room - tail.cell_len), overflow="ellipsis")
        self.line(Text.assemble(start, name, tail))

    def warn(self, text: str) -> None:
        """A warning on stderr."""
        self._labelled("warning", "yellow", text)

    def error(self, text: str) -> None:
        """An error on stderr."""
        self._labelled("error", "bold red", text)

    def _labelled(self, label: str, style: str, text: str) -> None:
        self.note(Text.assemble((f"{label}:", style), " ", one_line(text)))

    def table(
        self, columns: Sequence[str], rows: Iterable[Sequence[str | Text]], *, flexible: int = 0
    ) -> None:
        """A table on a terminal; lines with tabs, nothing cut, for other programs.

        Args:
            flexible: how many of the last columns give way when the terminal is narrow.
        """
        if not self.out.is_terminal:
            for row in rows:
                print("\t".join(one_line(str(cell)) for cell in row))
            return
        cells = [[_text(one_line(c) if isinstance(c, str) else c) for c in row] for row in rows]
        table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, GAP, 0, 0))
        for name, width in zip(columns, self._widths(columns, cells, flexible), strict=True):
            table.add_column(name, no_wrap=True, overflow="ellipsis", width=width)
        for line in cells:
            table.add_row(*line)
        self.out.print(table)

    def _widths(self, columns: Sequence[str], cells: list[list[Text]], flexible: int) -> list[int]:
        """Each column as wide as it needs; the flexible ones share what is left."""
        needed = [
            max([cell_len(name), *(line[index].cell_len for line in cells)])
            for index, name in enumerate(columns)
        ]
        left = self.out.width - sum(needed[: len(needed) - flexible]) - GAP * (len(needed) - 1)
        for index in range(len(needed) - flexible, len(needed)):
            share = max(MIN_WIDTH, left // (len(needed) - index))
            # The last ones may need less than their share: then there is more for this one.
            others = sum(min(share, width) for width in needed[index + 1 :])
            needed[index] = min(needed[index], max(MIN_WIDTH, left - others))
            left -= needed[index]
        return needed

    def conversations(self, columns: Sequence[str], rows: Iterable[ConversationRow]) -> None:
        """Conversations as a table, or in two lines each where a terminal is too narrow for that.

        Args:
            columns: the names of the facts.
        """
        if not self.out.is_terminal or self.out.width >= WIDE:
            names = ("ID", *columns, "LABEL", "FOLDER")
            cells: Iterable[list[str | Text]] = (
                [Text(each.id, "cyan"), *each.facts, each.label, each.folder] for each in rows
            )
            self.table(names, cells, flexible=2)
            return
        for each in rows:
            facts = "  ".join(fact for fact in each.facts if fact)
            self.heading(each.label, each.folder)
            self.line(Text.assemble("  ", (each.id, "cyan"), f"  {facts}"))

    def progress(self, *progress: ProgressColumn) -> Progress:
        """A line on stderr that tells how far it is; nothing where that is not a terminal.

        Args:
            progress: what stands before the time it took and what is done.
        """
        return Progress(
            *progress,
            TimeElapsedColumn(),
            TEXT_COLUMN,
            console=self.err,
            transient=True,
            disable=not self.err.is_terminal,
        )

    def ask(self, question: str, answers: str) -> str:
        """One of some letters, asked for on the terminal; the first if nothing is typed.

        Raises:
            EOFError: the input ended.
        """
        choices = "/".join([answers[0].upper(), *answers[1:]])
        while True:
            self.err.print(
                Text.assemble(clean(question), " ", (f"[{choices}]", "bold"), " "), end=""
            )
            answer = sys.stdin.readline()
            if not answer:
                self.err.print()
                raise EOFError
            letter = answer.strip().lower()[:1] or answers[0]
            if letter in answers:
                return letter

    def confirm(self, question: str) -> bool:
        """Whether the answer is yes; no if nothing is typed."""
        return self.ask(question, "ny") == "y"


def clean(text: str) -> str:
    """Text that cannot steer a terminal: control, direction and other format characters become
    visible."""
    if text.isprintable():
        return text
    return "".join(char if _harmless(char) else "\N{REPLACEMENT CHARACTER}" for char in text)


def clean_json(text: str) -> str:
    """The same for JSON, which stays what it says: such characters stand as escapes."""
    if text.isprintable():
        return text
    return "".join(char if _harmless(char) else json.dumps(char)[1:-1] for char in text)


def _harmless(char: str) -> bool:
    return char in "\n\t" or char in _JOINERS or unicodedata.category(char) not in _STEERING


def one_line(text: str) -> str:
    """Text without line breaks and runs of spaces."""
    return clean(" ".join(text.split()))


def clip(text: str, length: int) -> str:
    """One line of at most this many characters."""
    line = one_line(text)
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"


def _text(text: str | Text) -> Text:
    if isinstance(text, str):
        return Text(clean(text))
    if not text.plain.isprintable():
        text.plain = clean(text.plain)
    return text


def day(moment: datetime | None) -> str:
    """A date on this machine's calendar."""
    return "" if moment is None else moment.astimezone().strftime("%Y-%m-%d")


def minute(moment: datetime | None) -> str:
    """A date and time on this machine's clock."""
    return "" if moment is None else moment.astimezone().strftime("%Y-%m-%d %H:%M")


def plain(value: object) -> Any:
    """A value as JSON has it: times in ISO 8601, classes as objects."""
    if isinstance(value, Conversation):
        return {**_fields(value), "pinned": value.pinned}
    if attrs.has(type(value)):
        return _fields(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def _fields(value: Any) -> dict[str, Any]:
    names = (each.name for each in attrs.fields(type(value)) if not each.name.startswith("_"))
    return {name: plain(getattr(value, name)) for name in names}
