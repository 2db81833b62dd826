"""Plots as SVG, made without a library and without a style of their own where they stand in a page."""

from __future__ import annotations

import calendar
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from html import escape
from math import ceil, log10

from attrs import Factory, define

from ..models import Conversation
from .dates import date_of

Link = Callable[[str], str]

WIDTH, HEIGHT = 920, 260
LEFT, BOTTOM, TOP = 48, 30, 12
COLOURS = 8
"""Sources that have a colour; further ones share the last."""
OTHER = "others"
NO_SOURCE = "no source"
MOST_MONTHS = 240
"""Months that have a bar of their own; how much is older stands in words."""
MOST_AREAS = 36
CHARACTER = 6.8
"""Width of a character of a label, about."""

STYLE = """
svg { background: #fbfaf7; font: 12px system-ui, sans-serif; }
.axis { fill: #5b5f66; } .grid { stroke: #dedbd3; } .title { fill: #22252a; font-weight: 600; }
.area-text { fill: #fff; } .area-count { fill: #fff; }
.c0 { fill: #2f6f6a; } .c1 { fill: #a4572c; } .c2 { fill: #4a5f9e; } .c3 { fill: #7d4f86; }
.c4 { fill: #5f7030; } .c5 { fill: #96475c; } .c6 { fill: #49708a; } .c7 { fill: #6b6660; }
@media (prefers-color-scheme: dark) {
  svg { background: #17191c; } .axis { fill: #a5a9b0; } .grid { stroke: #33373d; }
  .title { fill: #e8e6e1; }
}
"""
"""For a plot in a file of its own. In a page the page's style holds."""


