"""All that is measured, on one table: `make bench`."""

from __future__ import annotations

from pathlib import Path

import bulk
import calls
import imports
import parsing
from compare import report
from server import running

RESULTS = Path("build/bench.json")


def main() -> None:
    with running() as url:
        rows = [*calls.rows(url), *parsing.rows(), *bulk.rows(url), *imports.rows()]
    report(rows, RESULTS)


if __name__ == "__main__":
    main()
