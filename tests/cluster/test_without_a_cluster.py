"""What is refused before anything is given out, and the file of vectors."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sekha import ClientConfig, SekhaConfigError, SekhaValidationError, SyncSekhaClient
from sekha.distributed import StoredVectors, embed, import_files
from sekha.distributed.run import check
from sekha.distributed.stored_vectors import key_of

CONFIG = ClientConfig(api_key="k" * 32, base_url="http://127.0.0.1:9", rate_limit_requests=None)


class Lengths:
    """A vector by the length of a text."""

    name = "lengths"
    dimensions = 2

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        return [[1.0, float(len(text))] for text in texts]


class Others(Lengths):
    name = "others"


def test_what_is_no_client_of_dask_is_refused(tmp_path: Path) -> None:
    none: Any = None
    with pytest.raises(SekhaValidationError, match="dask"):
        import_files(none, CONFIG, "export.json", journals=tmp_path / "journals")
    with pytest.raises(SekhaValidationError, match="dask"):
        embed(none, ["text"], Lengths, vectors=tmp_path / "vectors.db")
    assert [*tmp_path.iterdir()] == []


def test_workers_have_to_share_their_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sekha.distributed.run.check_dask", lambda dask, attempts: None)
    check(None, CONFIG, 1)
    with pytest.raises(SekhaConfigError, match="each worker would count") as caught:
        check(None, CONFIG.evolve(rate_limit_requests=1000), 1)
    assert caught.value.parameter == "shared_limits"
    check(None, CONFIG.evolve(rate_limit_requests=1000, shared_limits="redis://127.0.0.1:9"), 1)


def test_stored_vectors_are_an_embedder(tmp_path: Path) -> None:
    path = tmp_path / "vectors.db"
    with StoredVectors(path, Lengths) as stored:
        stored.add("lengths", [key_of("a"), key_of("\ud800")], np.array([[5, 5], [6, 6]]))
        assert [[*each] for each in stored.embed(["a", "bcd", "a"])] == [[5, 5], [1, 3], [5, 5]]
        assert (stored.name, stored.dimensions, stored.embedded) == ("lengths", 2, 1)
        assert stored.has([key_of("a"), key_of("bcd")]) == {key_of("a")}
        with SyncSekhaClient.local(embedder=stored) as memory:
            assert memory.count() == 0
    assert path.stat().st_mode & 0o077 == 0


def test_a_file_of_another_embedder_or_program_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "vectors.db"
    with StoredVectors(path, Lengths) as stored:
        stored.add("lengths", [key_of("a")], np.array([[5.0, 5.0]]))
    with StoredVectors(path, Others) as stored:
        with pytest.raises(SekhaValidationError, match="another embedder"):
            stored.embed(["new"])
        with pytest.raises(SekhaValidationError, match="another embedder"):
            stored.add("others", [key_of("b")], np.array([[5.0, 5.0]]))
        assert stored.has([key_of("b")]) == set()
    with pytest.raises(SekhaValidationError, match="embedder"):
        StoredVectors(path, 7)  # type: ignore[arg-type]
    other = tmp_path / "other.db"
    connection = sqlite3.connect(other)
    connection.execute("CREATE TABLE someones (thing)")
    connection.close()
    before = other.read_bytes()
    with pytest.raises(SekhaValidationError, match="another program"):
        StoredVectors(other, Lengths)
    assert other.read_bytes() == before
    (tmp_path / "text.db").write_text("no database at all, but long enough to be looked at" * 9)
    with pytest.raises(SekhaValidationError, match=r"text\.db"):
        StoredVectors(tmp_path / "text.db", Lengths)


def test_without_the_extra_it_says_what_to_install() -> None:
    program = "import sys; sys.modules['distributed'] = None; import sekha.distributed"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert 'pip install "sekha-memory[distributed]"' in ended.stderr.splitlines()[-1]
