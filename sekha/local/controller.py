"""The embedded controller: a request in, the contract's answer out, in this process."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from sekha_api.types import RawResponse, Request

from .cancellation import Cancellation, RequestCancelled, current, is_cancellable
from .forking import note_forkable

if TYPE_CHECKING:
    from ..embedders import Embedder
    from .application import Application
    from .own_embedder import OwnEmbedder


class Controller:
    """A Sekha controller in this process, over the same requests and answers as one on the network.

    It does what the controller's documentation promises, where the public one does not
    (compatibility rows 6, 8 to 10, 12, 13, 15, 17, 18, 20 to 22, 28 to 31, 34 and 35). Nothing is
    opened before the first request. Any number of threads may use one controller, and any number of
    processes may open the same file. After a fork the child has a file open anew, and of what is in
    memory a copy.

    Args:
        path: the memory file, made with its folders where missing (readable by its owner only);
            without one everything is kept in memory and gone on `close`.
        embedder: makes the vectors instead of the built-in model (`sekha.embedders`). Those of a
            file that another one made are made anew at the first use; without one, a file of an
            embedder of the caller's is refused (`SekhaStorageError`).
    """

    def __init__(
        self, path: str | os.PathLike[str] | None = None, *, embedder: Embedder | None = None
    ) -> None:
        self._embedder = embedder
        self._path = None if path is None else Path(path)
        self._lock = threading.Lock()
        self._application: Application | None = None
        self._closed = False
        self._is_lost = False
        note_forkable(self)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({None if self._path is None else str(self._path)!r})"

    def handle(self, request: Request) -> RawResponse:
        """Carry out one request.

        A change that was answered with success is on the disk (SQLite, `synchronous=FULL`) and
        complete.

        Args:
            request: as the generated operations build it. Headers matter only for the body's
                content type: there is no key to check in process.

        Returns:
            An answer of the contract. Failures are answers too: where the file cannot be used it
            is a 507, where the controller has been closed a 500, either a 503 without a body for
            `/health`; what is larger than can be stored (`LARGEST_BODY`, `LARGEST_MESSAGE`) is a
            413. None of them changed anything.

        Raises:
            RequestCancelled: it was cancelled, by a `Cancellation` that is applied to this thread,
                before it changed anything.
        """
        # Not at the top: what the rooms behind it import takes its time, and needs the extra
        # installed.
        from .application import failure

        if not is_cancellable():
            with Cancellation():
                return self.handle(request)
        try:
            current().check()
            return self._open().handle(request)
        except RequestCancelled:
            raise
        except Exception as error:
            # The one place that answers for whatever no room foresaw, as any server's outermost
            # room must.
            return failure(request, error, self._application)

    def close(self) -> None:
        """Close the file; twice is harmless. Requests after it are answered with an error."""
        with self._lock:
            self._closed = True
            application, self._application = self._application, None
        if application is not None:
            application.close()

    def _open(self) -> Application:
        application = self._application
        if application is not None:
            return application
        from .application import Application
        from .errors import ClosedError, StoreError

        current().acquire(self._lock)
        try:
            if self._closed:
                raise ClosedError("the controller has been closed")
            if self._is_lost:
                raise StoreError(
                    "the process was forked while it was in use, and has no whole copy: open a "
                    "memory after the fork, or one on a file"
                )
            if self._application is None:
                self._application = Application.open(self._path, self._own_embedder())
            return self._application
        finally:
            self._lock.release()

    def _own_embedder(self) -> OwnEmbedder | None:
        from .own_embedder import OwnEmbedder

        return None if self._embedder is None else OwnEmbedder(self._embedder)

    def before_fork(self) -> None:
        """Wait, for a while, until nothing uses the memory, and let nothing begin to."""
        if self._application is not None:
            self._application.database.pause()

    def after_fork(self, *, in_child: bool) -> None:
        """Go on; in the child with a memory of its own."""
        application = self._application
        if not in_child:
            if application is not None:
                application.database.resume()
            return
        self._lock = threading.Lock()
        self._application = None
        if application is None:
            return
        database = application.database
        if self._path is not None:
            database.abandon()
        elif database.is_paused:
            from .application import Application

            database.restart()
            self._application = Application(database, self._own_embedder())
        else:
            database.abandon()
            self._is_lost = True
