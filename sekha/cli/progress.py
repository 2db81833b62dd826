"""Progress bars of imports, restores and exports."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from rich.progress import Progress, TaskID

from ..models import ExportProgress, ImportProgress

if TYPE_CHECKING:
    from ..importers import Reading


def import_progress(
    progress: Progress, task: TaskID, reading: Reading
) -> Callable[[ImportProgress], None]:
    def show(now: ImportProgress) -> None:
        progress.update(
            task,
            completed=reading.bytes_read,
            description=f"{now.stored:,} stored" + _told(now),
        )

    return show


def restore_progress(progress: Progress, task: TaskID) -> Callable[[ImportProgress], None]:
    def show(now: ImportProgress) -> None:
        description = f"Restoring{_told(now)}"
        progress.update(task, completed=now.done, total=now.total, description=description)

    return show


def export_progress(progress: Progress, task: TaskID) -> Callable[[ExportProgress], None]:
    def show(now: ExportProgress) -> None:
        waiting = _waiting(now.waiting)
        progress.update(
            task, completed=now.conversations, total=now.total, description=f"Exporting{waiting}"
        )

    return show


def _told(now: ImportProgress) -> str:
    others = {
        "already there": now.already + now.unchanged + now.outdated,
        "skipped": now.skipped + now.duplicates,
        "failed": now.failed,
    }
    words = "".join(f", {number:,} {name}" for name, number in others.items() if number)
    return words + _waiting(now.waiting)


def _waiting(seconds: float | None) -> str:
    return "" if not seconds else f" (waiting for the rate limit, up to {seconds:.0f} s)"
