"""Cassettes of a real controller's answers: recorded with --record, replayed without any network; from a
loopback server to a backend that the recorder cannot look into.

A cassette holds neither the key nor the controller's address. Labels carry a mark of the recording,
so that recording again does not meet what an earlier one stored.
"""

from __future__ import annotations

import json
import os
import re
import time
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import urlencode, urlsplit

import vcr
from pytest_socket import disable_socket, enable_socket
from vcr import matchers
from vcr.cassette import Cassette
from vcr.record_mode import RecordMode

# Before sockets are disabled: they are what it derives its own from.
import sekha._transport.sockets  # noqa: F401
from sekha import ClientConfig
from sekha.testing import FaultServer
from sekha_api.types import RawResponse, Request
from support.targets import Kind, Target

FOLDER = Path(__file__).resolve().parents[2] / "cassettes" / "documented_calls"
MARK_FILE = FOLDER / "recording.json"
PLAYBACK_PORTS = count(9)
"""One for each cassette: on one controller, an id that comes twice is an answer about another create."""
PLAYBACK_KEY = "a-key-for-playback-that-opens-nothing"
RECORDING_URL = os.environ.get("SEKHA_BASE_URL", "")
RECORDING_KEY = os.environ.get("SEKHA_API_KEY", "")
KEPT_HEADERS = {"content-type", "content-length", "date"}


class Tape:
    """One cassette, in a `with` block that gives the ground it makes. In playback nothing can
    connect, and every recorded request has to come."""

    def __init__(self, name: str, *, recording: bool, over_loopback: bool = False) -> None:
        if recording and not (RECORDING_URL and RECORDING_KEY):
            raise RuntimeError("recording needs SEKHA_BASE_URL and SEKHA_API_KEY")
        self._recording = recording
        self._over_loopback = over_loopback
        self._path = FOLDER / f"{re.sub(r'[^a-z0-9]+', '_', name.lower()).strip('_')}.yaml"
        self._stack = ExitStack()
        self._cassette: Any = None

    def __enter__(self) -> Target:
        url = RECORDING_URL if self._recording else f"http://127.0.0.1:{next(PLAYBACK_PORTS)}"
        if self._over_loopback:
            url = self._serve()
        else:
            self._intercept()
        config = ClientConfig(
            api_key=RECORDING_KEY if self._recording else PLAYBACK_KEY,
            base_url=url,
            rate_limit_requests=None,
            max_retries=0,
        )
        kind = Kind(public=True, cuts=True, embeds=True, llm=True)
        return Target(kind, config, prefix=_mark(self._recording))

    def _serve(self) -> str:
        """Play the cassette on a loopback server; gives its URL."""
        cassette = Cassette.load(
            path=str(self._path),
            record_mode=RecordMode.NONE,
            match_on=(matchers.method, matchers.path, matchers.query, matchers.body),
        )
        self._cassette = cassette

        def answer(request: Request) -> RawResponse:
            query = f"?{urlencode(request.params)}" if request.params else ""
            asked = _without_secrets(
                vcr.request.Request(
                    request.method,
                    f"http://127.0.0.1:9{request.path}{query}",
                    request.content or b"",
                    dict(request.headers),
                )
            )
            played = cassette.play_response(asked)
            headers = {name.lower(): values[0] for name, values in played["headers"].items()}
            headers.pop("content-length", None)
            content = played["body"]["string"]
            return RawResponse(played["status"]["code"], headers, content)

        return self._stack.enter_context(FaultServer(answer)).base_url

    def _intercept(self) -> None:
        """Record or play where httpx would connect."""
        if self._recording:
            self._path.unlink(missing_ok=True)
        else:
            # The event loop's own pair of sockets is no network.
            disable_socket(allow_unix_socket=True)
            self._stack.callback(enable_socket)
        recorder = vcr.VCR(
            record_mode="all" if self._recording else "none",
            match_on=["method", "path", "query", "body"],
            before_record_request=_without_secrets,
            before_record_response=_without_noise,
        )
        self._cassette = self._stack.enter_context(recorder.use_cassette(str(self._path)))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stack.close()
        if error is None and not self._recording:
            assert self._cassette.all_played, "the cassette holds requests that were not made"


def _mark(recording: bool) -> str:
    if recording and not (MARK_FILE.exists() and time.time() - MARK_FILE.stat().st_mtime < 600):
        MARK_FILE.parent.mkdir(parents=True, exist_ok=True)
        MARK_FILE.write_text(json.dumps({"mark": time.strftime("R%Y%m%d%H%M%S")}) + "\n")
    mark: str = json.loads(MARK_FILE.read_text())["mark"]
    return mark


def _without_secrets(request: Any) -> Any:
    request.headers = {
        name: value for name, value in request.headers.items() if name.lower() in KEPT_HEADERS
    }
    parts = urlsplit(request.uri)
    request.uri = "http://controller.test" + parts.path + (f"?{parts.query}" if parts.query else "")
    return request


def _without_noise(response: dict[str, Any]) -> dict[str, Any]:
    response["headers"] = {
        name: value for name, value in response["headers"].items() if name.lower() in KEPT_HEADERS
    }
    return response
