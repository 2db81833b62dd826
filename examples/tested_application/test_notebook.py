"""How an application is tested with nothing but the fixtures of sekha-memory:

pip install "sekha-memory[local]" pytest
pytest examples/tested_application
"""

from __future__ import annotations

import asyncio

import pytest
from notebook import Notebook, count_notes

from sekha import SekhaClient, SyncSekhaClient
from sekha.testing import Drop, FaultyMemory, Gateway, ServedMemory, Stall, throttled


def test_a_note_is_found_again(sekha_memory: SyncSekhaClient) -> None:
    notebook = Notebook(sekha_memory)
    notebook.note("Garden", "The tomatoes want water every second evening.")
    assert "tomatoes" in notebook.answer("When do the tomatoes want water?")


def test_every_test_begins_with_an_empty_memory(sekha_memory: SyncSekhaClient) -> None:
    assert Notebook(sekha_memory).answer("tomatoes") == "Nothing was noted about that."


def test_an_async_function(async_sekha_memory: SekhaClient) -> None:
    assert asyncio.run(count_notes(async_sekha_memory)) == 0


def test_the_application_finds_the_controller_in_its_environment(
    sekha_server: ServedMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in sekha_server.environment.items():
        monkeypatch.setenv(name, value)
    notebook = Notebook()
    noted = notebook.note("Wifi", "The guest network is called harbour.")
    notebook.client.close()
    assert sekha_server.memory.get_conversation(noted).label == "Wifi"


def test_an_answer_that_gets_lost_stores_nothing_twice(sekha_faults: FaultyMemory) -> None:
    sekha_faults.next(Drop(carried_out=True))
    with sekha_faults.client() as client:
        Notebook(client).note("Garden", "The tomatoes want water.")
    assert sekha_faults.memory.count() == 1


def test_a_busy_controller_is_waited_for(sekha_faults: FaultyMemory) -> None:
    sekha_faults.next(throttled(), Gateway(503))
    with sekha_faults.client() as client:
        assert Notebook(client).answer("tomatoes") == "Nothing was noted about that."
    assert sekha_faults.left == 0


def test_a_controller_that_never_answers(sekha_faults: FaultyMemory) -> None:
    sekha_faults.next(*[Stall(carried_out=False)] * 4)
    with sekha_faults.client(timeout=0.5, max_retries=0) as client:
        assert Notebook(client).answer("tomatoes") == "The memory cannot be reached."
