"""Files that only their owner can read, made where they are missing."""

from __future__ import annotations

import os
import threading
from pathlib import Path

_making = threading.Lock()


def make_private(path: Path) -> None:
    """Make a file, and its folders, where missing.

    What people told their assistants is nobody else's to read; SQLite gives its side files the same
    mode. A file that is there is not opened: closing it would drop the locks that SQLite has on it
    in this process.

    Raises:
        OSError: it cannot be made.
    """
    if not path.parent.is_dir():
        path.parent.mkdir(parents=True, exist_ok=True)
    with _making:
        if path.exists():
            return
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        except FileExistsError:
            # Another process was quicker.
            pass


def _after_fork() -> None:
    global _making
    # Another thread of the parent may have held it.
    _making = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
