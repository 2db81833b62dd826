"""Everything the public controller was seen to answer, as what callers catch."""

from __future__ import annotations

import json
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekha import (
    SekhaAPIError,
    SekhaAuthError,
    SekhaConnectionError,
    SekhaContentTooLargeError,
    SekhaDeleteError,
    SekhaError,
    SekhaNotFoundError,
    SekhaRateLimitError,
    SekhaResponseError,
    SekhaServerError,
    SekhaStorageError,
    SekhaTimeoutError,
)
from sekha._core.request.answers import (
    MESSAGE_LIMIT,
    ToolFailure,
    conversation_id_or_none,
    error_from,
    export_data,
    is_storage_failure,
    not_found,
    reason_of,
    said,
    tool_data,
    tool_error,
    unexpected,
    unstorable,
)
from sekha._core.request.failures import Failure
from sekha._core.request.retry import History
from sekha._core.wire.schema import Mismatch
from sekha_api.errors import UnexpectedResponse
from sekha_api.models import MemoryStatsResponse
from sekha_api.types import RawResponse
from support.contract import exchanges, find_operation

UNKNOWN = "00000000-0000-0000-0000-000000000005"
KEY = "sekha-fake-key-that-must-stay-unseen-0001"

# What each recorded error means; one that is not here fails the test below.
MEANS: dict[str, type[SekhaAPIError]] = {
    "mcp_store_no_auth": SekhaAuthError,
    "mcp_store_bad_key": SekhaAuthError,
    "mcp_store_short_key": SekhaAuthError,
    "mcp_store_basic_auth": SekhaAuthError,
    "get_missing": SekhaNotFoundError,
    "put_label_missing": SekhaNotFoundError,
    "put_folder_missing": SekhaNotFoundError,
    "delete_missing": SekhaNotFoundError,
    "pin_missing": SekhaNotFoundError,
    "archive_missing": SekhaNotFoundError,
    "suggest_missing": SekhaNotFoundError,
    "summarize_missing": SekhaNotFoundError,
    "prune_execute_missing": SekhaNotFoundError,
    "mcp_update_missing": SekhaNotFoundError,
    "mcp_context_missing": SekhaNotFoundError,
    "export_after_delete": SekhaNotFoundError,
    "delete_with_embeddings": SekhaDeleteError,
    "fts_quotes": SekhaServerError,
    "fts_hyphen": SekhaServerError,
    "fts_colon": SekhaServerError,
    "fts_apostrophe": SekhaServerError,
    "fts_empty": SekhaServerError,
    "mcp_prune": SekhaServerError,
    "dryrun_degraded": SekhaServerError,
    "health_degraded": SekhaServerError,
    "rate_limited": SekhaRateLimitError,
    "create_missing_folder": SekhaAPIError,
    "create_bad_json": SekhaAPIError,
    "create_no_content_type": SekhaAPIError,
    "get_invalid_id": SekhaAPIError,
    "list_bad_page": SekhaAPIError,
    "put_label_no_folder": SekhaAPIError,
    "query_limit_neg": SekhaAPIError,
    "query_no_query": SekhaAPIError,
    "assemble_nolabels": SekhaAPIError,
    "suggest_bad_id": SekhaAPIError,
    "summarize_yearly": SekhaAPIError,
    "wrong_method": SekhaAPIError,
    "unknown_route": SekhaAPIError,
    "smart_endpoint": SekhaAPIError,
    "docs_page": SekhaAPIError,
    "docs_in_api_docs": SekhaAPIError,
    "docs_openapi_json": SekhaAPIError,
    "docs_swagger_ui": SekhaAPIError,
}
ERRORS = [each for each in exchanges() if each.get("response", {}).get("status", 0) >= 400]


def raw(exchange: dict[str, Any]) -> RawResponse:
    response = exchange["response"]
    body = response["body"]
    is_json = (response["headers"].get("content-type") or "").startswith("application/json")
    text = json.dumps(body) if is_json else body or ""
    return RawResponse(response["status"], response["headers"], text.encode())