@define
class Counts:
    """What the plots show. Where the memory tells how many messages a conversation has, months count
    messages; elsewhere conversations."""

    total: int = 0
    messages: int = 0
    told: int = 0
    archived: int = 0
    pinned: int = 0
    folders: Counter[str] = Factory(Counter)
    labels: Counter[str] = Factory(Counter)
    months: dict[str, Counter[str]] = Factory(dict)
    conversations: dict[str, Counter[str]] = Factory(dict)
    sources: Counter[str] = Factory(Counter)
    began: bool = False
    _names: dict[int, str] = Factory(dict)

    def add(self, row: Conversation) -> None:
        self.total += 1
        self.archived += row.status == "archived"
        self.pinned += bool(row.pinned)
        self.folders[row.folder] += 1
        self.labels[row.label] += 1
        source = row.source or NO_SOURCE
        self.sources[source] += 1
        self.began = self.began or row.created_at is not None
        if row.message_count is not None:
            self.told += 1
            self.messages += row.message_count
        date = date_of(row)
        if date is not None:
            month = self._month(int(date.timestamp()) // 3600)
            self.months.setdefault(month, Counter())[source] += row.message_count or 0
            self.conversations.setdefault(month, Counter())[source] += 1

    def _month(self, hour: int) -> str:
        """Of an hour since 1970, in this machine's time zone: they come again and again."""
        name = self._names.get(hour)
        if name is None:
            name = self._names[hour] = datetime.fromtimestamp(hour * 3600).strftime("%Y-%m")
        return name

    @property
    def counts_messages(self) -> bool:
        """Whether the months count messages."""
        return self.total > 0 and self.told == self.total

    @property
    def unit(self) -> str:
        return "messages" if self.counts_messages else "conversations"

    def by_month(self) -> dict[str, Counter[str]]:
        return self.months if self.counts_messages else self.conversations


def month_range(month: str) -> tuple[str, str]:
    """The first and the last day of a month."""
    year, number = map(int, month.split("-"))
    return f"{month}-01", f"{month}-{calendar.monthrange(year, number)[1]:02}"


def month_name(month: str) -> str:
    """ "Mar 2025"."""
    year, number = month.split("-")
    return f"{calendar.month_abbr[int(number)]} {year}"


def timeline(counts: Counts, *, link: Link | None = None) -> str:
    """Bars by month, in parts by source.

    Args:
        link: where the bar of a month leads to.
    """
    by_month = counts.by_month()
    if not by_month:
        return _svg("Nothing is stored yet", HEIGHT, "")
    months = _all_months(min(by_month), max(by_month))[-MOST_MONTHS:]
    older = sum(told.total() for month, told in by_month.items() if month < months[0])
    sources = [each for each, _ in counts.sources.most_common()]
    colours = {each: min(place, COLOURS - 1) for place, each in enumerate(sources)}
    highest = max((by_month[each].total() for each in months if each in by_month), default=1) or 1
    top = _round_up(highest)
    plot_height = HEIGHT - BOTTOM - TOP
    step = (WIDTH - LEFT) / len(months)
    parts = []
    for share in (0, 0.5, 1):
        y = TOP + plot_height * (1 - share)
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(_words(LEFT - 6, y + 4, _short(top * share), "axis", anchor="end"))
    every = ceil(len(months) / 12)
    for place, month in enumerate(months):
        x = LEFT + place * step
        if place % every == 0:
            parts.append(_words(x + step / 2, HEIGHT - 10, month_name(month), "axis", "middle"))
        told = by_month.get(month)
        if told:
            bar = _bar(x, step, plot_height, told, top, sources, colours)
            name = f"{month_name(month)}: {told.total():,} {counts.unit}"
            parts.append(_linked(f"<title>{escape(name)}</title>{bar}", name, link, month))
    if older:
        parts.append(_words(LEFT + 6, TOP + 10, f"and {older:,} {counts.unit} before", "axis"))
    return _svg(f"{counts.unit.capitalize()} by month and source", HEIGHT, "".join(parts))


def legend(counts: Counts) -> list[tuple[str, int]]:
    """The sources and the colour of each."""
    names = [each for each, _ in counts.sources.most_common()]
    if len(names) > COLOURS:
        names = [*names[: COLOURS - 1], OTHER]
    return [(each, place) for place, each in enumerate(names)]


def areas(numbers: Mapping[str, int], title: str, *, link: Link | None = None) -> str:
    """Rectangles, each as large as its share.

    Args:
        numbers: by name.
        link: where the area of a name leads to.
    """
    ordered = sorted(numbers.items(), key=lambda item: (-item[1], item[0]))
    shown, rest = ordered[:MOST_AREAS], ordered[MOST_AREAS:]
    names: list[tuple[str | None, int]] = [(name, number) for name, number in shown]
    height = 320
    if not names:
        return _svg(title, height, "")
    if rest:
        # The many rare ones must not push the common ones into a corner.
        most = max(1, sum(number for _, number in shown) // 3)
        names.append((None, min(most, sum(number for _, number in rest))))
    boxes = _squarified([number for _, number in names], 0.0, 0.0, float(WIDTH), float(height))
    parts = []
    for place, ((name, number), box) in enumerate(zip(names, boxes, strict=True)):
        x, y, width, tall = box
        if name is None:
            real = sum(each for _, each in rest)
            words, number, colour = f"{len(rest):,} more", real, COLOURS - 1
        else:
            words, colour = _printable(" ".join(name.split())) or "(empty)", place % (COLOURS - 1)
        inside = (
            f'<rect class="area c{colour}" x="{x + 1:.1f}" y="{y + 1:.1f}" '
            f'width="{max(0.0, width - 2):.1f}" height="{max(0.0, tall - 2):.1f}" rx="3"/>'
        )
        room = int((width - 14) / CHARACTER)
        if tall > 24 and room >= 3:
            inside += _words(x + 8, y + 19, _clip(words, room), "area-text")
        if tall > 42 and room >= len(f"{number:,}"):
            inside += _words(x + 8, y + 35, f"{number:,}", "area-count")
        said = f"{words}: {number:,} conversations"
        inside = f"<title>{escape(said)}</title>{inside}"
        parts.append(_linked(inside, said, link if name is not None else None, name or ""))
    return _svg(title, height, "".join(parts))


def figure(counts: Counts) -> str:
    """All plots in one file of their own."""
    pieces = [
        (f"{counts.unit.capitalize()} by month and source", timeline(counts), HEIGHT),
        ("Conversations by folder", areas(counts.folders, "Folders"), 320),
        ("Conversations by label", areas(counts.labels, "Labels"), 320),
    ]
    y, body = 0, []
    for place, (title, plot, height) in enumerate(pieces):
        body.append(
            f'<text class="title" x="16" y="{y + 30}" font-size="15">{escape(title)}</text>'
        )
        offset = y + 44
        if place == 0:
            x = 16.0
            for name, colour in legend(counts):
                words = _clip(name, 24)
                body.append(
                    f'<rect class="c{colour}" x="{x}" y="{offset}" width="10" height="10"/>'
                )
                body.append(_words(x + 15, offset + 9, words, "axis"))
                x += 34 + CHARACTER * len(words)
            offset += 22
        body.append(f'<g transform="translate(16 {offset})">{_inner(plot)}</g>')
        y = offset + height + 16
    wide = WIDTH + 32
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {y}" width="{wide}" '
        f'height="{y}" role="img"><title>What the memory holds</title>'
        f"<style>{STYLE}</style>{''.join(body)}</svg>\n"
    )


def _svg(title: str, height: int, body: str) -> str:
    return (
        f'<svg class="plot" viewBox="0 0 {WIDTH} {height}" role="group" '
        f'aria-label="{escape(title)}" font-size="12">{body}</svg>'
    )


def _inner(svg: str) -> str:
    return svg[svg.index(">") + 1 : svg.rindex("</svg>")]


def _linked(inside: str, name: str, link: Link | None, target: str) -> str:
    if link is None:
        return f"<g>{inside}</g>"
    return f'<a href="{escape(link(target))}" aria-label="{escape(name)}">{inside}</a>'


def _bar(
    x: float,
    step: float,
    plot_height: float,
    told: Mapping[str, int],
    top: float,
    sources: Sequence[str],
    colours: Mapping[str, int],
) -> str:
    gap = min(4.0, step * 0.2)
    # All of the month's width can be clicked on, however low its bar is.
    parts = [
        f'<rect class="hit" x="{x:.1f}" y="{TOP}" width="{step:.1f}" height="{plot_height:.1f}" '
        'fill-opacity="0"/>'
    ]
    y = TOP + plot_height
    for source in sources:
        number = told.get(source, 0)
        if not number:
            continue
        tall = number / top * plot_height
        y -= tall
        parts.append(
            f'<rect class="c{colours[source]}" x="{x + gap / 2:.1f}" y="{y:.1f}" '
            f'width="{step - gap:.1f}" height="{tall:.1f}"/>'
        )
    return "".join(parts)


def _words(x: float, y: float, text: str, css: str, anchor: str = "start") -> str:
    return (
        f'<text class="{css}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'
    )


def _clip(text: str, length: int) -> str:
    text = _printable(text)
    return text if len(text) <= length else text[: max(1, length - 1)] + "…"


def _printable(text: str) -> str:
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text)


