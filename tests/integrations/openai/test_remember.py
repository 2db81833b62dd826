"""An OpenAI client that remembers, on a server that speaks the API."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from openai import AsyncOpenAI, OpenAI

from sekha import ClientConfig, SekhaClient, SekhaValidationError, SyncSekhaClient
from sekha.integrations.openai import remember
from support.model_api import KNOWN, UNKNOWN, ModelServer, model_server

TOLD = "My boat is called Ada."
ASKED = "What is my boat called?"


@pytest.fixture
def model() -> Iterator[ModelServer]:
    with model_server() as serving:
        yield serving


@pytest.fixture
def plain(model: ModelServer) -> Iterator[OpenAI]:
    with OpenAI(api_key="none", base_url=model.base_url, max_retries=0) as client:
        yield client


def said(text: str) -> list[Any]:
    return [{"role": "system", "content": "Be brief."}, {"role": "user", "content": text}]


def chat(client: OpenAI, text: str, **more: Any) -> str:
    done = client.chat.completions.create(model="script", messages=said(text), **more)
    return done.choices[0].message.content or ""


def streamed_chat(client: OpenAI, text: str) -> str:
    with client.chat.completions.create(model="script", messages=said(text), stream=True) as stream:
        return "".join(chunk.choices[0].delta.content or "" for chunk in stream)


def response(client: OpenAI, text: str, **more: Any) -> str:
    return client.responses.create(model="script", input=text, **more).output_text


def streamed_response(client: OpenAI, text: str) -> str:
    stream = client.responses.create(
        model="script", input=[{"role": "user", "content": text}], stream=True
    )
    done = [event for event in stream if event.type == "response.completed"]
    return done[0].response.output_text


@pytest.mark.parametrize("way", [chat, streamed_chat, response, streamed_response])
def test_a_new_client_knows_what_was_told(
    way: Any, plain: OpenAI, sync_client: SyncSekhaClient, model: ModelServer
) -> None:
    way(remember(plain, sync_client, "anna", session_id="one"), TOLD)
    stored = sync_client.list_conversations(folder="/agents/anna/one")
    (kept,) = [sync_client.get_conversation(each.id) for each in stored]
    spoken = [
        (each.role, each.content) for each in kept.messages or () if each.role != "sekha.record"
    ]
    assert spoken == [("user", TOLD), ("assistant", KNOWN)]
    assert way(plain, ASKED) == UNKNOWN
    assert way(remember(plain, sync_client, "ann"), ASKED) == UNKNOWN
    assert way(remember(plain, sync_client, "anna"), ASKED) == KNOWN
    told = json.dumps(model.asked[-1])
    assert "From earlier conversations" in told and told.count(TOLD) == 1


def test_it_is_off_by_one_argument(
    plain: OpenAI, sync_client: SyncSekhaClient, model: ModelServer
) -> None:
    client = remember(plain, sync_client, "anna")
    assert chat(client, TOLD, remember=False) == KNOWN
    assert sync_client.count(under="/agents") == 0
    response(client, TOLD)
    assert response(client, ASKED, remember=False) == UNKNOWN
    assert sync_client.count(under="/agents") == 1
    raw = client.chat.completions.with_raw_response.create(model="script", messages=said(ASKED))
    assert raw.parse().choices[0].message.content == UNKNOWN
    assert "remember" not in json.dumps(model.asked)


def test_only_what_is_new_is_kept(plain: OpenAI, sync_client: SyncSekhaClient) -> None:
    client = remember(plain, sync_client, "anna", session_id="one")
    messages = said(TOLD)
    for text in ("Hello", "Goodbye"):
        answer = client.chat.completions.create(model="script", messages=messages)
        messages += [answer.choices[0].message, {"role": "user", "content": text}]
    rows = sync_client.list_conversations(folder="/agents/anna/one")
    texts = [
        message.content
        for row in reversed(rows)
        for message in sync_client.get_conversation(row.id).messages or ()
        if message.role != "sekha.record"
    ]
    assert texts == [TOLD, KNOWN, "Hello", KNOWN]


def test_the_context_keeps_its_budget(
    plain: OpenAI, sync_client: SyncSekhaClient, model: ModelServer
) -> None:
    client = remember(plain, sync_client, "anna", budget=60)
    for number in range(6):
        chat(client, f"Fact {number} about the boat Ada is that it is long and blue.")
    chat(client, "What is long and blue about the boat?")
    (told,) = [each for each in model.asked[-1]["messages"][1:] if each["role"] == "system"]
    assert 40 < len(told["content"].encode()) <= 240


def test_a_memory_that_is_down_is_not_in_the_way(
    plain: OpenAI, caplog: pytest.LogCaptureFixture
) -> None:
    config = ClientConfig(api_key="k" * 32, base_url="http://127.0.0.1:9", max_retries=0)
    with SyncSekhaClient(config) as down, caplog.at_level(logging.WARNING, "sekha"):
        client = remember(plain, down, "anna", patience=0.5)
        assert chat(client, TOLD) == KNOWN
        assert streamed_chat(client, ASKED) == UNKNOWN
    assert "going on without a context" in caplog.text and "was not kept" in caplog.text


def test_a_stream_that_is_left_half_way_is_no_trouble(
    plain: OpenAI, sync_client: SyncSekhaClient
) -> None:
    client = remember(plain, sync_client, "anna", session_id="one")
    with client.chat.completions.create(model="script", messages=said(TOLD), stream=True) as stream:
        next(iter(stream))
    del stream
    assert sync_client.count(under="/agents") == 0
    assert chat(client, TOLD) == KNOWN
    assert sync_client.count(under="/agents") == 1


async def test_an_async_stream_that_is_left_half_way_is_no_trouble(
    model: ModelServer, client: SekhaClient
) -> None:
    async with AsyncOpenAI(api_key="none", base_url=model.base_url, max_retries=0) as plain:
        remembering = remember(plain, client, "anna")
        stream = await remembering.responses.create(model="script", input=TOLD, stream=True)
        async with stream:
            async for _ in stream:
                break
        assert await client.count(under="/agents") == 0
        answer = await remembering.responses.create(model="script", input=TOLD)
        assert answer.output_text == KNOWN
        assert await client.count(under="/agents") == 1


def test_what_it_cannot_keep_is_not_in_the_way(
    plain: OpenAI,
    sync_client: SyncSekhaClient,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    client = remember(plain, sync_client, "anna")

    def broken(*arguments: Any, **more: Any) -> Any:
        raise RuntimeError("something that nobody thought of")

    for name in ("recall", "create_conversation"):
        monkeypatch.setattr(SyncSekhaClient, name, broken)
    with caplog.at_level(logging.WARNING, "sekha"):
        assert chat(client, TOLD) == KNOWN
        assert streamed_response(client, ASKED) == UNKNOWN
    assert "nobody thought of" in caplog.text


async def test_the_async_client(model: ModelServer, client: SekhaClient) -> None:
    async with AsyncOpenAI(api_key="none", base_url=model.base_url, max_retries=0) as plain:
        first = remember(plain, client, "anna")
        stream = await first.chat.completions.create(
            model="script", messages=said(TOLD), stream=True
        )
        assert "".join([each.choices[0].delta.content or "" async for each in stream]) == KNOWN
        answer = await remember(plain, client, "anna").responses.create(model="script", input=ASKED)
        assert answer.output_text == KNOWN
        events = await remember(plain, client, "anna").responses.create(
            model="script", input="And who is she?", stream=True
        )
        assert [event.type async for event in events][-1] == "response.completed"
        assert await client.count(under="/agents") == 3


def test_clients_are_of_one_kind(plain: OpenAI) -> None:
    with pytest.raises(SekhaValidationError, match="SyncSekhaClient"):
        remember(plain, SekhaClient.local())
