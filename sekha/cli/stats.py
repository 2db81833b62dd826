"""The command that counts: stats."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated

import typer
from attrs import Factory, define
from rich.text import Text

from .._core.plots import NO_SOURCE, Counts, figure
from .._core.wording import counted
from .._storage.atomic import replacing
from .._sync.client import SyncSekhaClient
from ..models import Conversation
from .base import Session, command
from .find import PANEL, Folder, Label
from .output import Output, one_line

app = typer.Typer()
NAME_WIDTH = 28


@define
class Tally:
    """What is counted in one pass.

    Attributes:
        counts: what the plots show, too.
        changed: conversations by the month of their last change, which is all that a controller knows
            that does not keep when things were said (compatibility row 7).
        said: messages by the month in which they were said, and by source; None if that is not known.
    """

    counts: Counts = Factory(Counts)
    importance: int = 0
    rated: int = 0
    changed: Counter[str] = Factory(Counter)
    said: Mapping[str, Mapping[str | None, int]] | None = None

    def add(self, row: Conversation) -> None:
        self.counts.add(row)
        if row.importance_score is not None:
            self.importance += row.importance_score
            self.rated += 1
        changed = row.updated_at
        self.changed["?" if changed is None else changed.astimezone().strftime("%Y-%m")] += 1

    @property
    def sources(self) -> Counter[str]:
        """Conversations by source."""
        named = self.counts.sources.items()
        return Counter({"none" if name == NO_SOURCE else name: count for name, count in named})

    @property
    def messages(self) -> Counter[str] | None:
        """Messages by month."""
        if self.said is None:
            return None
        return Counter({month: sum(each.values()) for month, each in self.said.items()})

    @property
    def messages_by_source(self) -> Counter[str] | None:
        """Messages by source."""
        if self.said is None:
            return None
        found: Counter[str] = Counter()
        for each in self.said.values():
            found.update({source or "none": count for source, count in each.items()})
        return found

    @property
    def average_importance(self) -> float | None:
        return self.importance / self.rated if self.rated else None

    def as_json(self) -> dict[str, object]:
        return {
            "total": self.counts.total,
            "archived": self.counts.archived,
            "pinned": self.counts.pinned,
            "average_importance": self.average_importance,
            "folders": dict(self.counts.folders.most_common()),
            "labels": dict(self.counts.labels.most_common()),
            "changed": dict(sorted(self.changed.items())),
            "sources": dict(self.sources.most_common()),
            "months": (
                None
                if self.said is None
                else {
                    month: {source or "none": count for source, count in each.items()}
                    for month, each in sorted(self.said.items())
                }
            ),
        }


@command(
    app,
    panel=PANEL,
    examples=["stats", "stats --folder /work --top 5", "stats --plot memory.svg", "stats --json"],
)
def stats(
    context: typer.Context,
    label: Label = None,
    folder: Folder = None,
    top: Annotated[int, typer.Option(min=1, help="How many bars of each kind.")] = 10,
    plot: Annotated[
        Path | None,
        typer.Option("--plot", metavar="FILE", help="Draw them too, into an SVG file."),
    ] = None,
) -> None:
    """Count what is stored, by folder, label and source, and messages by the month in which they were
    said.

    A controller that does not keep when things were said (the public one) knows only when conversations
    were last changed: so its months are called.
    """
    session = Session.of(context)
    output = session.output
    tally = Tally()
    counts = tally.counts
    with session.client() as client, output.progress() as progress:
        task = progress.add_task("Counting")
        for conversation in client.iter_conversations(label, folder=folder):
            tally.add(conversation)
            if counts.total % 100 == 0:
                progress.update(task, description=f"Counting: {counts.total:,}")
        tally.said = _said(client, label, folder)
    if plot is not None:
        with replacing(plot) as file:
            file.write(figure(counts))
        output.note(f"Drawn into {plot}")
    if output.as_json:
        output.json(tally.as_json())
        return
    output.line(_heading(tally))
    if not counts.total:
        return
    _bars(output, "Folders", counts.folders.most_common(), top)
    _bars(output, "Labels", counts.labels.most_common(), top)
    if set(tally.sources) != {"none"}:
        _bars(output, "Sources", tally.sources.most_common(), top)
    if tally.messages is None or tally.messages_by_source is None:
        _bars(output, "Last changed in", sorted(tally.changed.items(), reverse=True), top)
        output.note("When things were said is not known: this controller does not keep it.")
        return
    if set(tally.sources) != {"none"}:
        by_source = tally.messages_by_source.most_common()
        _bars(output, "Messages by source", by_source, top)
    if tally.messages:
        by_month = sorted(tally.messages.items(), reverse=True)
        _bars(output, "Messages said in (UTC)", by_month, top)


def _heading(tally: Tally) -> Text:
    counts = tally.counts
    facts = [f"{counts.pinned:,} pinned", f"{counts.archived:,} archived"]
    if tally.average_importance is not None:
        facts.append(f"average importance {tally.average_importance:.1f}")
    return Text.assemble(
        (counted(counts.total, "conversation"), "bold"),
        f": {', '.join(facts)}" * bool(counts.total),
    )


def _bars(output: Output, title: str, counts: Iterable[tuple[str, int]], top: int) -> None:
    counts = list(counts)
    shown, rest = counts[:top], counts[top:]
    longest = max(count for _, count in shown)
    digits = len(f"{max(longest, sum(count for _, count in rest)):,}")
    room = max(8, min(output.out.width, 100) - NAME_WIDTH - digits - 4)
    mark = "█" if "utf" in output.out.encoding.lower() else "#"
    output.line()
    output.line(title, "bold")
    for name, count in shown:
        length = max(1, round(count / longest * room))
        label = Text(one_line(name))
        label.truncate(NAME_WIDTH, overflow="ellipsis", pad=True)
        output.line(Text.assemble(label, f"  {count:>{digits},}  ", (mark * length, "cyan")))
    if rest:
        others = f"and {len(rest):,} more"
        total = sum(count for _, count in rest)
        output.line(f"{others:<{NAME_WIDTH}}  {total:>{digits},}", "dim")


def _said(
    client: SyncSekhaClient, label: str | None, folder: str | None
) -> Mapping[str, Mapping[str | None, int]] | None:
    """Messages by month and source; None if this controller does not know."""
    if not client.keeps_times():
        return None
    return client.stats(folder, label, months=True).months
