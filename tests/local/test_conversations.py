"""Storing, listing and changing conversations."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest

from support.local_api import UNKNOWN_ID, Api


def test_created_conversation_is_given_back_whole(api: Api) -> None:
    messages = [
        {"role": "user", "content": "héllo 日本語 🎉"},
        {"role": "assistant", "content": ""},
        {"role": "tool", "content": "a" * 99 + "é" + "b" * 50},
    ]
    created = api.post(
        "/api/v1/conversations", {"label": "Grüße", "folder": "/ü", "messages": messages}
    ).json()
    assert created["id"] == created["conversation_id"] == str(uuid.UUID(created["id"]))
    assert (created["label"], created["folder"], created["status"]) == ("Grüße", "/ü", "active")
    assert created["message_count"] == 3
    exported = api.exported(created["id"])
    assert exported == [(message["role"], message["content"]) for message in messages]
    head = api.get(f"/api/v1/conversations/{created['id']}").json()
    only_created = ("conversation_id", "stored_at", "creates_at_once")
    assert head == {key: value for key, value in created.items() if key not in only_created}


def test_equal_conversations_are_kept_apart(api: Api) -> None:
    first, second = api.create("the same"), api.create("the same")
    assert first != second
    assert sorted(api.listed()) == sorted([first, second])


def test_no_messages_is_fine(api: Api) -> None:
    conversation_id = api.create()
    assert api.get(f"/api/v1/conversations/{conversation_id}").json()["message_count"] == 0
    assert api.exported(conversation_id) == []


def test_times_are_naive_with_nanoseconds_and_the_tools_write_a_space(api: Api) -> None:
    conversation_id = api.create("text")
    head = api.get(f"/api/v1/conversations/{conversation_id}").json()
    pattern = r"\d{4}-\d\d-\d\d%s\d\d:\d\d:\d\d\.\d{9}"
    assert re.fullmatch(pattern % "T", head["created_at"])
    details = api.details(conversation_id)
    assert re.fullmatch(pattern % " ", details["created_at"])
    assert details["created_at"].replace(" ", "T") == head["created_at"]


def test_importance_is_kept_on_rest_too_and_5_without(api: Api) -> None:
    assert api.details(api.create("x", importance_score=8))["importance_score"] == 8
    assert api.details(api.create("x"))["importance_score"] == 5
    assert api.details(api.create("x", importance_score=None))["importance_score"] == 5
    for score in (0, 11, "8", 2.5):
        body: Any = {"label": "l", "folder": "/", "messages": [], "importance_score": score}
        assert api.post("/api/v1/conversations", body).status_code == 422


def test_list_filters_exactly(api: Api) -> None:
    work = api.create("a", label="Project", folder="/work")
    longer = api.create("b", label="Project AI", folder="/work/ai")
    pinned = api.create("c", label="Project", folder="/home", importance_score=10)
    archived = api.create("d", label="Old", folder="/work")
    assert api.put(f"/api/v1/conversations/{archived}/archive").status_code == 200
    everything = {work, longer, pinned, archived}
    assert set(api.listed(label="Project")) == {work, pinned}
    assert api.listed(label="project") == []
    assert set(api.listed(folder="/work")) == {work, archived}
    assert api.listed(label="Project", folder="/work") == [work]
    assert api.listed(pinned="true") == [pinned]
    assert set(api.listed(pinned="false")) == everything - {pinned}
    assert api.listed(archived="true") == [archived]
    assert set(api.listed(archived="false")) == everything - {archived}
    assert api.get("/api/v1/conversations", label="Project").json()["total"] == 2


def test_list_pages_are_complete_and_the_newest_change_comes_first(api: Api) -> None:
    ids = [api.create(str(number), label="L") for number in range(7)]
    assert api.listed() == ids[::-1]
    pages = [api.listed(page=str(page), page_size="3") for page in (1, 2, 3, 4)]
    assert pages == [ids[:3:-1], ids[3:0:-1], ids[:1], []]
    second = api.get("/api/v1/conversations", page="2", page_size="3").json()
    assert (second["total"], second["page"], second["page_size"]) == (7, 2, 3)
    api.put(f"/api/v1/conversations/{ids[0]}/pin")
    assert api.listed()[0] == ids[0]
    last = api.get("/api/v1/conversations", page="4294967295", page_size="100000").json()
    assert last["results"] == [] and last["total"] == 7


def test_list_row_has_the_shape_of_a_search_result(api: Api) -> None:
    conversation_id = api.create("text", label="L", folder="/f")
    (row,) = api.get("/api/v1/conversations").json()["results"]
    assert row.pop("stored_at") == row["timestamp"]
    updated_at = api.details(conversation_id)["updated_at"].replace(" ", "T")
    assert row == {
        "conversation_id": conversation_id,
        "message_id": "00000000-0000-0000-0000-000000000000",
        "score": 1.0,
        "content": "L",
        "metadata": {
            "folder": "/f",
            "status": "active",
            "importance_score": 5,
            "created_at": updated_at,
            "message_count": 1,
        },
        "label": "L",
        "folder": "/f",
        "timestamp": updated_at,
    }


@pytest.mark.parametrize(
    "params",
    [{"page": "x"}, {"page": "0"}, {"page": "-1"}, {"page": "1.5"}, {"page_size": "0"}]
    + [{"page": "4294967296"}, {"page_size": "100001"}, {"pinned": "yes"}, {"archived": ""}],
)
def test_list_refuses_what_it_cannot_read(api: Api, params: dict[str, str]) -> None:
    answer = api.get("/api/v1/conversations", **params)
    assert answer.status_code == 400
    assert next(iter(params)) in answer.text


def test_count_is_exact(api: Api) -> None:
    api.create("a", label="Project", folder="/work")
    api.create("b", label="Project AI", folder="/work/ai")

    def count(**params: str) -> int:
        number: int = api.get("/api/v1/conversations/count", **params).json()["count"]
        return number

    assert (count(), count(label="Project"), count(label="proj")) == (2, 1, 0)
    assert (count(folder="/work"), count(folder="/wor")) == (1, 0)
    both = api.get("/api/v1/conversations/count", label="Project", folder="/work")
    assert both.json() == {"count": 0, "error": "Cannot specify both label and folder"}


def test_label_and_folder_change_alone_and_together(api: Api) -> None:
    conversation_id = api.create("a", label="Old", folder="/old")
    path = f"/api/v1/conversations/{conversation_id}"

    def head() -> tuple[str, str]:
        document = api.get(path).json()
        return document["label"], document["folder"]

    assert api.put(f"{path}/folder", {"folder": "/moved"}).status_code == 200
    assert head() == ("Old", "/moved")
    assert api.put(f"{path}/label", {"label": "New", "folder": "/x"}).status_code == 200
    assert head() == ("New", "/x")
    assert api.put(f"{path}/label", {"label": "New"}).status_code == 422
    assert head() == ("New", "/x")


def test_every_change_moves_the_time_of_the_last_change(api: Api) -> None:
    conversation_id = api.create("a")
    path = f"/api/v1/conversations/{conversation_id}"
    times = [api.details(conversation_id)["updated_at"]]
    for change in ("pin", "archive"):
        api.put(f"{path}/{change}")
        times.append(api.details(conversation_id)["updated_at"])
    api.put(f"{path}/folder", {"folder": "/x"})
    times.append(api.details(conversation_id)["updated_at"])
    assert times == sorted(set(times))
    assert api.details(conversation_id)["created_at"] == times[0]


def test_pin_and_archive_are_read_back(api: Api) -> None:
    conversation_id = api.create("a")
    api.put(f"/api/v1/conversations/{conversation_id}/pin")
    api.put(f"/api/v1/conversations/{conversation_id}/archive")
    details = api.details(conversation_id)
    assert (details["importance_score"], details["status"]) == (10, "archived")


def test_delete_takes_everything_along(api: Api) -> None:
    gone, kept = api.create("gone with the wind"), api.create("kept for the wind")
    assert api.query("wind", limit=5)[0]["label"] == "Label"
    answer = api.call("DELETE", f"/api/v1/conversations/{gone}")
    assert (answer.status_code, answer.content) == (200, b"")
    assert api.get(f"/api/v1/conversations/{gone}").status_code == 404
    assert api.listed() == [kept]
    assert api.words("wind") == ["kept for the wind"]
    assert [result["conversation_id"] for result in api.query("wind", limit=5)] == [kept]
    assert api.call("DELETE", f"/api/v1/conversations/{gone}").status_code == 404


@pytest.mark.parametrize(
    ("method", "suffix", "body"),
    [
        ("GET", "", None),
        ("DELETE", "", None),
        ("PUT", "/label", {"label": "x", "folder": "/"}),
        ("PUT", "/folder", {"folder": "/x"}),
        ("PUT", "/pin", None),
        ("PUT", "/archive", None),
    ],
)
def test_unknown_and_malformed_ids(api: Api, method: str, suffix: str, body: object) -> None:
    unknown = api.call(method, f"/api/v1/conversations/{UNKNOWN_ID}{suffix}", body)
    assert unknown.status_code == 404
    assert unknown.json() == {"error": "Conversation not found", "code": 404}
    for malformed in ("invalid-id", "%2e%2e", "a%2Fb", UNKNOWN_ID[:-1] + "g", UNKNOWN_ID + "%0A"):
        answer = api.call(method, f"/api/v1/conversations/{malformed}{suffix}", body)
        assert answer.status_code == 400
        assert answer.headers["content-type"].startswith("text/plain")


def test_an_id_means_the_same_in_capitals(api: Api) -> None:
    conversation_id = api.create("a")
    assert api.get(f"/api/v1/conversations/{conversation_id.upper()}").status_code == 200
    assert api.details(conversation_id.upper())["conversation_id"] == conversation_id


def test_unknown_routes_and_methods_have_no_body(api: Api) -> None:
    for path in ("/", "/nope", "/api/v1/conversations/", "/api/v1/query/smart", "/openapi.json"):
        assert api.get(path).status_code == 404
    answer = api.call("PATCH", f"/api/v1/conversations/{UNKNOWN_ID}")
    assert (answer.status_code, answer.headers["allow"]) == (405, "DELETE, GET")
    assert api.get("/api/v1/query").status_code == 405


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"{broken", b"nul", b"\xff", b'{"label": NaN}', b"[" * 100_000]
    + [b'{"label": "\\ud800", "folder": "/", "messages": []}', b"1" * 5000],
)
def test_a_body_that_is_no_json_is_a_400(api: Api, content: bytes) -> None:
    assert api.call("POST", "/api/v1/conversations", content=content).status_code == 400


def test_a_body_of_another_type_is_a_415(api: Api) -> None:
    content = b'{"label": "x", "folder": "/", "messages": []}'
    for content_type in (None, "", "text/plain", "application/jsonp"):
        answer = api.call(
            "POST", "/api/v1/conversations", content=content, content_type=content_type
        )
        assert answer.status_code == 415
    accepted = api.call(
        "POST",
        "/api/v1/conversations",
        content=content,
        content_type="Application/JSON; charset=utf-8",
    )
    assert accepted.status_code == 201


def test_a_body_that_does_not_fit_is_a_422_which_does_not_repeat_it(api: Api) -> None:
    bodies: list[Any] = [[], 1, {}, {"label": "x", "messages": []}, {"label": None, "folder": "/"}]
    for body in bodies:
        assert api.post("/api/v1/conversations", body).status_code == 422
    body = {"label": "x", "folder": "/", "messages": [{"role": "user", "content": {"a secret": 1}}]}
    answer = api.post("/api/v1/conversations", body)
    assert answer.status_code == 422
    assert "messages.0.content" in answer.text
    assert "secret" not in answer.text
    assert api.listed() == []


def test_text_with_every_kind_of_character_survives(api: Api) -> None:
    content = "\x00 nul \r\n tab\t \u2028 \ufeff 'quote' \"double\" -- ; DROP TABLE 🧵 \U0010ffff"
    conversation_id = api.create(content, label=content, folder=content)
    assert api.exported(conversation_id) == [("user", content)]
    assert api.listed(label=content) == [conversation_id]
    assert api.words("nul tab") == [content]
    assert api.call("DELETE", f"/api/v1/conversations/{conversation_id}").status_code == 200
    assert api.words("nul tab") == []
