"""Where and when: the same filters on every call that looks, on a controller that knows them."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from sekha import SekhaValidationError, SyncSekhaClient
from sekha.testing.server import FaultServer
from support.recorded_controller import talk

PLACES = ["/work", "/work/api", "/workshop", "/home"]


def store_all(client: SyncSekhaClient) -> datetime:
    """Two rounds of conversations, and the time between them."""
    between = datetime.now(timezone.utc)
    for number, label in enumerate(("Old", "New")):
        for folder in PLACES:
            text = f"The walrus is in {folder.strip('/')} on day {number}"
            client.create_conversation(talk(text, label=label, folder=folder))
        if label == "Old":
            between = datetime.now(timezone.utc)
    return between


def everywhere(client: SyncSekhaClient, **filters: object) -> list[set[tuple[str, str]]]:
    """The labels and folders that each call finds."""
    given: dict[str, object] = filters
    listed = client.list_conversations(**given)  # type: ignore[arg-type]
    iterated = [each for each in client.iter_conversations(**given)]  # type: ignore[arg-type]
    searched = client.search("walrus", limit=50, **given)  # type: ignore[arg-type]
    queried = client.smart_query("walrus", limit=50, **given)  # type: ignore[arg-type]
    recalled = client.recall("Where is the walrus?", limit=50, **given)  # type: ignore[arg-type]
    context = client.assemble_context("Where is the walrus?", **given)  # type: ignore[arg-type]
    assert client.count(**given) == len(listed)  # type: ignore[arg-type]
    found = [listed, iterated, searched, queried, recalled, context.messages]
    return [{(each.label, each.folder) for each in one} for one in found]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"under": "/work"}, {"/work", "/work/api"}),
        ({"under": "/work/"}, {"/work", "/work/api"}),
        ({"under": "/work/api"}, {"/work/api"}),
        ({"under": "/"}, set(PLACES)),
        ({"folder": "/work"}, {"/work"}),
        ({"label": "New", "under": "/work"}, {"/work", "/work/api"}),
        ({"label": "Neither"}, set()),
        ({"under": "/nowhere"}, set()),
    ],
)
def test_places(client: SyncSekhaClient, filters: dict[str, object], expected: set[str]) -> None:
    store_all(client)
    labels = {filters["label"]} if "label" in filters else {"Old", "New"}
    for found in everywhere(client, **filters):
        assert found == {(label, folder) for label in labels for folder in expected}


def test_times(client: SyncSekhaClient) -> None:
    between = store_all(client)
    for found in everywhere(client, since=between):
        assert found == {("New", folder) for folder in PLACES}
    for found in everywhere(client, until=between, under="/work"):
        assert found == {("Old", "/work"), ("Old", "/work/api")}
    for found in everywhere(client, since="2 weeks ago", until="today"):
        assert len(found) == 8
    for found in everywhere(client, until="2001"):
        assert found == set()


@pytest.mark.parametrize(
    "filters", [{"since": "whenever"}, {"until": "32 May"}, {"under": ""}, {"under": 3}]
)
def test_bad_filters_are_refused_before_anything_is_sent(
    remote: SyncSekhaClient, fault_server: FaultServer, filters: dict[str, object]
) -> None:
    (parameter,) = filters
    calls = [remote.recall, remote.smart_query, remote.search, remote.assemble_context]
    for call in calls:
        with pytest.raises(SekhaValidationError) as raised:
            call("walrus", **filters)  # type: ignore[operator]
        assert raised.value.parameter == parameter
    for listing in (remote.list_conversations, remote.count):
        with pytest.raises(SekhaValidationError):
            listing(**filters)  # type: ignore[operator]
    assert fault_server.arrivals == []
