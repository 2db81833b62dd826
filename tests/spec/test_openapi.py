"""openapi.yaml against what the public controller answered (cassettes/exchanges)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import jsonschema_rs
import pytest
from openapi_spec_validator import validate

from support.contract import (
    JSON,
    ROOT,
    Operation,
    Violation,
    check_request,
    check_response,
    exchange_named,
    exchanges,
    find_operation,
    operations,
    resolve,
    spec,
)

OPERATIONS = {
    "conversations": {
        "create_conversation": "POST /api/v1/conversations",
        "list_conversations": "GET /api/v1/conversations",
        "get_conversation": "GET /api/v1/conversations/{conversation_id}",
        "delete_conversation": "DELETE /api/v1/conversations/{conversation_id}",
        "update_label": "PUT /api/v1/conversations/{conversation_id}/label",
        "update_folder": "PUT /api/v1/conversations/{conversation_id}/folder",
        "pin_conversation": "PUT /api/v1/conversations/{conversation_id}/pin",
        "archive_conversation": "PUT /api/v1/conversations/{conversation_id}/archive",
        "count_conversations": "GET /api/v1/conversations/count",
    },
    "retrieval": {
        "semantic_query": "POST /api/v1/query",
        "full_text_search": "POST /api/v1/search/fts",
        "assemble_context": "POST /api/v1/context/assemble",
        "rebuild_embeddings": "POST /api/v1/rebuild-embeddings",
    },
    "curation": {
        "summarize": "POST /api/v1/summarize",
        "prune_dry_run": "POST /api/v1/prune/dry-run",
        "prune_execute": "POST /api/v1/prune/execute",
        "suggest_labels": "POST /api/v1/labels/suggest",
    },
    "system": {"get_health": "GET /health", "get_metrics": "GET /metrics"},
    "tools": {
        name: f"POST /mcp/tools/{name}"
        for name in (
            "memory_store",
            "memory_search",
            "memory_update",
            "memory_prune",
            "memory_get_context",
            "memory_export",
            "memory_stats",
        )
    },
}

# Answered, but for something that does not exist: other clients call these paths.
OUTSIDE = {
    "unknown_route": 404,
    "wrong_method": 405,
    "smart_endpoint": 404,
    "docs_page": 404,
    "docs_in_api_docs": 404,
    "docs_openapi_json": 404,
    "docs_swagger_ui": 404,
}

# The controller took these although the contract does not promise that it would.
TAKEN_BUT_NOT_PROMISED = {
    "mcp_store_importance_99": "any integer is stored (row 1)",
    "list_limit_ignored": "a parameter that does not exist is ignored (row 6)",
}

# Refused or dropped for what was sent, so the contract has to refuse it too.
REFUSED = {
    "create_missing_folder",
    "get_invalid_id",
    "list_bad_page",
    "list_page0",
    "put_label_no_folder",
    "query_limit_neg",
    "query_no_query",
    "assemble_nolabels",
    "suggest_bad_id",
    "summarize_yearly",
    "dryrun_huge",
    "create_bad_json",
    "create_no_content_type",
}


def by_name(selected: list[dict[str, Any]]) -> list[Any]:
    return [pytest.param(each, id=each["name"]) for each in selected]


ANSWERED = [each for each in exchanges() if "response" in each and each["name"] not in OUTSIDE]
SUCCEEDED = [each for each in ANSWERED if each["response"]["status"] < 300]


def test_is_valid_openapi() -> None:
    validate(spec())
    assert spec()["openapi"].startswith("3.1")
    assert spec()["info"]["version"] == "0.1.0"


def test_has_exactly_the_26_operations() -> None:
    expected = {
        (tag, name, route) for tag, named in OPERATIONS.items() for name, route in named.items()
    }
    assert len(expected) == 26
    assert {(o.tag, o.name, f"{o.method} {o.path}") for o in operations()} == expected
    assert [tag["name"] for tag in spec()["tags"]] == list(OPERATIONS)


@pytest.mark.parametrize("operation", operations(), ids=lambda operation: operation.name)
def test_operation_documents_what_every_controller_may_say(operation: Operation) -> None:
    documented = set(operation.spec["responses"])
    assert operation.spec["summary"].endswith(".") and "\n" not in operation.spec["summary"]
    assert "429" in documented
    needs_key = operation.spec.get("security", spec()["security"]) != []
    assert needs_key == (operation.tag != "system") == ("401" in documented)
    takes_body = "requestBody" in operation.spec
    assert takes_body == ({"413", "415", "422"} <= documented)
    reads_input = takes_body or bool(operation.parameters)
    assert reads_input == ("400" in documented)


def test_json_comes_first_where_a_status_has_json_and_text() -> None:
    both = [
        list(resolve(response)["content"])
        for operation in operations()
        for response in operation.spec["responses"].values()
        if len(resolve(response).get("content", {})) > 1
    ]
    assert len(both) == 8  # the tools and summarize
    assert all(types == [JSON, "text/plain"] for types in both)


def test_patterns_work_in_python_and_in_rust() -> None:
    patterns = re.findall(r"pattern: '(.+)'", (ROOT / "openapi.yaml").read_text(encoding="utf-8"))
    assert patterns
    for pattern in patterns:
        re.compile(pattern)
        jsonschema_rs.Draft202012Validator({"pattern": pattern})
        assert "(?" not in pattern


def test_recordings_are_complete_and_byte_for_byte() -> None:
    assert len(exchanges("full-stack")) == 107 and len(exchanges("degraded")) == 14
    names = [each["name"] for each in exchanges()]
    assert len(names) == len(set(names))
    for each in exchanges():
        assert ("response" in each) != each.get("dropped", False), each["name"]
        if "response" in each:
            headers, body = each["response"]["headers"], each["response"]["body"]
            if headers.get("content-type") == JSON:
                body = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
            assert len((body or "").encode()) == int(headers["content-length"]), each["name"]


def test_every_operation_was_recorded() -> None:
    recorded = {found[0].name for each in ANSWERED if (found := find_operation(each["request"]))}
    assert recorded == {operation.name for operation in operations()}


@pytest.mark.parametrize("exchange", by_name(ANSWERED))
def test_recorded_response_is_documented(exchange: dict[str, Any]) -> None:
    check_response(exchange)


@pytest.mark.parametrize("exchange", by_name(SUCCEEDED))
def test_request_that_was_taken_is_documented(exchange: dict[str, Any]) -> None:
    if exchange["name"] in TAKEN_BUT_NOT_PROMISED:
        with pytest.raises(Violation):
            check_request(exchange)
    else:
        check_request(exchange)


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_request_that_was_refused_is_outside_the_contract(name: str) -> None:
    exchange = exchange_named(name)
    assert exchange.get("dropped") or exchange["response"]["status"] in (400, 415, 422)
    with pytest.raises(Violation):
        check_request(exchange)


@pytest.mark.parametrize("name", OUTSIDE)
def test_route_that_does_not_exist_is_not_in_the_spec(name: str) -> None:
    exchange = exchange_named(name)
    assert exchange["response"]["status"] == OUTSIDE[name]
    assert find_operation(exchange["request"]) is None
    with pytest.raises(Violation, match="no such operation"):
        check_response(exchange)


# That the checks above can fail: recordings spoilt in one place each.


def optional_properties() -> set[tuple[str, str]]:
    return {
        (schema, name)
        for schema, body in spec()["components"]["schemas"].items()
        for name in body.get("properties", {})
        if name not in body.get("required", [])
    }


def test_every_answer_is_closed_and_every_request_open() -> None:
    open_schemas = {
        name
        for name, schema in spec()["components"]["schemas"].items()
        if schema["type"] == "object" and schema.get("additionalProperties", True)
    }
    requests = {name for name in spec()["components"]["schemas"] if name.endswith("Request")}
    assert open_schemas == requests | {"MessageDto", "SearchFilters", "Scope"}


def test_optional_in_answers_is_only_what_was_seen_missing() -> None:
    schemas = spec()["components"]["schemas"]
    requests = {schema for schema in schemas if schema.endswith("Request")} | {"Scope"}
    assert {each for each in optional_properties() if each[0] not in requests} == {
        ("ErrorBody", "code"),
        ("ConversationCount", "label"),
        # What only the embedded controller says: that it honoured what it alone knows.
        ("ConversationExport", "others"),
        ("FullTextSearchResults", "grouped"),
        ("FullTextSearchResults", "matches"),
        ("MessageDto", "timestamp"),
        ("CreatedConversation", "stored_at"),
        ("CreatedConversation", "times_kept"),
        ("CreatedConversation", "replaced"),
        ("CreatedConversation", "already_stored"),
        ("CreatedConversation", "creates_at_once"),
        ("StoredConversation", "stored_at"),
        ("StoredConversation", "times_kept"),
        ("StoredConversation", "replaced"),
        ("StoredConversation", "already_stored"),
        ("StoredConversation", "creates_at_once"),
        ("StoredConversation", "status"),
        ("ExportedConversation", "stored_at"),
        ("ExportedConversation", "source"),
        ("ExportedConversation", "source_id"),
        ("ExportedConversation", "content_hash"),
        ("ExportedConversation", "former_hashes"),
        ("SearchResult", "stored_at"),
        ("SearchResult", "source"),
        ("SearchResult", "source_id"),
        ("SearchResult", "content_hash"),
        ("SearchResult", "former_hashes"),
        ("SearchResultPage", "honoured"),
        ("FullTextSearchResults", "ranked"),
        ("SearchResultPage", "settled"),
        ("FullTextSearchResults", "scoped"),
        ("SearchResultPage", "scoped"),
        ("ConversationCount", "folder"),
        ("ConversationCount", "error"),
        ("MemoryStatistics", "folders"),
        ("MemoryStatistics", "labels"),
        ("MemoryStatistics", "months"),
    }


WHOLE = [
    "health",
    "create",
    "get",
    "list",
    "query",
    "fts",
    "suggest",
    "summarize_daily",
    "dryrun_0",
    "mcp_store_importance",
    "mcp_search",
    "mcp_update",
    "mcp_context",
    "mcp_export",
    "mcp_stats_both",
]


@pytest.mark.parametrize("name", WHOLE)
def test_answer_with_a_field_missing_or_unknown_is_refused(name: str) -> None:
    exchange = exchange_named(name)
    check_response(exchange)
    for target in closed_objects(exchange["response"]["body"]):
        for field in list(target):
            value = target.pop(field)
            with pytest.raises(Violation):
                check_response(exchange)
            target[field] = value
        target["never_seen"] = 1
        with pytest.raises(Violation):
            check_response(exchange)
        del target["never_seen"]
    check_response(exchange)


def closed_objects(body: Any) -> list[dict[str, Any]]:
    """Every object in an answer but the free-form ones and what is in them."""
    if isinstance(body, list):
        return [each for item in body for each in closed_objects(item)]
    if not isinstance(body, dict):
        return []
    inner = [value for key, value in body.items() if key not in ("metadata", "checks")]
    return [body] + [each for value in inner for each in closed_objects(value)]


def set_in(*path: str | int, to: Any) -> Callable[[Any], None]:
    def change(exchange: Any) -> None:
        for step in path[:-1]:
            exchange = exchange[step]
        exchange[path[-1]] = to

    return change


@pytest.mark.parametrize(
    ("name", "spoil", "complaint"),
    [
        ("create", set_in("response", "status", to=200), "undocumented status"),
        ("create", set_in("response", "headers", to={}), "undocumented content type"),
        ("create", set_in("response", "body", "message_count", to="2"), "response body"),
        ("pin", set_in("response", "body", to="OK"), "a body where none"),
        ("health_degraded", set_in("response", "body", to={}), "a body where none"),
        ("rate_limited", set_in("response", "body", to=None), "response body"),
        ("mcp_store_basic_auth", set_in("response", "body", to={}), "response body"),
        ("list", set_in("response", "body", "results", 0, "score", to=None), "response body"),
        ("assemble", set_in("response", "body", to={"results": []}), "response body"),
    ],
)
def test_spoilt_answer_is_refused(name: str, spoil: Callable[[Any], None], complaint: str) -> None:
    exchange = exchange_named(name)
    spoil(exchange)
    with pytest.raises(Violation, match=complaint):
        check_response(exchange)