@pytest.mark.parametrize("exchange", ERRORS, ids=lambda exchange: str(exchange["name"]))
def test_every_recorded_error_is_the_error_that_it_means(exchange: dict[str, Any]) -> None:
    found = find_operation(exchange["request"])
    name = found[0].name if found else "unknown"
    body = exchange["request"].get("body")
    subject = body.get("conversation_id") if isinstance(body, dict) else None
    if found and "conversation_id" in found[1]:
        subject = found[1]["conversation_id"]
    response = raw(exchange)
    error = error_from(name, response, History(retries=2, throttles=1), conversation_id=subject)

    assert type(error) is MEANS[exchange["name"]]
    assert isinstance(error, SekhaAPIError)
    assert error.status_code == (
        404 if isinstance(error, SekhaNotFoundError) else response.status_code
    )
    assert error.body == response.text
    assert error.retries == 3
    assert error.message and str(error) == error.message
    if not isinstance(error, SekhaNotFoundError | SekhaDeleteError):
        assert error.message.startswith(f"{name}: ")
    if isinstance(error, SekhaNotFoundError) and subject:
        assert error.conversation_id == subject and subject in error.message
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error) and vars(again) == vars(error)


@pytest.mark.parametrize("status", [404, 500])
@pytest.mark.parametrize(
    "words", ["Conversation not found", f"Entity not found: Conversation {UNKNOWN} not found"]
)
def test_not_found_is_known_by_its_words_where_no_id_was_asked_for(status: int, words: str) -> None:
    body = json.dumps({"error": words, "code": status}).encode()
    response = RawResponse(status, {"content-type": "application/json"}, body)
    error = error_from("prune_execute", response, History())
    assert isinstance(error, SekhaNotFoundError) and error.conversation_id is None


def test_messages_say_what_to_do() -> None:
    def message(name: str, response: RawResponse) -> str:
        return error_from(name, response, History()).message

    by_name = {each["name"]: raw(each) for each in ERRORS}
    assert "archive" in message("delete_conversation", by_name["delete_with_embeddings"])
    assert "get_pruning_suggestions()" in message("memory_prune", by_name["mcp_prune"])
    assert "without previews" in message("prune_dry_run", by_name["dryrun_degraded"])
    assert "check api_key" in message("memory_store", by_name["mcp_store_bad_key"])
    assert "rate_limit_requests" in message("count_conversations", by_name["rate_limited"])
    assert "status 503 with nothing said" in message("get_health", by_name["health_degraded"])


@pytest.mark.parametrize(
    ("status", "words", "kind", "message"),
    [
        (401, "", SekhaAuthError, "x: the key was refused; check api_key"),
        (403, "Forbidden", SekhaAuthError, "x: Forbidden; check api_key"),
        (
            400,
            "Invalid authorization format",
            SekhaAuthError,
            "x: Invalid authorization format; check api_key",
        ),
        (429, "", SekhaRateLimitError, "x: too many requests; lower rate_limit_requests"),
        (
            413,
            "",
            SekhaContentTooLargeError,
            "x: the request is too large; nothing was changed",
        ),
        (413, "Big", SekhaContentTooLargeError, "x: Big; nothing was changed"),
        (507, "disk full", SekhaStorageError, "x: disk full"),
        (507, "", SekhaServerError, "x: status 507 with nothing said"),
        (500, "", SekhaServerError, "x: status 500 with nothing said"),
        (599, "Odd", SekhaServerError, "x: Odd"),
        (399, "", SekhaResponseError, "x: status 399, which this API does not have"),
        (400, "", SekhaAPIError, "x: status 400 with nothing said"),
        (499, "Odd", SekhaAPIError, "x: Odd"),
    ],
)
def test_each_status_has_its_error_and_its_words(
    status: int, words: str, kind: type[SekhaAPIError], message: str
) -> None:
    body = json.dumps({"error": words}).encode()
    response = RawResponse(status, {"content-type": "application/json"}, body)
    error = error_from("x", response, History())
    assert type(error) is kind and error.message == message
    assert error.status_code == status and error.body == body.decode()
    assert is_storage_failure(response) == (kind is SekhaStorageError)


