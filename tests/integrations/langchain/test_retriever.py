"""The retriever, held to LangChain's own tests of retrievers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from langchain_core.retrievers import BaseRetriever
from langchain_tests.integration_tests import RetrieversIntegrationTests

from sekha import (
    MessageDto,
    NewConversation,
    SekhaClient,
    SekhaValidationError,
    SyncSekhaClient,
)
from sekha.integrations.langchain import SekhaRetriever

TEXTS = ["The boat is called Ada.", "A boat needs paint.", "Boats rest in winter.", "Tea is green."]


def talk(folder: str, *texts: str) -> NewConversation:
    return NewConversation("Talk", [MessageDto("user", text) for text in texts], folder=folder)


class TestSekhaRetriever(RetrieversIntegrationTests):
    @pytest.fixture(autouse=True)
    def _memory(self) -> Iterator[None]:
        with SyncSekhaClient.local() as client:
            client.create_conversation(talk("/boats", *TEXTS))
            self._client = client
            yield

    @property
    def retriever_constructor(self) -> type[BaseRetriever]:
        return SekhaRetriever

    @property
    def retriever_constructor_params(self) -> dict[str, Any]:
        return {"client": self._client}

    @property
    def retriever_query_example(self) -> str:
        return "What is the boat called?"


def test_a_document_says_where_it_is_from(sync_client: SyncSekhaClient) -> None:
    stored = sync_client.create_conversation(talk("/boats", *TEXTS))
    found = SekhaRetriever(client=sync_client, k=3).invoke("What is the boat called?")
    (best,) = [each for each in found if each.page_content == TEXTS[0]]
    assert best.metadata["conversation_id"] == stored.id
    assert best.metadata["folder"] == "/boats" and best.metadata["role"] == "user"
    assert 0 < best.metadata["score"] <= 1 and "boat" in best.metadata["matched"]


def test_what_is_kept_elsewhere_is_never_given(sync_client: SyncSekhaClient) -> None:
    for folder in ("/agents/ann", "/agents/anna", "/agents/anna/a", "/removed/agents/anna"):
        sync_client.create_conversation(talk(folder, f"The boat of {folder} is called Ada."))
    retriever = SekhaRetriever(client=sync_client, under="/agents/anna", k=9)
    found = {each.metadata["folder"] for each in retriever.invoke("boat called Ada")}
    assert found == {"/agents/anna", "/agents/anna/a"}


async def test_an_async_client_serves_async_calls(client: SekhaClient) -> None:
    await client.create_conversation(talk("/boats", *TEXTS))
    retriever = SekhaRetriever(client=client)
    assert len(await retriever.ainvoke("boat", k=2)) == 2
    with pytest.raises(SekhaValidationError, match="ainvoke"):
        retriever.invoke("boat")
    with pytest.raises(SekhaValidationError, match="k"):
        await retriever.ainvoke("boat", k=0)
