"""Embedding models for the embedded controller: a protocol, and ready ones.

`SekhaClient.local(path, embedder=...)` takes anything that has a name, a number of dimensions and a
method that embeds a batch of texts. What is imported by the ready ones is imported when they are
made: `pip install "sekha-memory[embedders]"` for those that run in this process.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

import httpx

from .errors import SekhaConfigError, SekhaEmbeddingError

BATCH = 64
"""Texts in one request to an endpoint."""
OPENAI, OLLAMA = "https://api.openai.com/v1", "http://127.0.0.1:11434"
INSTALL = 'pip install "sekha-memory[embedders]"'
Vector = Sequence[float]


class Embedder(Protocol):
    """Makes vectors of texts; called from several threads at once.

    Attributes:
        name: stored in the memory file. Vectors of two names are never compared: give models that
            are not the same, or not used in the same way, different names.
        dimensions: the length of a vector.
    """

    @property
    def name(self) -> str: ...

    @property
    def dimensions(self) -> int: ...

    def embed(self, texts: Sequence[str]) -> Sequence[Vector]:
        """One vector a text, in their order; of any length but zero."""
        ...


class _Endpoint:
    """An embedding model behind HTTP."""

    def __init__(
        self,
        name: str,
        url: str,
        headers: Mapping[str, str],
        timeout: float,
        dimensions: int | None,
    ) -> None:
        self.name = name
        self._url = url
        self._client = httpx.Client(headers=dict(headers), timeout=timeout)
        self._dimensions = dimensions

    @property
    def dimensions(self) -> int:
        """As given, or as the endpoint's first answer has it."""
        if self._dimensions is None:
            self._dimensions = len(self.embed(["dimensions"])[0])
        return self._dimensions

    def embed(self, texts: Sequence[str]) -> list[Vector]:
        """One vector a text.

        Raises:
            SekhaEmbeddingError: the endpoint does not answer, or not with vectors.
        """
        # An empty text is refused by many: it has no meaning to embed.
        asked = [text or " " for text in texts]
        return [vector for batch in _batches(asked) for vector in self._embed(batch)]

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _embed(self, texts: list[str]) -> list[Vector]:
        try:
            response = self._client.post(self._url, json=self._body(texts))
            response.raise_for_status()
            vectors = self._vectors(response.json())
        except httpx.HTTPStatusError as error:
            status = error.response.status_code
            raise SekhaEmbeddingError(f"{self.name}: {self._url} answered {status}") from None
        except httpx.HTTPError as error:
            reason = str(error) or type(error).__name__
            raise SekhaEmbeddingError(
                f"{self.name}: {self._url} does not answer: {reason}"
            ) from None
        except (ValueError, KeyError, TypeError):
            raise SekhaEmbeddingError(
                f"{self.name}: {self._url} answered with no vectors"
            ) from None
        if len(vectors) != len(texts):
            raise SekhaEmbeddingError(f"{self.name}: {len(vectors)} vectors for {len(texts)} texts")
        return vectors

    def _body(self, texts: list[str]) -> dict[str, Any]:
        raise NotImplementedError

    def _vectors(self, answer: Any) -> list[Vector]:
        raise NotImplementedError


class OpenAIEmbedder(_Endpoint):
    """Any endpoint that speaks OpenAI's `/v1/embeddings`.

    Args:
        model: as the endpoint calls it.
        base_url: up to and with `/v1`.
        api_key: sent as a bearer token; shown nowhere.
        dimensions: asked of the endpoint where it can shorten vectors; None leaves it to the model.
        timeout: seconds for one request.
    """

    def __init__(
        self,
        model: str,
        base_url: str = OPENAI,
        *,
        api_key: str | None = None,
        dimensions: int | None = None,
        timeout: float = 60.0,
    ) -> None:
        self._model, self._asked = model, dimensions
        headers = {} if api_key is None else {"Authorization": f"Bearer {api_key}"}
        name = f"openai:{model}" + ("" if dimensions is None else f":{dimensions}")
        super().__init__(name, f"{base_url.rstrip('/')}/embeddings", headers, timeout, dimensions)

    def _body(self, texts: list[str]) -> dict[str, Any]:
        body: dict[str, Any] = {"model": self._model, "input": texts}
        return body if self._asked is None else {**body, "dimensions": self._asked}

    def _vectors(self, answer: Any) -> list[Vector]:
        rows = sorted(answer["data"], key=lambda row: row["index"])
        return [row["embedding"] for row in rows]