@pytest.mark.parametrize(
    ("name", "words", "kind", "message"),
    [
        (
            "delete_conversation",
            "Chroma error: no",
            SekhaDeleteError,
            "the controller cannot delete a conversation that has embeddings (Chroma error: no); "
            "nothing was deleted. Archive it instead: archive(conversation_id)",
        ),
        (
            "memory_prune",
            "",
            SekhaServerError,
            "memory_prune: this controller's memory_prune always fails; use "
            "get_pruning_suggestions()",
        ),
        (
            "prune_dry_run",
            "LLM Bridge down",
            SekhaServerError,
            "prune_dry_run: LLM Bridge down; get_pruning_suggestions() without previews needs no "
            "language model",
        ),
        ("prune_dry_run", "Chroma error", SekhaServerError, "prune_dry_run: Chroma error"),
        ("summarize", "LLM Bridge down", SekhaServerError, "summarize: LLM Bridge down"),
        ("summarize", "Chroma error", SekhaServerError, "summarize: Chroma error"),
    ],
)
def test_what_this_controller_cannot_do_says_what_can(
    name: str, words: str, kind: type[SekhaAPIError], message: str
) -> None:
    error = error_from(name, RawResponse(500, {}, words.encode()), History())
    assert type(error) is kind and error.message == message
    assert isinstance(error, SekhaAPIError)
    assert (error.status_code, error.body) == (500, words)


@pytest.mark.parametrize(
    ("headers", "body", "words"),
    [
        ({"content-type": "application/json"}, b'{"error": "Bad", "code": 400}', "Bad"),
        ({"content-type": "application/problem+json"}, b'{"error": "Bad"}', "Bad"),
        ({}, b' {"error": "Bad"} ', "Bad"),
        ({"content-type": "text/plain"}, b" plain words \n", "plain words"),
        ({}, b"", ""),
        ({"content-type": "application/json"}, b"[1, 2]", "[1, 2]"),
        ({"content-type": "application/json"}, b'{"error": 7}', '{"error": 7}'),
        ({"content-type": "application/json"}, b"no JSON", "no JSON"),
        ({"content-type": "text/html"}, b"<html>504</html>", ""),
        ({}, b"<!DOCTYPE html><p>Bad gateway", ""),
        ({"content-type": "text/plain"}, b"x" * 5000, "x" * MESSAGE_LIMIT),
        ({"content-type": "text/plain"}, b"\xff\xfe", "\ufffd\ufffd"),
    ],
)
def test_what_an_answer_says(headers: dict[str, str], body: bytes, words: str) -> None:
    assert said(RawResponse(500, headers, body)) == words


@given(
    status=st.integers(100, 999).filter(lambda status: not 200 <= status <= 299),
    media_type=st.sampled_from(["application/json", "text/plain", "text/html", ""]),
    body=st.binary(max_size=40) | st.sampled_from([b"{}", b"null", b'{"error": null}', b"["]),
)
def test_any_answer_at_all_is_a_typed_error(status: int, media_type: str, body: bytes) -> None:
    response = RawResponse(status, {"content-type": media_type}, body)
    error = error_from("semantic_query", response, History())
    assert isinstance(error, SekhaAPIError) and error.status_code == status
    assert isinstance(error, SekhaServerError) == (status >= 500)
    assert isinstance(error, SekhaResponseError) == (status < 400)


def test_a_redirect_is_named() -> None:
    response = RawResponse(307, {"location": "https://elsewhere.invalid/"}, b"")
    error = error_from("get_health", response, History())
    assert isinstance(error, SekhaResponseError) and "set base_url" in error.message


@pytest.mark.parametrize(("status", "kind"), [(401, SekhaAuthError), (403, SekhaAuthError)])
def test_a_refused_key(status: int, kind: type[SekhaError]) -> None:
    error = error_from("get_metrics", RawResponse(status, {}, b""), History())
    assert type(error) is kind and "the key was refused" in error.message


