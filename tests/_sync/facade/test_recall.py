"""Words and meaning together, on the embedded controller."""

from __future__ import annotations

import pytest

from sekha import (
    MessageDto,
    NewConversation,
    SekhaResponseError,
    SekhaServerError,
    SekhaValidationError,
    SyncSekhaClient,
)
from sekha.testing import FaultServer, Gateway
from support.recorded_controller import talk

TRIP = [
    "We are planning the summer. Which hotel did you take in Porto?",
    "The Mariner, by the river. Ask for a room on the third floor.",
    "Was breakfast included?",
    "Yes, with those custard tarts.",
]
KEYS = ["How often do we rotate the signing keys?", "Every month, on the first."]
BREAD = ["My sourdough does not rise.", "Feed the starter twice a day, and keep it warm."]


def store_all(client: SyncSekhaClient) -> None:
    client.create_conversation(talk(*TRIP, label="Travel", folder="/home"))
    client.create_conversation(talk(*KEYS, label="Security", folder="/work"))
    client.create_conversation(talk(*BREAD, label="Recipes", folder="/home"))


def test_it_finds_by_word_and_by_meaning(client: SyncSekhaClient) -> None:
    store_all(client)
    response = client.recall("Which hotel in Porto?", limit=3)
    assert response.query == "Which hotel in Porto?"
    assert len(response) == 3 and list(response) == list(response.results)
    assert {TRIP[0], TRIP[1]} == {each.content for each in response.results[:2]}
    asked = next(each for each in response if each.content == TRIP[0])
    assert asked.matched == ("hotel", "porto")
    assert (asked.label, asked.folder, asked.role) == ("Travel", "/home", "user")
    assert asked.timestamp is not None and asked.timestamp.tzinfo is not None
    assert asked.similarity is not None and -1.0 <= asked.similarity <= 1.0
    scores = [each.score for each in response]
    assert scores == sorted(scores, reverse=True) and 0.0 < scores[0] <= 1.0


def test_an_id_leads_to_the_message(client: SyncSekhaClient) -> None:
    store_all(client)
    best = (client.recall("signing keys"))[0]
    whole = client.get_conversation(best.conversation_id)
    assert (best.message_id, best.content) in [(m.id, m.content) for m in whole.messages or ()]


def test_any_form_of_a_word_will_do(client: SyncSekhaClient) -> None:
    store_all(client)
    best = (client.recall("rotating a key"))[0]
    assert best.label == "Security" and best.matched == ("rotating", "key")


def test_label_and_folder_are_exact(client: SyncSekhaClient) -> None:
    store_all(client)
    client.create_conversation(talk("A hotel at home", label="Travels", folder="/home/x"))
    by_label = client.recall("hotel breakfast", label="Travel")
    assert {each.label for each in by_label} == {"Travel"}
    by_folder = client.recall("hotel breakfast", label=None, folder="/home")
    assert {each.label for each in by_folder} == {"Travel", "Recipes"}
    both = client.recall("hotel breakfast", label="Recipes", folder="/home")
    assert {each.label for each in both} == {"Recipes"}
    assert len(client.recall("hotel", label="Travel", folder="/work")) == 0
    assert len(client.recall("hotel", label="travel")) == 0


def test_a_filter_looks_behind_the_first_matches(client: SyncSekhaClient) -> None:
    """More messages elsewhere hold the word than are asked for without a filter."""
    for number in range(3):
        texts = [f"The harbour at dawn, take {number} {each}" for each in range(60)]
        client.create_conversation(talk(*texts, label="Film"))
    client.create_conversation(talk("We met at the harbour", label="Diary"))
    found = client.recall("harbour", label="Diary")
    assert [each.content for each in found] == ["We met at the harbour"]


@pytest.mark.parametrize("query", ["?!", "🎉", "what was it", "the", "* - : ( \" '", "NOT"])
def test_a_query_without_telling_words_finds_by_meaning(
    client: SyncSekhaClient, query: str
) -> None:
    store_all(client)
    assert len(client.recall(query, limit=4)) == 4


