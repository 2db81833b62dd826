"""Spans and metrics of calls and attempts, as the SDK's in-memory exporters get them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import SpanKind, StatusCode

from sekha import (
    ClientConfig,
    MessageDto,
    NewConversation,
    SekhaClient,
    SekhaConfigError,
    SekhaNotFoundError,
    SekhaTimeoutError,
)
from sekha.testing import Drop, FaultyMemory, Gateway, Stall, throttled
from support.served import talk
from support.telemetry import Recorded, recording

NOBODY = "00000000-0000-4000-8000-000000000000"
SECRETS = ("the-label-nobody-may-see", "/the-folder-nobody-may-see", "words-nobody-may-see")


@pytest.fixture
def recorded() -> Iterator[Recorded]:
    with recording() as recorded:
        yield recorded


def attributes(span: ReadableSpan) -> dict[str, Any]:
    return dict(span.attributes or {})


def parent_of(span: ReadableSpan) -> int | None:
    return None if span.parent is None else span.parent.span_id


def id_of(span: ReadableSpan) -> int:
    return span.get_span_context().span_id


async def test_a_recall_with_a_retry(sekha_faults: FaultyMemory, recorded: Recorded) -> None:
    sekha_faults.memory.create_conversation(talk("L"))
    config = sekha_faults.config(tracing=True)
    where = {"server.address": "127.0.0.1", "server.port": sekha_faults.server.port}
    async with SekhaClient(config) as client:
        sekha_faults.next(Gateway(503))
        assert len(await client.recall("tokens")) > 0
    call, *attempts = recorded.spans
    assert (call.name, call.kind) == (f"recall 127.0.0.1:{where['server.port']}", SpanKind.CLIENT)
    assert attributes(call) == {
        "db.system.name": "sekha",
        "db.operation.name": "recall",
        **where,
    }
    assert call.status.status_code is StatusCode.UNSET and parent_of(call) is None
    assert len(attempts) == len(sekha_faults.server.seen()) > 2
    assert {parent_of(each) for each in attempts} == {id_of(call)}
    assert {each.kind for each in attempts} == {SpanKind.CLIENT}
    (failed,) = [each for each in attempts if each.status.status_code is StatusCode.ERROR]
    path, operation = attributes(failed)["url.template"], attributes(failed)["sekha.operation"]
    assert attributes(failed) == {
        "http.request.method": "POST",
        "http.response.status_code": 503,
        "error.type": "503",
        "url.full": f"{sekha_faults.url}{path}",
        "url.template": path,
        "sekha.operation": operation,
        **where,
    }
    assert failed.name == f"POST {path}"
    (resent,) = [each for each in attempts if "http.request.resend_count" in attributes(each)]
    assert attributes(resent)["http.request.resend_count"] == 1
    assert (resent.name, attributes(resent)["http.response.status_code"]) == (failed.name, 200)
    retries = [each for each in call.events if each.name == "sekha.retry"]
    assert [dict(each.attributes or {})["sekha.operation"] for each in retries] == [operation]
    points = recorded.points()
    assert points["sekha.client.retries"] == [
        ({"sekha.operation": operation, "sekha.retry.throttled": False}, 1)
    ]
    assert points["db.client.operation.duration"] == [(attributes(call), 1)]
    measured = points["http.client.request.duration"]
    assert sum(number for _, number in measured) == len(attempts)
    assert not [each for each, _ in measured if "url.full" in each]


async def test_the_controller_gets_the_context_of_each_attempt(
    sekha_faults: FaultyMemory, recorded: Recorded
) -> None:
    sekha_faults.next(Gateway(502))
    with trace.get_tracer("of the application").start_as_current_span("handle a request"):
        async with SekhaClient(sekha_faults.config(tracing=True)) as client:
            await client.count()
    outer, call, *attempts = recorded.spans
    assert (outer.name, parent_of(call)) == ("handle a request", id_of(outer))
    trace_id = outer.get_span_context().trace_id
    sent = [each.headers["traceparent"] for each in sekha_faults.server.arrivals]
    # At the end stand flags.
    assert [each.rpartition("-")[0] for each in sent] == [
        f"00-{trace_id:032x}-{id_of(each):016x}" for each in attempts
    ]
    assert len(attempts) == 2


async def use(client: SekhaClient) -> None:
    label, folder, words = SECRETS
    new = NewConversation(label, [MessageDto("user", words)], folder)
    stored = await client.create_conversation(new)
    await client.list_conversations(label=label, folder=folder)
    await client.count(label=label)
    await client.recall(words, folder=folder)
    await client.search(words, label=label)
    await client.update_label(stored.id, label)
    with pytest.raises(SekhaNotFoundError):
        await client.pin(NOBODY)


async def test_no_content_no_label_and_no_key_is_told(
    sekha_faults: FaultyMemory, recorded: Recorded
) -> None:
    async with SekhaClient(sekha_faults.config(tracing=True)) as client:
        await use(client)
    told = recorded.everything()
    assert [each for each in (*SECRETS, sekha_faults.key) if each in told] == []
    assert "label=REDACTED" in told and "page_size=REDACTED" not in told


async def test_content_is_told_to_those_who_ask_for_it_and_never_the_key(
    sekha_faults: FaultyMemory, recorded: Recorded
) -> None:
    label, folder, words = SECRETS
    async with SekhaClient(sekha_faults.config(tracing="content")) as client:
        await use(client)
    (created,), (recalled,) = recorded.named("create_conversation "), recorded.named("recall ")
    assert attributes(created)["sekha.label"] == label
    assert attributes(created)["sekha.folder"] == folder
    assert attributes(recalled)["db.query.text"] == words
    told = recorded.everything()
    assert sekha_faults.key not in told and "REDACTED" not in told


async def test_a_call_that_fails_says_how(sekha_faults: FaultyMemory, recorded: Recorded) -> None:
    async with SekhaClient(sekha_faults.config(tracing=True, max_retries=0)) as client:
        with pytest.raises(SekhaNotFoundError):
            await client.get_conversation(NOBODY)
        sekha_faults.next(Stall(carried_out=False))
        with pytest.raises(SekhaTimeoutError):
            await client.options(timeout=0.3).count()
    missing, missed, late, stalled = recorded.spans
    assert attributes(missing)["error.type"] == "SekhaNotFoundError"
    assert attributes(missing)["db.response.status_code"] == "404"
    assert attributes(missed)["error.type"] == "404"
    assert attributes(late)["error.type"] == "SekhaTimeoutError"
    assert attributes(stalled)["error.type"] == "timeout"
    assert "http.response.status_code" not in attributes(stalled)
    spans = (missing, missed, late, stalled)
    assert {each.status.status_code for each in spans} == {StatusCode.ERROR}
    assert {each.status.description for each in spans} == {None}
    durations = recorded.points()["db.client.operation.duration"]
    assert {each["error.type"] for each, _ in durations} == {
        "SekhaNotFoundError",
        "SekhaTimeoutError",
    }


async def test_waits_are_measured(sekha_faults: FaultyMemory, recorded: Recorded) -> None:
    sekha_faults.next(throttled(0), Drop(carried_out=False))
    settings: dict[str, Any] = {"tracing": True, "rate_limit_requests": 3, "deadline": 5.0}
    async with SekhaClient(sekha_faults.config(**settings)) as client:
        await client.count()
        with pytest.raises(SekhaTimeoutError):
            await client.options(deadline=0.1).count()
    waits = recorded.points()["sekha.client.wait.duration"]
    assert sorted((each["sekha.limit"], number) for each, number in waits) == [
        ("controller", 1),
        ("rate", 1),
    ]
    first, *_, second = [each for each in recorded.spans if each.name.startswith("count")]
    assert [each.name for each in first.events] == ["sekha.retry", "sekha.wait", "sekha.retry"]
    assert [each.name for each in second.events] == ["sekha.wait"]


async def test_an_iterator_is_one_call_and_its_reader_no_part_of_it(
    sekha_faults: FaultyMemory, recorded: Recorded
) -> None:
    for number in range(3):
        sekha_faults.memory.create_conversation(talk(f"{number}"))
    tracer = trace.get_tracer("of the application")
    async with SekhaClient(sekha_faults.config(tracing=True)) as client:
        async for each in client.iter_conversations():
            with tracer.start_as_current_span(f"read {each.label}"):
                pass
    (call,) = recorded.named("iter_conversations ")
    assert {parent_of(each) for each in recorded.named("GET ")} == {id_of(call)}
    assert {parent_of(each) for each in recorded.named("read ")} == {None}
    assert call.status.status_code is StatusCode.UNSET


class OwnClient(SekhaClient):
    def shout(self, text: str) -> str:
        return text.upper()

    async def count(self, label: str | None = None, **places: Any) -> int:
        return await super().count(label, **places) + 1


async def test_what_a_subclass_adds_is_left_alone(recorded: Recorded) -> None:
    async with OwnClient.local(tracing=True) as client:
        assert client.shout("hello") == "HELLO"
        assert await client.count() == 1
    assert [each.name for each in recorded.spans] == ["count", "count_conversations"]


async def test_an_embedded_controller_is_no_server(recorded: Recorded) -> None:
    async with SekhaClient.local(tracing=True) as client:
        await client.create_conversation(talk("L"))
    call, *attempts = recorded.spans
    assert (call.name, call.kind) == ("create_conversation", SpanKind.INTERNAL)
    assert {(each.name, each.kind) for each in attempts} == {
        ("create_conversation", SpanKind.INTERNAL)
    }
    assert not [name for name in attributes(call) if name.startswith("server.")]
    assert "http.client.request.duration" not in recorded.points()


async def test_nothing_is_told_unless_asked_for(
    sekha_faults: FaultyMemory, recorded: Recorded, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def count(**settings: Any) -> int:
        recorded.exporter.clear()
        async with SekhaClient(sekha_faults.config(**settings)) as client:
            await client.count()
            await client.options(timeout=20).count()
        return len(recorded.spans)

    assert await count() == 0
    assert "traceparent" not in sekha_faults.server.arrivals[0].headers
    for said, spans in {"1": 4, "0": 0, "content": 4}.items():
        monkeypatch.setenv("SEKHA_TRACING", said)
        assert await count() == spans, said
    assert await count(tracing=False) == 0
    monkeypatch.setenv("SEKHA_TRACING", "perhaps")
    with pytest.raises(SekhaConfigError, match="SEKHA_TRACING: 1, 0 or content is needed"):
        SekhaClient(sekha_faults.config())


@pytest.mark.parametrize("value", ["yes", 1, 0.0])
def test_a_setting_that_is_none(value: object) -> None:
    with pytest.raises(SekhaConfigError, match="tracing: True, False or 'content' is needed"):
        ClientConfig.embedded(tracing=value)
