"""Cassettes of a real controller's answers: recorded with --record, replayed without any network.

A cassette holds neither the key nor the controller's address. Labels carry a mark of the recording,
so that recording again does not meet what an earlier one stored.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import vcr
from attrs import frozen

FOLDER = Path(__file__).resolve().parent.parent / "cassettes" / "documented_calls"
MARK_FILE = FOLDER / "recording.json"
PLAYBACK_URL = "http://127.0.0.1:9"
RECORDING_URL = os.environ.get("SEKHA_BASE_URL", "")
RECORDING_KEY = os.environ.get("SEKHA_API_KEY", "")
KEPT_HEADERS = {"content-type", "content-length", "date"}


@frozen
class Tape:
    """What a test runs on.

    Attributes:
        url: the controller that is recorded; None in playback.
        mark: what labels carry.
    """

    url: str | None
    key: str
    mark: str

    def label(self, name: str) -> str:
        return f"{name} {self.mark}"

    @classmethod
    @contextmanager
    def of(cls, name: str, *, recording: bool) -> Iterator[Tape]:
        if recording and not (RECORDING_URL and RECORDING_KEY):
            raise RuntimeError("recording needs SEKHA_BASE_URL and SEKHA_API_KEY")
        path = FOLDER / f"{re.sub(r'[^a-z0-9]+', '_', name.lower()).strip('_')}.yaml"
        if recording:
            path.unlink(missing_ok=True)
        recorder = vcr.VCR(
            record_mode="all" if recording else "none",
            match_on=["method", "path", "query", "body"],
            before_record_request=_without_secrets,
            before_record_response=_without_noise,
        )
        with recorder.use_cassette(str(path)) as cassette:
            yield cls(
                RECORDING_URL if recording else None,
                RECORDING_KEY if recording else "a-key-for-playback-that-opens-nothing",
                _mark(recording),
            )
            if not recording:
                assert cassette.all_played, "the cassette holds requests that were not made"


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