def test_failures_are_connection_errors() -> None:
    late = error_from("x", Failure("no answer within 3 s", sent=True, timed_out=True), History())
    assert type(late) is SekhaTimeoutError and late.sent
    refused = error_from("x", Failure("no connection (refused)", sent=False), History())
    assert type(refused) is SekhaConnectionError and not refused.sent
    assert "is the controller running" in refused.message
    dropped = error_from("x", Failure("the connection broke", sent=True, dropped=True), History())
    assert type(dropped) is SekhaConnectionError and dropped.sent
    assert "is the controller running" not in dropped.message


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        (UNKNOWN, UNKNOWN),
        ("2437E3DB-D1CF-4955-A27C-99DD306204DC", "2437e3db-d1cf-4955-a27c-99dd306204dc"),
        ("{2437e3db-d1cf-4955-a27c-99dd306204dc}", "2437e3db-d1cf-4955-a27c-99dd306204dc"),
        ("invalid-id", None),
        ("", None),
        ("../health", None),
        (7, None),
        (None, None),
    ],
)
def test_an_id_is_a_uuid_as_the_controller_spells_it(text: object, canonical: str | None) -> None:
    assert conversation_id_or_none(text) == canonical


def test_not_found_says_whether_the_id_can_be_one() -> None:
    assert not_found("invalid-id").message == "no conversation 'invalid-id': an id is a UUID"
    assert not_found(UNKNOWN).message == f"no conversation {UNKNOWN}"
    assert not_found(None).message == "no such conversation"


def test_a_tool_that_failed_with_200_is_an_error() -> None:
    (exchange,) = (each for each in exchanges() if each["name"] == "mcp_stats_both")
    answer = MemoryStatsResponse.from_dict(exchange["response"]["body"])
    with pytest.raises(ToolFailure, match="Cannot specify both folder and label") as raised:
        tool_data(answer)
    error = tool_error("memory_stats", str(raised.value))
    assert error.status_code == 200 and "folder and label" in error.message
    with pytest.raises(ToolFailure):
        tool_data(MemoryStatsResponse(success=True, data=None, error=None))
    assert "no data and no reason" in tool_error("memory_stats", "").message


def test_the_data_of_an_export() -> None:
    assert export_data({"success": True, "data": {"messages": []}, "error": None}) == {
        "messages": []
    }
    for body, words in (
        ({"success": False, "data": {}, "error": "gone"}, "gone"),
        ({"success": True, "data": None, "error": None}, ""),
    ):
        with pytest.raises(ToolFailure) as raised:
            export_data(body)
        assert str(raised.value) == words


def test_why_an_answer_was_not_understood_holds_nothing_of_it() -> None:
    page = RawResponse(200, {}, b"secret")
    assert reason_of(Mismatch("another page")) == "another page"
    assert reason_of(UnexpectedResponse(page, "an undocumented status")) == "an undocumented status"
    assert reason_of(KeyError("secret")) == "a body that is not what was documented"


def test_a_success_that_makes_no_sense_doubts_the_url() -> None:
    page = RawResponse(200, {"content-type": "text/html"}, b"<html>welcome</html>" * 100)
    error = unexpected("get_health", page, "a body that is not what was documented")
    assert error.status_code == 200 and "base_url" in error.message
    assert len(error.body) == MESSAGE_LIMIT


def test_an_unstorable_text_is_named_with_its_remedy() -> None:
    error = unstorable(2, sent=True, rows=(UNKNOWN,))
    assert (error.message_index, error.conversation_ids, error.sent) == (2, (UNKNOWN,), True)
    assert error.message == (
        "messages[2]: byte 100 of its text falls inside a character, and this controller drops the "
        f"connection on such text and leaves a row ({UNKNOWN}); set "
        "ClientConfig(align_multibyte=True) to store it"
    )
    assert unstorable(0, sent=False).message == (
        "not sent: messages[0]: byte 100 of its text falls inside a character, and this controller "
        "drops the connection on such text; set ClientConfig(align_multibyte=True) to store it"
    )
    assert (
        unstorable(0, sent=False, rows=("a", "b")).message.count(" and leaves a row (a, b);") == 1
    )
    again = pickle.loads(pickle.dumps(error))
    assert vars(again) == vars(error)
