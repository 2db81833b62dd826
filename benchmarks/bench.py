"""All that is measured, on one table.

python benchmarks/bench.py            everything, in less than ten minutes
python benchmarks/bench.py --full     with ten times as many conversations to read
python benchmarks/bench.py --check    what is quick to measure; fails if a ratio is far over its goal
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import bulk
import calls
import imports
import parsing
from compare import Row, report
from server import running

RESULTS = Path("build/bench.json")
MARGIN = 1.6
"""How far over its goal a ratio may be in --check: what falls out of that has broken, whatever else
the machine does."""


def measure(options: argparse.Namespace) -> list[Row]:
    total = 100_000 if options.full else 10_000
    with running(total) as url:
        rows = [*calls.rows(url), *parsing.rows(), *imports.rows()]
        if not options.check:
            rows += bulk.rows(url, total, rounds=3 if options.full else 5)
    if not options.check:
        import embedded

        rows += embedded.rows(100_000)
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(description="Ratios to other clients and libraries.")
    parser.add_argument("--full", action="store_true", help="read 100,000 conversations")
    parser.add_argument("--check", action="store_true", help="the quick ones, against their goals")
    options = parser.parse_args()
    rows = measure(options)
    report(rows, RESULTS)
    if not options.check:
        return 0
    broken = [each for each in rows if each.goal and each.ratio > MARGIN * each.goal]
    for each in broken:
        print(f"{each.work}: {each.ratio:.2f} is far over {each.goal:g}", file=sys.stderr)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
