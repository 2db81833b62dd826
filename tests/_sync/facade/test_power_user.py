"""Operations of the contract, bare and through the client's limits, retries and errors."""

from __future__ import annotations

from typing import Any

import pytest

from sekha import (
    SekhaNotFoundError,
    SekhaResponseError,
    SekhaServerError,
    SekhaTimeoutError,
    SekhaValidationError,
    SyncSekhaClient,
)
from sekha.testing import Drop, FaultServer, Gateway, WrongContentType
from sekha_api.api.conversations import (
    count_conversations,
    create_conversation,
    delete_conversation,
    get_conversation,
)
from sekha_api.api.retrieval import full_text_search
from sekha_api.api.system import get_health, get_metrics
from sekha_api.api.tools import memory_store
from sekha_api.client import AuthenticatedClient
from sekha_api.errors import UnexpectedResponse
from sekha_api.models import (
    ConversationCount,
    ConversationSummary,
    CreateConversationRequest,
    CreatedConversation,
    ErrorBody,
    FullTextSearchRequest,
    FullTextSearchResults,
    HealthStatus,
    MemoryStoreRequest,
    MessageDto,
)
from support.recorded_controller import UNKNOWN_ID, talk

from .conftest import KEY


def body(content: str = "one") -> CreateConversationRequest:
    return CreateConversationRequest("L", "/f", [MessageDto("user", content)])


def test_three_operations_through_the_bare_generated_client(
    fault_server: FaultServer,
) -> None:
    with AuthenticatedClient(base_url=fault_server.base_url, token=KEY, timeout=5.0) as api:
        made = (create_conversation.sync_detailed(client=api, body=body())).parsed
        assert isinstance(made, CreatedConversation)
        counted = (count_conversations.sync_detailed(client=api, label="L")).parsed
        assert isinstance(counted, ConversationCount) and counted.count == 1
        read = get_conversation.sync_detailed(made.id, client=api)
        assert read.status_code == 200 and isinstance(read.parsed, ConversationSummary)
        assert read.parsed.label == "L"
    assert KEY not in repr(api)


def test_the_bare_client_tells_a_text_error_from_a_json_one(
    fault_server: FaultServer,
) -> None:
    with AuthenticatedClient(base_url=fault_server.base_url, token=KEY) as api:
        missing = get_conversation.sync_detailed(UNKNOWN_ID, client=api)
        assert missing.status_code == 404 and isinstance(missing.parsed, ErrorBody)
        text = get_conversation.sync_detailed("invalid-id", client=api)
        assert text.status_code == 400 and isinstance(text.parsed, str) and text.parsed
        fault_server.script(Gateway(500, "text"))
        failed = count_conversations.sync_detailed(client=api)
        assert failed.parsed == "500 gateway"


@pytest.mark.parametrize("status", [418, 520, 599])
def test_the_bare_client_names_an_undocumented_status(
    fault_server: FaultServer, status: int
) -> None:
    fault_server.script(Gateway(status))
    with AuthenticatedClient(base_url=fault_server.base_url, token=KEY) as api:
        with pytest.raises(UnexpectedResponse, match="an undocumented status") as raised:
            count_conversations.sync_detailed(client=api)
    assert raised.value.status_code == status
    assert KEY not in str(raised.value)


def test_the_api_of_a_client_shares_its_connections_and_key(
    remote: SyncSekhaClient, fault_server: FaultServer
) -> None:
    made = remote.create_conversation(talk("a"))
    read = get_conversation.sync_detailed(made.id, client=remote.api)
    assert isinstance(read.parsed, ConversationSummary) and read.parsed.id == made.id
    assert fault_server.connections == 1
    assert fault_server.arrivals[-1].headers["authorization"] == f"Bearer {KEY}"


