"""Answers that are whole and well-formed, and not what the contract, the request or the clock says."""

from __future__ import annotations

import base64
import html
import json
import pickle
import time
import traceback
from collections.abc import Callable
from urllib.parse import quote

import pytest

from sekha import (
    SekhaAPIError,
    SekhaError,
    SekhaResponseError,
    SekhaTimeoutError,
    SekhaUnknownOutcomeError,
    SyncSekhaClient,
)
from sekha._core.create import outcome
from sekha._core.listing import Filter
from sekha.testing import (
    AboutAnother,
    Drop,
    EchoedHeaders,
    Fault,
    Gateway,
    SkewedDate,
    Stall,
    WrongJson,
    lying_answers,
)
from sekha.testing.lying_answers import OTHER_ID, deep_json, failed_tool
from sekha_api.api.conversations import get_conversation
from support.served import KEY, Served, talk

LIST, EXPORT = "/api/v1/conversations", "/mcp/tools/memory_export"
CREATES = ("/api/v1/conversations", "/mcp/tools/memory_store")
LIES = lying_answers()
UNSETTLED = WrongJson(b'{"results":[],"total":0,"page":1,"page_size":200}')
SETTLED = WrongJson(b'{"results":[],"total":0,"page":1,"page_size":200,"settled":true}')


def creates(here: Served) -> int:
    """How often a create was sent."""
    return len(here.fault_server.seen("create_conversation", "memory_store"))


def befall_paths(here: Served, faults: dict[tuple[str, str], Fault], **first: Fault) -> None:
    """All requests of a method and path meet a fault; the first create meets another."""

    def fault(method: str, path: str, number: int) -> Fault | None:
        if method == "POST" and path in CREATES and number == 0 and "create" in first:
            return first["create"]
        return faults.get((method, path), first.get("others"))

    here.fault_server.follow(fault)


@pytest.mark.parametrize("importance", [None, 7])
@pytest.mark.parametrize("lie", [failed_tool(), deep_json(), WrongJson(b"{}"), AboutAnother()])
def test_a_row_that_is_listed_and_cannot_be_read_is_not_absent(
    here: Served, monkeypatch: pytest.MonkeyPatch, importance: int | None, lie: Fault
) -> None:
    monkeypatch.setattr(outcome, "STILL_AFTER", 0.3)
    befall_paths(here, {("POST", EXPORT): lie}, create=Drop(carried_out=True))
    with SyncSekhaClient(here.config()) as client:
        with pytest.raises(SekhaUnknownOutcomeError, match="cannot be read") as caught:
            client.create_conversation(talk("new", importance=importance))
    assert list(caught.value.conversation_ids) == here.rows()
    assert creates(here) == 1


def test_a_row_that_can_be_read_again_is_found(here: Served) -> None:
    lies = iter([failed_tool(), None])
    here.fault_server.follow(
        lambda method, path, number: (
            Drop(carried_out=True)
            if (method, path) == ("POST", LIST)
            else next(lies, None)
            if path == EXPORT
            else None
        )
    )
    with SyncSekhaClient(here.config()) as client:
        made = client.create_conversation(talk("new"))
    assert [made.id] == here.rows() and creates(here) == 1


@pytest.mark.parametrize("importance", [None, 7])
@pytest.mark.parametrize(
    "fault", [Stall(carried_out=False), Gateway(504), Gateway(524)], ids=["silent", "504", "524"]
)
def test_what_may_still_run_is_unknown_and_not_sent_again(
    here: Served, short_waits: None, importance: int | None, fault: Fault
) -> None:
    befall_paths(here, {("GET", LIST): UNSETTLED}, create=fault)
    timeout = 1.5 if isinstance(fault, Stall) else 5.0
    with SyncSekhaClient(here.config(timeout=timeout)) as client:
        with pytest.raises(SekhaUnknownOutcomeError, match="may still be at work") as caught:
            client.create_conversation(talk("new", importance=importance))
    assert caught.value.conversation_ids == () and creates(here) == 1


