"""Write the figures of docs/benchmarks.md, and its plot, from what the last `make bench` measured.

python scripts/bench_page.py [build/bench.json]
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "benchmarks.md"
BEGIN, END = "<!-- figures -->", "<!-- end of figures -->"
BAR, GAP, LEFT, WIDTH = 14, 30, 8, 720
SCALE = 260


def text(value: float, unit: str) -> str:
    """A figure with three digits, in a unit that suits it."""
    if unit != "s":
        return f"{value:.3g} {unit}"
    factor, name = (1, "s") if value >= 1 else (1e3, "ms") if value >= 1e-3 else (1e6, "µs")
    return f"{value * factor:.3g} {name}"


def plot(rows: list[dict[str, Any]]) -> str:
    """Bars of the ratios, to the same scale; the line is 1, as fast as the other."""
    rows = sorted(rows, key=lambda row: row["ratio"])
    largest = max(2.0, *(row["ratio"] for row in rows))
    one = LEFT + 390 + SCALE / largest
    height = len(rows) * GAP + 24
    parts = [
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="Ratios of this package to others" '
        'font-family="inherit" font-size="12" fill="currentColor" stroke="none">'
    ]
    for place, row in enumerate(rows):
        top = place * GAP + 6
        length = SCALE * row["ratio"] / largest
        parts.append(f'<text x="{LEFT}" y="{top + 11}">{escape(row["work"])}</text>')
        parts.append(
            f'<text x="{LEFT}" y="{top + 23}" font-size="9" opacity="0.7">'
            f"beside {escape(row['against'])}</text>"
        )
        parts.append(
            f'<rect x="{LEFT + 390}" y="{top}" width="{length:.1f}" height="{BAR}" rx="2" '
            'fill="var(--md-accent-fg-color)" opacity="0.75"/>'
        )
        parts.append(
            f'<text x="{LEFT + 396 + length:.1f}" y="{top + 11}">{row["ratio"]:.2f}</text>'
        )
    parts.append(
        f'<path d="M{one:.1f} 0 V{height - 18}" stroke="currentColor" stroke-dasharray="3 3" '
        'fill="none"/>'
    )
    parts.append(
        f'<text x="{one:.1f}" y="{height - 4}" font-size="10" text-anchor="middle">1 = the same</text>'
    )
    return "\n".join([*parts, "</svg>"])


def figures(measured: dict[str, Any]) -> str:
    """The plot and the table."""
    rows = measured["rows"]
    lines = ["| Work | Beside | That | This | Ratio |", "|---|---|---|---|---|"]
    for row in rows:
        that, this = text(row["peer"], row["unit"]), text(row["ours"], row["unit"])
        lines.append(f"| {row['work']} | {row['against']} | {that} | {this} | {row['ratio']:.2f} |")
    figure = f'<figure class="drawing" markdown="0">\n{plot(rows)}\n</figure>'
    machine = f"Measured on {measured['machine']}, which had other work to do meanwhile."
    return "\n\n".join([machine, figure, "\n".join(lines)])


def main() -> None:
    source = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build" / "bench.json"
    made = figures(json.loads(source.read_text("utf-8")))
    page = PAGE.read_text("utf-8")
    between = re.compile(f"{BEGIN}.*{END}", re.DOTALL)
    PAGE.write_text(between.sub(lambda _: f"{BEGIN}\n\n{made}\n\n{END}", page), "utf-8")


if __name__ == "__main__":
    main()
