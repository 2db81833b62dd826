"""The command line, `sekha-memory`: see docs/command-line.md."""

from __future__ import annotations

import sys
from importlib.util import find_spec

NEEDED = ("typer", "rich")


def main() -> None:
    """Run the command line with the process's arguments; ends the process.

    Raises:
        SystemExit: always, with one of the codes of docs/command-line.md.
    """
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        print(
            f"error: the command line needs {' and '.join(missing)}: "
            'install it with pip install "sekha-memory[cli]"',
            file=sys.stderr,
        )
        sys.exit(1)
    try:
        from .app import run
    except KeyboardInterrupt:
        sys.exit(130)
    run()