def test_a_controller_that_vouches_for_its_lists_makes_absent_certain(
    here: Served, short_waits: None
) -> None:
    befall_paths(here, {("GET", LIST): SETTLED}, create=Stall(False))
    with SyncSekhaClient(here.config(timeout=0.5)) as client:
        made = client.create_conversation(talk("new"))
    assert [made.id] == here.rows() and creates(here) == 2


def test_it_is_a_timeout_only_where_nothing_is_stored_for_certain(
    here: Served, short_waits: None
) -> None:
    stall = Stall(carried_out=False)
    befall_paths(here, {("GET", LIST): SETTLED, ("POST", LIST): stall})
    with SyncSekhaClient(here.config(timeout=0.3, max_retries=1)) as client:
        with pytest.raises(SekhaTimeoutError):
            client.create_conversation(talk("new"))
    assert creates(here) == 2 and here.rows() == []


@pytest.mark.parametrize("ahead", [2.0, 90.0, -2.0, -30.0, -90.0])
@pytest.mark.parametrize("retries", [0, 3])
def test_a_gateway_s_own_clock_neither_loses_nor_doubles(
    here: Served, short_waits: None, ahead: float, retries: int
) -> None:
    befall_paths(here, {}, create=Drop(carried_out=True), others=SkewedDate(ahead))
    with SyncSekhaClient(here.config(max_retries=retries)) as client:
        made = client.create_conversation(talk("new"))
    assert [made.id] == here.rows() and creates(here) == 1


@pytest.mark.parametrize("ahead", [0.0, 2.0, -30.0, -90.0])
def test_an_older_equal_row_is_not_taken_for_it_whatever_a_gateway_s_clock_says(
    here: Served, short_waits: None, ahead: float
) -> None:
    before = here.store("same", "one", "two")
    time.sleep(0.6)
    befall_paths(here, {}, create=Drop(carried_out=False), others=SkewedDate(ahead))
    with SyncSekhaClient(here.config()) as client:
        made = client.create_conversation(talk("same", "one", "two"))
    assert sorted(here.rows()) == sorted([before, made.id])


@pytest.mark.parametrize("carried_out", [True, False])
def test_without_a_clock_to_go_by_an_equal_row_is_neither_taken_nor_passed_over(
    here: Served, monkeypatch: pytest.MonkeyPatch, carried_out: bool
) -> None:
    monkeypatch.setattr(outcome, "STILL_AFTER", 0.3)
    before = here.store("same", "one", "two")
    unwell = {("GET", "/health"): Gateway(503, "empty")}
    befall_paths(here, unwell, create=Drop(carried_out), others=SkewedDate(-30.0))
    with SyncSekhaClient(here.config()) as client:
        with pytest.raises(SekhaUnknownOutcomeError) as caught:
            client.create_conversation(talk("same", "one", "two"))
    assert before in caught.value.conversation_ids and creates(here) == 1


def test_without_health_a_row_just_made_tells_the_time(here: Served, short_waits: None) -> None:
    with SyncSekhaClient(here.config()) as client:
        first = client.create_conversation(talk("first"))
        unwell = {("GET", "/health"): Gateway(503, "empty")}
        before = here.store("same", "one", "two")
        time.sleep(0.6)
        here.fault_server.follow(
            lambda method, path, number: (
                Drop(carried_out=True)
                if (method, path, number) == ("POST", LIST, 1)
                else unwell.get((method, path), SkewedDate(2.0))
            )
        )
        made = client.create_conversation(talk("same", "one", "two"))
    assert sorted(here.rows()) == sorted([first.id, before, made.id])
    assert not here.fault_server.seen("get_health")


@pytest.mark.parametrize("importance", [None, 7])
@pytest.mark.parametrize("name", [each for each in LIES if "clock" not in each])
def test_a_create_is_stored_once_whatever_is_answered(
    here: Served, short_waits: None, importance: int | None, name: str
) -> None:
    here.befall(LIES[name])
    new = talk("new", importance=importance)
    with SyncSekhaClient(here.config()) as client:
        try:
            made = client.create_conversation(new)
        except SekhaAPIError:
            assert not LIES[name].carried_out
            assert here.rows() == []
        else:
            assert here.rows() == [made.id]
    assert creates(here) == 1


