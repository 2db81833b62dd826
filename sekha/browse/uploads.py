"""Imports of dropped files: each read and stored in the background, with a journal to go on from.

The journal is named after what the file holds. So a file that is dropped again, after the program was
stopped in whatever way, goes on where it was.
"""

from __future__ import annotations

import asyncio
import logging
import re
import secrets
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable
from hashlib import blake2b
from pathlib import Path

from attrs import define, field
from platformdirs import user_data_path
from starlette.concurrency import run_in_threadpool

from .._async.client import SekhaClient
from ..cli.reporting import print_import
from ..errors import SekhaError, SekhaValidationError
from ..importers import Reading, read
from ..models import ImportProgress, ImportReport

log = logging.getLogger("sekha")

KEPT = 30
"""Imports whose account is kept."""
CHUNK_OF_NAME = 120
_UNFIT = re.compile(r"[^\w.,()+ -]+")

RUNNING, DONE, STOPPED, FAILED = "running", "done", "stopped", "failed"


class Account:
    """Lines of a report, as the terminal has them."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def line(self, text: str = "", style: str = "") -> None:
        self.lines.append(text)

    def warn(self, text: str) -> None:
        self.lines.append(f"warning: {text}")


@define
class Upload:
    """A file that was dropped, and what became of it.

    Attributes:
        share: how much of it was read, 0 to 1.
        state: one of RUNNING, DONE, STOPPED and FAILED.
        problem: why it failed.
        lines: the report, as `sekha-memory import` writes it.
    """

    id: str
    name: str
    path: Path
    journal: Path
    options: dict[str, bool | str] = field(factory=dict)
    state: str = RUNNING
    reading: Reading | None = None
    progress: ImportProgress | None = None
    problem: str = ""
    lines: list[str] = field(factory=list)
    report: ImportReport | None = None
    task: asyncio.Task[None] | None = None

    @property
    def share(self) -> float:
        if self.state == DONE:
            return 1.0
        reading = self.reading
        if reading is None or not reading.total_bytes:
            return 0.0
        return min(1.0, reading.bytes_read / reading.total_bytes)


class Uploads:
    """The imports of this run.

    Args:
        target: tells one memory from another.
    """

    def __init__(self, client: SekhaClient, target: str = "") -> None:
        self._client = client
        self._target = target
        self._folder: Path | None = None
        self._jobs: dict[str, Upload] = {}
        self.on_change: Callable[[], None] = lambda: None

    def all(self) -> list[Upload]:
        """The last one first."""
        return list(self._jobs.values())[::-1]

    def get(self, job: str) -> Upload | None:
        """The import of this name."""
        return self._jobs.get(job)

    async def take(
        self, name: str, chunks: AsyncIterator[bytes], options: dict[str, bool | str]
    ) -> Upload:
        """Keep a file and begin to import it.

        Raises:
            SekhaValidationError: it is empty.
        """
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="sekha-browse-"))
        job = secrets.token_urlsafe(9)
        folder = self._folder / job
        folder.mkdir(mode=0o700)
        path = folder / _file_name(name)
        digest = blake2b(self._target.encode(), digest_size=12)
        size = 0
        try:
            with path.open("wb") as file:
                async for chunk in chunks:
                    digest.update(chunk)
                    size += len(chunk)
                    await run_in_threadpool(file.write, chunk)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        if not size:
            shutil.rmtree(folder, ignore_errors=True)
            raise SekhaValidationError("file", "it is empty")
        upload = Upload(job, path.name, path, _journal(digest.hexdigest()), options)
        self._jobs[job] = upload
        for old in list(self._jobs.values())[:-KEPT]:
            if old.state != RUNNING:
                shutil.rmtree(old.path.parent, ignore_errors=True)
                del self._jobs[old.id]
        self.start(upload)
        return upload

    def start(self, upload: Upload) -> None:
        """Begin, or go on."""
        if upload.task is None:
            upload.state, upload.problem, upload.lines = RUNNING, "", []
            upload.task = asyncio.create_task(self._run(upload))

    async def stop(self, upload: Upload) -> None:
        """Stop; what is stored stays, and is known when it goes on."""
        if upload.task is not None:
            upload.task.cancel()
            await asyncio.gather(upload.task, return_exceptions=True)
            if upload.state == RUNNING:
                # It had not even begun.
                upload.state, upload.task = STOPPED, None

    async def aclose(self) -> None:
        """Stop all and remove the files."""
        for upload in self._jobs.values():
            await self.stop(upload)
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    async def _run(self, upload: Upload) -> None:
        account = Account()
        report: ImportReport | None = None
        try:
            reading = await run_in_threadpool(
                read, upload.path, times_in_text=bool(upload.options.get("times_in_text"))
            )
            upload.reading = reading
            upload.journal.parent.mkdir(parents=True, exist_ok=True)

            def tell(progress: ImportProgress) -> None:
                upload.progress = progress

            report = await self._client.import_conversations(
                reading, journal=upload.journal, on_progress=tell
            )
            upload.state = DONE
            if report.complete:
                upload.journal.unlink(missing_ok=True)
        except asyncio.CancelledError:
            upload.state = STOPPED
            raise
        except SekhaError as error:
            report = error.report
            upload.state, upload.problem = FAILED, error.message
        except OSError as error:
            upload.state, upload.problem = FAILED, str(error)
        finally:
            upload.task = None
            upload.report = report
            if report is not None and upload.reading is not None:
                print_import(account, Path(upload.name), upload.reading, report)
                upload.lines = account.lines
            self.on_change()


def _file_name(name: str) -> str:
    """A file's own name, without what could lead elsewhere."""
    last = name.replace("\\", "/").rpartition("/")[2]
    kept = _UNFIT.sub("_", last).strip(" .")
    return kept[-CHUNK_OF_NAME:] or "dropped"


def _journal(digest: str) -> Path:
    return user_data_path("sekha-memory", appauthor=False) / "browse" / f"{digest}.sekha-journal"