class OllamaEmbedder(_Endpoint):
    """A model that Ollama serves.

    Args:
        model: as `ollama list` shows it.
        base_url: where Ollama listens.
        timeout: seconds for one request; the first one loads the model.
    """

    def __init__(self, model: str, base_url: str = OLLAMA, *, timeout: float = 120.0) -> None:
        self._model = model
        super().__init__(f"ollama:{model}", f"{base_url.rstrip('/')}/api/embed", {}, timeout, None)

    def _body(self, texts: list[str]) -> dict[str, Any]:
        return {"model": self._model, "input": texts}

    def _vectors(self, answer: Any) -> list[Vector]:
        return list(answer["embeddings"])


class SentenceTransformersEmbedder:
    """A model of sentence-transformers, in this process.

    Args:
        model: a name or a folder, or a model that is loaded already (with `name`).
        name: what the memory file calls it; None for the model's own.

    Raises:
        SekhaConfigError: sentence-transformers is not installed.
    """

    def __init__(self, model: Any, *, name: str | None = None) -> None:
        if isinstance(model, str):
            try:
                from sentence_transformers import SentenceTransformer
            except ImportError:
                raise SekhaConfigError(
                    "embedder", f"needs sentence-transformers: {INSTALL}"
                ) from None
            name, model = name or model, SentenceTransformer(model)
        elif name is None:
            raise SekhaConfigError("name", "a loaded model needs one")
        self.name = f"sentence-transformers:{name}"
        self._model = model
        # Renamed in sentence-transformers 5.
        measure = getattr(model, "get_embedding_dimension", None)
        self.dimensions = int((measure or model.get_sentence_embedding_dimension)())

    def embed(self, texts: Sequence[str]) -> Sequence[Vector]:
        """One vector a text."""
        vectors: Sequence[Vector] = self._model.encode(list(texts), show_progress_bar=False)
        return vectors


class FastEmbedEmbedder:
    """A model of fastembed (ONNX), in this process.

    Args:
        model: one of `fastembed.TextEmbedding.list_supported_models()`.

    Raises:
        SekhaConfigError: fastembed is not installed.
    """

    def __init__(self, model: str, **settings: Any) -> None:
        try:
            from fastembed import TextEmbedding
        except ImportError:
            raise SekhaConfigError("embedder", f"needs fastembed: {INSTALL}") from None
        self.name = f"fastembed:{model}"
        self._model = TextEmbedding(model, **settings)
        self.dimensions = len(self.embed(["dimensions"])[0])

    def embed(self, texts: Sequence[str]) -> list[Vector]:
        """One vector a text."""
        return list(self._model.embed(list(texts)))


def _openai(model: str, url: str | None) -> Embedder:
    import os

    key = os.environ.get("OPENAI_API_KEY")
    return OpenAIEmbedder(model, url or OPENAI, api_key=key)


def _ollama(model: str, url: str | None) -> Embedder:
    return OllamaEmbedder(model, url or OLLAMA)


def _in_process(kind: Callable[[str], Embedder]) -> Callable[[str, str | None], Embedder]:
    return lambda model, url: kind(model if url is None else f"{model}@{url}")


_KINDS: Mapping[str, Callable[[str, str | None], Embedder]] = {
    "openai": _openai,
    "ollama": _ollama,
    "sentence-transformers": _in_process(SentenceTransformersEmbedder),
    "fastembed": _in_process(FastEmbedEmbedder),
}


def embedder_of(text: str) -> Embedder:
    """An embedder as the command line names it: `KIND:MODEL` or `KIND:MODEL@URL`.

    Args:
        text: the kind is openai, ollama, sentence-transformers or fastembed. The key for openai is
            the environment's OPENAI_API_KEY.

    Raises:
        SekhaConfigError: it is none, or what it needs is not installed.
    """
    kind, _, model = text.partition(":")
    model, at, url = model.partition("@")
    if kind not in _KINDS or not model or (at and not url):
        known = ", ".join(_KINDS)
        raise SekhaConfigError(
            "embedder", f"KIND:MODEL or KIND:MODEL@URL is needed, KIND of {known}"
        )
    return _KINDS[kind](model, url or None)


def _batches(texts: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(texts), BATCH):
        yield texts[start : start + BATCH]