def test_the_id_of_another_create_is_not_taken(here: Served, short_waits: None) -> None:
    with SyncSekhaClient(here.config()) as client:
        first = client.create_conversation(talk("same"))
        answer = {
            "id": first.id,
            "conversation_id": first.id,
            "label": "same",
            "folder": "/served",
            "status": "active",
            "message_count": 2,
            "created_at": "2026-01-01T00:00:00",
        }
        here.befall(WrongJson(json.dumps(answer).encode()))
        second = client.create_conversation(talk("same"))
    assert sorted(here.rows()) == sorted([first.id, second.id]) and first.id != second.id


def test_an_answer_about_another_conversation_is_an_error(here: Served) -> None:
    conversation_id = here.store("asked for", "one", "two")

    with SyncSekhaClient(here.config()) as client:
        calls: list[Callable[[], object]] = [
            lambda: client.get_conversation(conversation_id),
            lambda: client.export_single(conversation_id),
            lambda: client.summarize(conversation_id),
            lambda: client.suggest_labels(conversation_id),
            lambda: client.update_label(conversation_id, "asked for"),
            lambda: client.move(conversation_id, "/served"),
            lambda: client.call(get_conversation, conversation_id),
            lambda: client.list_conversations(),
        ]
        for call in calls:
            here.befall(AboutAnother())
            with pytest.raises(SekhaResponseError, match="than was asked for"):
                call()
            assert here.script.left == 0
        upper = client.get_conversation(conversation_id.upper())
    assert upper.id == conversation_id


def test_a_tool_that_changed_nothing_says_so(here: Served) -> None:
    conversation_id = here.store("before")
    with SyncSekhaClient(here.config()) as client:
        here.befall(failed_tool(carried_out=False))
        with pytest.raises(SekhaAPIError, match="out of luck"):
            client.update_label(conversation_id, "after")


WRONG = [
    b"",
    b"null",
    b"[]",
    b"{}",
    b"0",
    b'"text"',
    b'{"results":null,"total":0}',
    b'{"results":[null],"total":1,"page":1,"page_size":50,"count":"many"}',
    b'{"results":[{}],"total":1,"success":true,"data":[],"error":null}',
    b'{"success":true,"data":{"conversation":{},"messages":[{}]},"error":null}',
    b'{"success":false,"data":null,"error":7}',
    b'{"status":[],"timestamp":{},"checks":7,"suggestions":{},"conversation_id":1}',
    b'{"count":NaN}',
    b'{"count":1' + b"0" * 400 + b"}",
    b'{"count":1' + b"0" * 5000 + b"}",
    b'\xff\xfe{"count":1}',
    b'"\\ud800"',
    deep_json().content,
]


def test_no_call_ends_in_anything_but_a_result_or_a_sekha_error(here: Served) -> None:
    conversation_id = here.store("asked for", "one", "two")
    with SyncSekhaClient(here.config(deadline=5.0)) as client:
        calls: list[Callable[[], object]] = [
            lambda: client.get_conversation(conversation_id),
            lambda: client.list_conversations(),
            lambda: client.count(),
            lambda: client.smart_query("one"),
            lambda: client.search("one"),
            lambda: client.recall("one"),
            lambda: client.assemble_context("one"),
            lambda: client.summarize(conversation_id),
            lambda: client.suggest_labels(conversation_id),
            lambda: client.get_pruning_suggestions(0, 9),
            lambda: client.stats(),
            lambda: client.health(),
            lambda: client.metrics(),
            lambda: client.delete(OTHER_ID),
            lambda: client.export_single(conversation_id, "markdown"),
        ]
        for content in WRONG:
            here.fault_server.follow(
                lambda *_, content=content: WrongJson(content, carried_out=False)
            )
            for call in calls:
                try:
                    call()
                except SekhaError:
                    pass
                else:
                    # Nothing is an answer to some.
                    assert content == b""