def test_the_api_of_a_local_client_needs_no_network(client: SyncSekhaClient) -> None:
    api = client.api
    made = create_conversation.sync_detailed(client=api, body=body("an apple & a pear"))
    assert made.status_code == 201 and isinstance(made.parsed, CreatedConversation)
    counted = count_conversations.sync_detailed(client=api, label="L")
    assert isinstance(counted.parsed, ConversationCount) and counted.parsed.count == 1
    found = full_text_search.sync_detailed(client=api, body=FullTextSearchRequest(query="apple"))
    assert isinstance(found.parsed, FullTextSearchResults) and found.parsed.total == 1
    missing = delete_conversation.sync_detailed(UNKNOWN_ID, client=client.api)
    assert missing.status_code == 404


def test_call_gives_the_models_of_the_contract(client: SyncSekhaClient) -> None:
    made = client.call(create_conversation, body=body())
    assert isinstance(made, CreatedConversation)
    assert (client.call(count_conversations)).count == 1
    assert (client.call(count_conversations, label="L")).count == 1
    assert (client.call(get_conversation, made.id)).label == "L"
    assert isinstance(client.call(get_health), HealthStatus)
    assert "sekha" in client.call(get_metrics)


def test_call_raises_this_packages_errors(client: SyncSekhaClient) -> None:
    with pytest.raises(SekhaNotFoundError) as raised:
        client.call(get_conversation, UNKNOWN_ID)
    assert raised.value.conversation_id == UNKNOWN_ID


def test_call_tries_again_and_gives_up_as_the_facade_does(
    remote: SyncSekhaClient, fault_server: FaultServer, no_backoff: None
) -> None:
    fault_server.script(Gateway(520), Drop(carried_out=False))
    assert (remote.call(count_conversations)).count == 0
    assert len(fault_server.arrivals) == 3
    fault_server.script(*[Gateway(520)] * 4)
    with pytest.raises(SekhaServerError) as raised:
        remote.call(count_conversations)
    assert (raised.value.status_code, raised.value.retries) == (520, 3)


def test_call_types_an_undocumented_status_a_text_and_a_page(
    remote: SyncSekhaClient, fault_server: FaultServer
) -> None:
    fault_server.script(Gateway(599, "text"))
    with pytest.raises(SekhaServerError, match="599 gateway"):
        remote.call(count_conversations)
    fault_server.script(Gateway(299))
    with pytest.raises(SekhaResponseError, match="an undocumented status"):
        remote.call(count_conversations)
    fault_server.script(WrongContentType())
    with pytest.raises(SekhaResponseError, match="not what was documented"):
        remote.call(count_conversations)
    fault_server.script(Gateway(500, "text"))
    with pytest.raises(SekhaServerError, match="500 gateway"):
        remote.call(full_text_search, body=FullTextSearchRequest(query='"'))


def test_call_keeps_to_the_limit(remote: SyncSekhaClient, fault_server: FaultServer) -> None:
    limited = remote.options(rate_limit_requests=3)
    for _ in range(3):
        limited.call(count_conversations)
    with pytest.raises(SekhaTimeoutError, match="deadline"):
        limited.options(deadline=0.2).call(get_metrics)
    assert len(fault_server.arrivals) == 3


@pytest.mark.parametrize("carried_out", [True, False])
def test_call_stores_once(
    remote: SyncSekhaClient, fault_server: FaultServer, no_backoff: None, carried_out: bool
) -> None:
    fault_server.script(Drop(carried_out=carried_out))
    made = remote.call(create_conversation, body=body())
    assert isinstance(made, CreatedConversation)
    store = MemoryStoreRequest("M", "/f", [MessageDto("user", "two")], 7)
    fault_server.script(Drop(carried_out=carried_out))
    stored = remote.call(memory_store, body=store)
    assert stored.success and stored.data is not None
    listed = {each.id for each in remote.list_conversations()}
    assert listed == {made.id, stored.data.id}


def test_arguments_that_do_not_fit_are_refused_before_anything_is_sent(
    remote: SyncSekhaClient, fault_server: FaultServer
) -> None:
    wrong: Any = None
    with pytest.raises(SekhaValidationError, match="create_conversation: not what it takes"):
        remote.call(create_conversation, body=wrong)
    with pytest.raises(SekhaValidationError, match="count_conversations: not what it takes"):
        remote.call(count_conversations, nonsense=wrong)  # type: ignore[call-arg]
    assert fault_server.seen() == []
