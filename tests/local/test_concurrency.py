"""One controller, many threads."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from sekha.local.clock import Clock
from support.local_api import Api

THREADS = 8


@pytest.mark.parametrize("kind", ["api", "file_api"])
def test_threads_read_and_write_at_once(kind: str, request: pytest.FixtureRequest) -> None:
    api: Api = request.getfixturevalue(kind)
    together = threading.Barrier(THREADS)

    def work(thread: int) -> list[str]:
        together.wait()
        ids = []
        for number in range(12):
            name = f"thread{thread} number{number}"
            conversation_id = api.create(f"{name} question", f"{name} answer", label=name)
            ids.append(conversation_id)
            own = api.query(f"{name} question", limit=5, filters={"label": name})
            assert [r["conversation_id"] for r in own] == [conversation_id] * 2
            assert api.words(f'"{name} question"') == [f"{name} question"]
            assert api.exported(conversation_id) == [
                ("user", f"{name} question"),
                ("user", f"{name} answer"),
            ]
            if number % 3 == 2:
                gone = ids.pop(0)
                assert api.call("DELETE", f"/api/v1/conversations/{gone}").status_code == 200
            api.put(f"/api/v1/conversations/{ids[-1]}/pin")
            api.listed(pinned="true")
        return ids

    with ThreadPoolExecutor(THREADS) as pool:
        kept = [i for ids in pool.map(work, range(THREADS)) for i in ids]
    assert set(api.listed(page_size="1000")) == set(kept)
    assert len(kept) == THREADS * 8
    found = api.query("question", limit=10_000)
    assert len(found) == 2 * len(kept)
    assert {result["conversation_id"] for result in found} == set(kept)
    assert len(api.words("question", limit=1000)) == len(kept)


def test_first_requests_at_the_same_moment_open_one_memory(file_api: Api) -> None:
    together = threading.Barrier(THREADS)

    def create(number: int) -> str:
        together.wait()
        return file_api.create(str(number))

    with ThreadPoolExecutor(THREADS) as pool:
        ids = list(pool.map(create, range(THREADS)))
    assert set(file_api.listed()) == set(ids)


def test_deleting_and_rebuilding_while_others_search(file_api: Api) -> None:
    ids = [file_api.create(f"text {number}", label="L") for number in range(60)]
    stop = threading.Event()

    def until_stopped(action: Callable[[], object]) -> None:
        while not stop.is_set():
            action()

    with ThreadPoolExecutor(THREADS) as pool:
        searches = [
            pool.submit(until_stopped, lambda: file_api.query("text", limit=40)) for _ in range(3)
        ]
        for conversation_id in ids[:30]:
            answer = file_api.call("DELETE", f"/api/v1/conversations/{conversation_id}")
            assert answer.status_code == 200
        assert file_api.post("/api/v1/rebuild-embeddings").status_code == 202
        stop.set()
        for search in searches:
            search.result()
    found = [result["conversation_id"] for result in file_api.query("text", limit=100)]
    assert sorted(found) == sorted(ids[30:])


def test_the_clock_never_repeats() -> None:
    clock = Clock()
    with ThreadPoolExecutor(THREADS) as pool:
        times = list(pool.map(lambda _: clock.now(), range(5000)))
    assert len(set(times)) == 5000