@pytest.mark.parametrize(
    "spell",
    [
        str,
        lambda value: quote(value, safe=""),
        lambda value: json.dumps(value),
        html.escape,
        lambda value: base64.b64encode(value.encode()).decode(),
        lambda value: base64.b64encode(f"x{value}".encode()).decode(),
        lambda value: value.encode().hex(),
        lambda value: value[:27],
    ],
    ids=["plain", "url", "json", "html", "base64", "base64-shifted", "hex", "cut-off"],
)
@pytest.mark.parametrize("status", [200, 201, 400, 404, 500, 502])
def test_a_key_that_is_echoed_stays_unseen(
    here: Served, status: int, spell: Callable[[str], str]
) -> None:
    spelt = spell(f"Bearer {KEY}")
    for shape in (
        str,
        lambda said: json.dumps({"error": said, "code": status}),
        lambda said: json.dumps({"success": False, "data": None, "error": said}),
    ):
        here.fault_server.follow(lambda *_: EchoedHeaders(status, spell, shape))
        with SyncSekhaClient(here.config(max_retries=0)) as client:
            for call in (client.count, client.stats, client.metrics):
                try:
                    call()
                except SekhaError as error:
                    texts = [str(error), repr(error), repr(vars(error)), getattr(error, "body", "")]
                    texts += traceback.format_exception(error)
                    seen = error.__context__ or error.__cause__
                    assert seen is None
                    texts.append(pickle.dumps(error).decode("latin-1"))
                    for text in texts:
                        assert KEY not in text and KEY[:20] not in text
                        assert spelt not in text and spelt[12:40] not in text
                else:
                    assert call == client.metrics and status == 200


def test_a_list_without_end_ends_a_create(here: Served) -> None:
    row = {
        "conversation_id": OTHER_ID,
        "message_id": OTHER_ID,
        "score": 1.0,
        "content": "",
        "metadata": {},
        "label": "",
        "folder": "",
        "timestamp": "9999-01-01T00:00:00",
    }
    page = {"results": [row] * 200, "total": 10**9, "page_size": 200}

    def fault(method: str, path: str, number: int) -> Fault | None:
        if (method, path) == ("GET", LIST):
            return WrongJson(json.dumps({**page, "page": number + 1}).encode())
        return Drop(carried_out=True) if (method, path) == ("POST", LIST) else None

    here.fault_server.follow(fault)
    with SyncSekhaClient(here.config()) as client:
        with pytest.raises(SekhaUnknownOutcomeError, match="no end"):
            client.create_conversation(talk("new"))
    assert creates(here) == 1


def test_a_list_that_goes_round_in_circles_is_an_error(here: Served) -> None:
    rows = [
        {
            "conversation_id": f"{number:08x}-0000-4000-8000-000000000000",
            "message_id": OTHER_ID,
            "score": 1.0,
            "content": "",
            "metadata": {},
            "label": "",
            "folder": "",
            "timestamp": f"2026-01-01T00:00:00.{number:09d}",
        }
        for number in range(2)
    ]

    def fault(method: str, path: str, number: int) -> Fault | None:
        # It falls each time that the second page is read, so that the first is read again.
        page, total = number % 2 + 1, 1000 - 900 * (number % 2)
        body = {"results": rows, "total": total, "page": page, "page_size": 2}
        return WrongJson(json.dumps(body).encode())

    here.fault_server.follow(fault)
    with SyncSekhaClient(here.config()) as client:
        pages = client._pages(Filter(), page_size=2)
        with pytest.raises(SekhaResponseError, match="nothing new"):
            for _ in pages:
                pass
    assert len(here.fault_server.arrivals) < 100


def test_a_deadline_ends_a_create_among_lies(here: Served) -> None:
    here.fault_server.follow(
        lambda method, path, number: (
            Drop(carried_out=True) if (method, path) == ("POST", LIST) else AboutAnother()
        )
    )
    began = time.monotonic()
    with SyncSekhaClient(here.config(deadline=1.0)) as client:
        with pytest.raises(SekhaUnknownOutcomeError):
            client.create_conversation(talk("new"))
    assert time.monotonic() - began < 3.0
    assert creates(here) == 1
