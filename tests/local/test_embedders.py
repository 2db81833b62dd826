"""Vectors of the caller's own: a real endpoint on loopback, and files that are never mixed."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from sekha import (
    MessageDto,
    NewConversation,
    SekhaConfigError,
    SekhaEmbeddingError,
    SekhaServerError,
    SekhaStorageError,
    SyncSekhaClient,
)
from sekha.embedders import OllamaEmbedder, OpenAIEmbedder, embedder_of

TOPICS = [("cat", "feline", "kitten"), ("ship", "boat", "harbour"), ("bread", "dough", "oven")]


def vector_of(text: str) -> list[float]:
    """A model that knows three topics."""
    words = text.lower().split()
    return [0.01 + sum(word.strip(".?") in topic for word in words) for topic in TOPICS]


class TopicEmbedder:
    """The same in process."""

    def __init__(self, name: str = "topics", dimensions: int = 3) -> None:
        self.name, self.dimensions = name, dimensions
        self.texts: list[str] = []

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        self.texts += texts
        return [vector_of(text) for text in texts]


class Endpoint:
    """What arrives at an endpoint, and how it answers."""

    def __init__(self) -> None:
        self.arrivals: list[tuple[str, str | None, dict[str, Any]]] = []
        self.status = 200
        self.missing = 0
        self.url = ""


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    state = Endpoint()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            state.arrivals.append((self.path, self.headers["authorization"], body))
            vectors = [vector_of(text) for text in body["input"]]
            vectors = vectors[: len(vectors) - state.missing]
            if self.path == "/v1/embeddings":
                rows = [{"index": n, "embedding": each} for n, each in enumerate(vectors)]
                answer: dict[str, Any] = {"data": rows[::-1]}
            else:
                answer = {"embeddings": vectors}
            content = json.dumps(answer).encode()
            self.send_response(state.status)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_port}"
    yield state
    server.shutdown()
    thread.join()
    server.server_close()


def store_all(client: SyncSekhaClient) -> None:
    for text in ("The kitten sleeps.", "A boat leaves.", "Knead the dough."):
        client.create_conversation(NewConversation("L", [MessageDto("user", text)]))


def test_a_caller_s_embedder_finds(tmp_path: Path) -> None:
    embedder = TopicEmbedder()
    with SyncSekhaClient.local(tmp_path / "m.db", embedder=embedder) as client:
        store_all(client)
        found = client.smart_query("feline", limit=1)
        assert [each.content for each in found] == ["The kitten sleeps."]
        assert found[0].similarity > 0.99
        assert client.recall("harbour")[0].content == "A boat leaves."
    assert {"The kitten sleeps.", "feline"} <= set(embedder.texts)


@pytest.mark.parametrize("kind", ["openai", "ollama"])
def test_endpoints(endpoint: Endpoint, kind: str) -> None:
    embedder: OpenAIEmbedder | OllamaEmbedder
    if kind == "openai":
        embedder = OpenAIEmbedder("topics-3", f"{endpoint.url}/v1", api_key="secret-key")
    else:
        embedder = OllamaEmbedder("topics-3", endpoint.url)
    assert embedder.dimensions == 3 and embedder.name == f"{kind}:topics-3"
    assert embedder.embed(["a cat", "", "the oven"])[2] == vector_of("the oven")
    many = embedder.embed(["a cat"] * 150)
    assert len(many) == 150
    assert [len(body["input"]) for _, _, body in endpoint.arrivals[-3:]] == [64, 64, 22]
    path, key, body = endpoint.arrivals[-1]
    assert body["model"] == "topics-3" and "dimensions" not in body
    assert path == ("/v1/embeddings" if kind == "openai" else "/api/embed")
    assert key == ("Bearer secret-key" if kind == "openai" else None)
    assert "secret-key" not in repr(vars(embedder))
    with SyncSekhaClient.local(embedder=embedder) as client:
        store_all(client)
        assert client.smart_query("oven", limit=1)[0].content == "Knead the dough."
    embedder.close()


def test_an_endpoint_that_fails_is_said_and_nothing_is_stored(endpoint: Endpoint) -> None:
    embedder = OpenAIEmbedder("topics-3", f"{endpoint.url}/v1", dimensions=3)
    with SyncSekhaClient.local(embedder=embedder, max_retries=0) as client:
        store_all(client)
        endpoint.status = 503
        with pytest.raises(SekhaServerError, match="answered 503"):
            client.smart_query("oven")
        with pytest.raises(SekhaServerError, match="answered 503"):
            store_all(client)
        endpoint.status, endpoint.missing = 200, 1
        with pytest.raises(SekhaEmbeddingError, match="0 vectors for 1 texts"):
            embedder.embed(["one"])
        assert client.count() == 3
    embedder.close()


def test_an_endpoint_that_is_not_there() -> None:
    embedder = OllamaEmbedder("m", "http://127.0.0.1:9", timeout=2)
    with pytest.raises(SekhaEmbeddingError, match="does not answer"):
        embedder.embed(["one"])
    embedder.close()


def test_another_embedder_s_file_is_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "m.db"
    with SyncSekhaClient.local(path) as client:
        store_all(client)
    embedder = TopicEmbedder()
    with SyncSekhaClient.local(path, embedder=embedder) as client:
        assert client.smart_query("feline", limit=1)[0].content == "The kitten sleeps."
    assert sum(text in embedder.texts for text in ("A boat leaves.", "Knead the dough.")) == 2
    with sqlite3.connect(path) as database:
        (name,) = database.execute("SELECT embedder FROM vector_state").fetchone()
    database.close()
    assert name == "topics"


def test_without_its_embedder_a_file_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "m.db"
    with SyncSekhaClient.local(path, embedder=TopicEmbedder("costly")) as client:
        store_all(client)
    with SyncSekhaClient.local(path) as client:
        with pytest.raises(SekhaStorageError, match="embedder 'costly'"):
            client.smart_query("feline")
        with pytest.raises(SekhaStorageError, match="embedder 'costly'"):
            store_all(client)
        assert client.count() == 3
    with SyncSekhaClient.local(path, embedder=TopicEmbedder("costly")) as client:
        assert client.smart_query("feline", limit=1)[0].content == "The kitten sleeps."


def test_vectors_of_two_embedders_are_never_mixed(tmp_path: Path) -> None:
    """Not even where the file is open twice, and one of the two makes its vectors anew."""
    path = tmp_path / "m.db"
    with SyncSekhaClient.local(path, embedder=TopicEmbedder("one")) as first:
        store_all(first)
        with SyncSekhaClient.local(path, embedder=TopicEmbedder("two")) as second:
            second.smart_query("cat")
            with pytest.raises(SekhaStorageError, match="'two' meanwhile"):
                store_all(first)
            store_all(second)
            assert second.count() == 6


def test_what_is_no_vector_is_refused(tmp_path: Path) -> None:
    with SyncSekhaClient.local(embedder=TopicEmbedder(dimensions=4), max_retries=0) as client:
        with pytest.raises(SekhaServerError, match="vectors of 4"):
            store_all(client)
        assert client.count() == 0


@pytest.mark.parametrize("text", ["", "word", "openai:", "other:model", "ollama:model@"])
def test_an_embedder_that_is_none(text: str) -> None:
    with pytest.raises(SekhaConfigError, match="KIND:MODEL"):
        embedder_of(text)


def test_an_embedder_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "secret-key")
    openai = embedder_of("openai:text-embedding-3-small@http://127.0.0.1:9/v1")
    ollama = embedder_of("ollama:nomic-embed-text:v1.5")
    assert (openai.name, ollama.name) == (
        "openai:text-embedding-3-small",
        "ollama:nomic-embed-text:v1.5",
    )
    for each in (openai, ollama):
        assert isinstance(each, (OpenAIEmbedder, OllamaEmbedder))
        each.close()
