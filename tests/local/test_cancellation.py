"""Giving a request up: between two steps, and never once it commits."""

from __future__ import annotations

import sqlite3
import threading
import time
from pathlib import Path

import pytest

from sekha.local import Controller
from sekha.local.cancellation import Cancellation, RequestCancelled
from sekha_api.types import RawResponse, Request, encode_json
from support.local_api import Api

JSON = {"content-type": "application/json"}


def create_request(*contents: str) -> Request:
    messages = [{"role": "user", "content": content} for content in contents]
    body = {"label": "L", "folder": "/f", "messages": messages}
    return Request("POST", "/api/v1/conversations", {}, JSON, encode_json(body))


def handle(controller: Controller, request: Request, cancellation: Cancellation) -> RawResponse:
    with cancellation:
        return controller.handle(request)


def test_what_was_cancelled_before_is_not_begun(file_api: Api) -> None:
    cancellation = Cancellation()
    assert cancellation.cancel() is True
    with pytest.raises(RequestCancelled):
        handle(Controller(), create_request("a"), cancellation)
    assert file_api.listed() == []


def test_a_create_is_given_up_while_it_embeds(file_api: Api) -> None:
    assert isinstance(file_api.controller, Controller)
    file_api.create("warm")
    words = " ".join(f"word{number}" for number in range(300_000))
    cancellation = Cancellation()
    threading.Timer(0.1, cancellation.cancel).start()
    with pytest.raises(RequestCancelled):
        handle(file_api.controller, create_request(words), cancellation)
    with pytest.raises(RequestCancelled):
        handle(file_api.controller, create_request(words), Cancellation(timeout=0.1))
    assert len(file_api.listed()) == 1
    assert handle(file_api.controller, create_request("b"), Cancellation(9)).status_code == 201


def test_whoever_waits_for_a_locked_file_can_be_cancelled(file_api: Api, memory_file: Path) -> None:
    assert isinstance(file_api.controller, Controller)
    file_api.create("warm")
    other = sqlite3.connect(memory_file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    began = time.monotonic()
    with pytest.raises(RequestCancelled):
        handle(file_api.controller, create_request("a"), Cancellation(timeout=0.2))
    # It waits for 15 s where nobody cancels it.
    assert time.monotonic() - began < 10
    assert len(file_api.listed()) == 1
    other.execute("ROLLBACK")
    other.close()
    file_api.create("b")
    assert len(file_api.listed()) == 2


def test_a_commit_is_not_cancelled() -> None:
    cancellation = Cancellation()
    cancellation.begin_commit()
    assert cancellation.cancel() is False
    cancellation.check()
    cancelled = Cancellation()
    assert cancelled.cancel() is True
    with pytest.raises(RequestCancelled):
        cancelled.begin_commit()


def test_cancelled_or_stored_never_both(file_api: Api) -> None:
    """Whenever it is cancelled, what cancel() says is what became of it."""
    assert isinstance(file_api.controller, Controller)
    file_api.create("warm")
    stored = 1
    for number in range(60):
        cancellation = Cancellation()
        said: list[bool] = []

        def cancel(cancellation: Cancellation = cancellation, said: list[bool] = said) -> None:
            said.append(cancellation.cancel())

        timer = threading.Timer(number * 0.0001, cancel)
        timer.start()
        try:
            answer = handle(file_api.controller, create_request("a b c" * 30), cancellation)
        except RequestCancelled:
            timer.join()
            assert said == [True]
        else:
            timer.join()
            assert answer.status_code == 201
            stored += 1
    assert len(file_api.listed(page_size="1000")) == stored


def test_other_threads_get_their_turn_while_a_large_text_is_embedded(file_api: Api) -> None:
    words = " ".join(f"word{number}" for number in range(100_000))
    file_api.create("warm")
    during = []
    thread = threading.Thread(target=file_api.create, args=(words,))
    thread.start()
    while thread.is_alive():
        file_api.listed()
        during.append(1)
    thread.join()
    # One call of the tokenizer for the whole text would let one or two through.
    assert len(during) > 20