def test_scripts_without_spaces(client: SyncSekhaClient) -> None:
    client.create_conversation(talk("私は日本語を話します。", label="A"))
    client.create_conversation(talk("저는 한국어를 배워요", label="B"))
    client.create_conversation(talk("I speak nothing at all", label="C"))
    assert (client.recall("日本語"))[0].label == "A"
    assert (client.recall("日本語"))[0].matched == ("日本", "本語")
    assert (client.recall("한국어"))[0].label == "B"


def test_padding_is_taken_off() -> None:
    text = "語" * 60
    with SyncSekhaClient.local(align_multibyte=True) as client:
        client.create_conversation(talk(text))
        assert [each.content for each in client.recall("語語")] == [text]


def test_who_speaks_is_a_word(client: SyncSekhaClient) -> None:
    said = [MessageDto("Nora", "I bought a boat"), MessageDto("Tomas", "I bought a boat")]
    client.create_conversation(NewConversation("Chat", said))
    assert (client.recall("What did Tomas buy?"))[0].role == "Tomas"
    assert (client.recall("What did Nora buy?"))[0].role == "Nora"


def test_nothing_stored_is_nothing_found(client: SyncSekhaClient) -> None:
    assert (client.recall("anything")).results == ()
    assert (client.recall("anything", label="L")).results == ()
    client.create_conversation(NewConversation("Empty", []))
    assert (client.recall("anything")).results == ()


def test_a_limit_is_kept_and_a_high_one_gives_all(client: SyncSekhaClient) -> None:
    store_all(client)
    assert len(client.recall("keys", limit=1)) == 1
    assert len(client.recall("keys", limit=500)) == len(TRIP + KEYS + BREAD)


def test_results_of_conversations_that_were_not_read_have_their_place(
    client: SyncSekhaClient,
) -> None:
    for number in range(30):
        label, folder = f"L{number}", f"/{number}"
        client.create_conversation(talk(f"lantern {number}", label=label, folder=folder))
    found = client.recall("lantern", limit=30)
    assert {(each.label, each.folder) for each in found} == {
        (f"L{number}", f"/{number}") for number in range(30)
    }


@pytest.mark.parametrize(
    ("arguments", "parameter"),
    [
        ({"query": ""}, "query"),
        ({"query": "  "}, "query"),
        ({"query": None}, "query"),
        ({"query": "\ud800"}, "query"),
        ({"query": "x", "limit": 0}, "limit"),
        ({"query": "x", "limit": True}, "limit"),
        ({"query": "x", "limit": "3"}, "limit"),
        ({"query": "x", "label": ""}, "label"),
        ({"query": "x", "label": 3}, "label"),
        ({"query": "x", "folder": ""}, "folder"),
        ({"query": "x", "folder": ["/a"]}, "folder"),
    ],
)
def test_bad_input_is_refused_before_anything_is_sent(
    remote: SyncSekhaClient, fault_server: FaultServer, arguments: dict[str, object], parameter: str
) -> None:
    with pytest.raises(SekhaValidationError) as raised:
        remote.recall(**arguments)  # type: ignore[arg-type]
    assert raised.value.parameter == parameter
    assert fault_server.arrivals == []


def test_what_it_sends(remote: SyncSekhaClient, fault_server: FaultServer) -> None:
    store_all(remote)
    remote.recall("Which hotel in Porto?")
    assert len(fault_server.seen("semantic_query")) == 2
    assert len(fault_server.seen("full_text_search")) == 1
    assert len(fault_server.seen("memory_export")) == 1
    assert fault_server.seen("count_conversations") == fault_server.seen("list_conversations") == []


def test_a_failure_of_any_part_is_raised(
    remote: SyncSekhaClient, fault_server: FaultServer, no_backoff: None
) -> None:
    store_all(remote)
    fault_server.script(Gateway(500, "text"))
    with pytest.raises(SekhaServerError):
        remote.recall("hotel")


def test_an_answer_of_another_form_is_said(
    remote: SyncSekhaClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    store_all(remote)

    def broken(body: object) -> object:
        raise KeyError("results")

    monkeypatch.setattr("sekha._core.recall.answers.matches", broken)
    with pytest.raises(SekhaResponseError, match="full_text_search: a body that is not"):
        remote.recall("hotel")
