"""The question about times, on a real terminal, of a controller that does not keep them."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path

import pytest

from sekha import ClientConfig, SyncSekhaClient
from support.import_files import gpt_talk, write_json
from support.recorded_controller import KEY, RecordedController, Stack, serve
from support.terminal import COMMAND, Terminal

QUESTION = "Write the times into the text, go on without them, or quit? [T/g/q]"
IN_TEXT = "UTC]\n"


@pytest.fixture
def url(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    controller = RecordedController(stack=Stack.nothing())
    with serve(controller) as server:
        monkeypatch.delenv("SEKHA_LOCAL", raising=False)
        monkeypatch.setenv("SEKHA_BASE_URL", server.base_url)
        monkeypatch.setenv("SEKHA_API_KEY", KEY)
        yield server.base_url
    controller.close()


@pytest.fixture
def export(tmp_path: Path) -> Path:
    return write_json(tmp_path / "conversations.json", [gpt_talk(1)])


def first_texts(url: str) -> list[str]:
    config = ClientConfig(api_key=KEY, base_url=url, rate_limit_requests=None)
    with SyncSekhaClient(config) as client:
        return [each["messages"][0]["content"] for each in client.iter_export()]


@contextmanager
def pressing(terminal: Terminal) -> Iterator[None]:
    """Presses Ctrl-C now, and every few seconds."""
    ended = threading.Event()

    def press() -> None:
        with suppress(OSError):
            terminal.interrupt()
            while not ended.wait(8.0):
                terminal.interrupt()

    thread = threading.Thread(target=press)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


@pytest.mark.parametrize("answer", ["", "t", "no idea\nT"])
def test_times_are_written_into_the_text(url: str, export: Path, answer: str) -> None:
    with Terminal("import", str(export)) as terminal:
        terminal.wait_for(QUESTION)
        terminal.enter(answer)
        assert terminal.end() == 0, terminal.text
    assert "everything will be dated today" in " ".join(terminal.text.split())
    assert terminal.text.count(QUESTION) == 1 + answer.count("\n")
    (text,) = first_texts(url)
    assert IN_TEXT in text


def test_it_goes_on_without_them(url: str, export: Path) -> None:
    with Terminal("import", str(export)) as terminal:
        terminal.wait_for(QUESTION)
        terminal.enter("g")
        assert terminal.end() == 0, terminal.text
    (text,) = first_texts(url)
    assert IN_TEXT not in text


@pytest.mark.parametrize("key", ["ctrl-c", "q"])
def test_nothing_is_stored_if_it_is_left(url: str, export: Path, key: str) -> None:
    before = sorted(export.parent.iterdir())
    with Terminal("import", str(export)) as terminal:
        terminal.wait_for(QUESTION)
        if key == "q":
            terminal.enter("q")
        # Python may miss one that comes just before it begins to read: then it is pressed again.
        with pressing(terminal) if key == "ctrl-c" else nullcontext():
            assert terminal.end() == 130, terminal.text
    assert first_texts(url) == []
    assert sorted(export.parent.iterdir()) == before


def test_who_cannot_be_asked_is_told(url: str, export: Path) -> None:
    piped = subprocess.run(
        [*COMMAND, "import", str(export)],
        input="t\n",
        capture_output=True,
        text=True,
        env={**os.environ, "COLUMNS": "400"},
    )
    assert piped.returncode == 0 and "everything will be dated today" in piped.stderr
    assert QUESTION not in piped.stderr + piped.stdout
    (text,) = first_texts(url)
    assert IN_TEXT not in text