def _short(number: float) -> str:
    if number >= 1_000_000:
        return f"{number / 1_000_000:g}M"
    return f"{number / 1000:g}k" if number >= 1000 else f"{number:g}"


def _round_up(number: int) -> float:
    """The end of an axis: 1, 2, 4, 6 or 8 and zeros."""
    power: float = 10 ** int(log10(number)) if number > 0 else 1
    for each in (1, 2, 4, 6, 8, 10):
        if number <= each * power:
            return float(each * power)
    return float(10 * power)


def _all_months(first: str, last: str) -> list[str]:
    """Every month from one to another, both included."""
    year, number = map(int, first.split("-"))
    months = []
    while (month := f"{year:04}-{number:02}") <= last:
        months.append(month)
        year, number = (year + 1, 1) if number == 12 else (year, number + 1)
    return months


Box = tuple[float, float, float, float]


def _squarified(
    numbers: Sequence[int], x: float, y: float, width: float, height: float
) -> list[Box]:
    """Boxes with these shares of a box, each as square as can be (Bruls, Huizing and van Wijk)."""
    total = sum(numbers)
    scale = width * height / total if total else 0.0
    sizes = [number * scale for number in numbers]
    boxes: list[Box] = []
    while sizes:
        side = min(width, height)
        row = [sizes[0]]
        for size in sizes[1:]:
            if _worst([*row, size], side) > _worst(row, side):
                break
            row.append(size)
        sizes = sizes[len(row) :]
        thick = sum(row) / side if side else 0.0
        offset = 0.0
        for size in row:
            long = size / thick if thick else 0.0
            if width >= height:
                boxes.append((x, y + offset, thick, long))
            else:
                boxes.append((x + offset, y, long, thick))
            offset += long
        if width >= height:
            x, width = x + thick, width - thick
        else:
            y, height = y + thick, height - thick
    return boxes


def _worst(row: Iterable[float], side: float) -> float:
    sizes = list(row)
    total = sum(sizes)
    if not total or not side or not min(sizes):
        return float("inf")
    return max(side**2 * max(sizes) / total**2, total**2 / (side**2 * min(sizes)))
