"""Words and meaning together, on the embedded controller."""

from __future__ import annotations

import pytest

from sekha import (
    MessageDto,
    NewConversation,
    SekhaClient,
    SekhaResponseError,
    SekhaServerError,
    SekhaValidationError,
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


async def store_all(client: SekhaClient) -> None:
    await client.create_conversation(talk(*TRIP, label="Travel", folder="/home"))
    await client.create_conversation(talk(*KEYS, label="Security", folder="/work"))
    await client.create_conversation(talk(*BREAD, label="Recipes", folder="/home"))


async def test_it_finds_by_word_and_by_meaning(client: SekhaClient) -> None:
    await store_all(client)
    response = await client.recall("Which hotel in Porto?", limit=3)
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


async def test_an_id_leads_to_the_message(client: SekhaClient) -> None:
    await store_all(client)
    best = (await client.recall("signing keys"))[0]
    whole = await client.get_conversation(best.conversation_id)
    assert (best.message_id, best.content) in [(m.id, m.content) for m in whole.messages or ()]


async def test_any_form_of_a_word_will_do(client: SekhaClient) -> None:
    await store_all(client)
    best = (await client.recall("rotating a key"))[0]
    assert best.label == "Security" and best.matched == ("rotating", "key")


async def test_label_and_folder_are_exact(client: SekhaClient) -> None:
    await store_all(client)
    await client.create_conversation(talk("A hotel at home", label="Travels", folder="/home/x"))
    by_label = await client.recall("hotel breakfast", label="Travel")
    assert {each.label for each in by_label} == {"Travel"}
    by_folder = await client.recall("hotel breakfast", label=None, folder="/home")
    assert {each.label for each in by_folder} == {"Travel", "Recipes"}
    both = await client.recall("hotel breakfast", label="Recipes", folder="/home")
    assert {each.label for each in both} == {"Recipes"}
    assert len(await client.recall("hotel", label="Travel", folder="/work")) == 0
    assert len(await client.recall("hotel", label="travel")) == 0


async def test_a_filter_looks_behind_the_first_matches(client: SekhaClient) -> None:
    """More messages elsewhere hold the word than are asked for without a filter."""
    for number in range(3):
        texts = [f"The harbour at dawn, take {number} {each}" for each in range(60)]
        await client.create_conversation(talk(*texts, label="Film"))
    await client.create_conversation(talk("We met at the harbour", label="Diary"))
    found = await client.recall("harbour", label="Diary")
    assert [each.content for each in found] == ["We met at the harbour"]


@pytest.mark.parametrize("query", ["?!", "🎉", "what was it", "the", "* - : ( \" '", "NOT"])
async def test_a_query_without_telling_words_finds_by_meaning(
    client: SekhaClient, query: str
) -> None:
    await store_all(client)
    assert len(await client.recall(query, limit=4)) == 4


async def test_scripts_without_spaces(client: SekhaClient) -> None:
    await client.create_conversation(talk("私は日本語を話します。", label="A"))
    await client.create_conversation(talk("저는 한국어를 배워요", label="B"))
    await client.create_conversation(talk("I speak nothing at all", label="C"))
    assert (await client.recall("日本語"))[0].label == "A"
    assert (await client.recall("日本語"))[0].matched == ("日本", "本語")
    assert (await client.recall("한국어"))[0].label == "B"


async def test_padding_is_taken_off() -> None:
    text = "語" * 60
    async with SekhaClient.local(align_multibyte=True) as client:
        await client.create_conversation(talk(text))
        assert [each.content for each in await client.recall("語語")] == [text]


async def test_who_speaks_is_a_word(client: SekhaClient) -> None:
    said = [MessageDto("Nora", "I bought a boat"), MessageDto("Tomas", "I bought a boat")]
    await client.create_conversation(NewConversation("Chat", said))
    assert (await client.recall("What did Tomas buy?"))[0].role == "Tomas"
    assert (await client.recall("What did Nora buy?"))[0].role == "Nora"


async def test_nothing_stored_is_nothing_found(client: SekhaClient) -> None:
    assert (await client.recall("anything")).results == ()
    assert (await client.recall("anything", label="L")).results == ()
    await client.create_conversation(NewConversation("Empty", []))
    assert (await client.recall("anything")).results == ()


async def test_a_limit_is_kept_and_a_high_one_gives_all(client: SekhaClient) -> None:
    await store_all(client)
    assert len(await client.recall("keys", limit=1)) == 1
    assert len(await client.recall("keys", limit=500)) == len(TRIP + KEYS + BREAD)


async def test_results_of_conversations_that_were_not_read_have_their_place(
    client: SekhaClient,
) -> None:
    for number in range(30):
        label, folder = f"L{number}", f"/{number}"
        await client.create_conversation(talk(f"lantern {number}", label=label, folder=folder))
    found = await client.recall("lantern", limit=30)
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
async def test_bad_input_is_refused_before_anything_is_sent(
    remote: SekhaClient, fault_server: FaultServer, arguments: dict[str, object], parameter: str
) -> None:
    with pytest.raises(SekhaValidationError) as raised:
        await remote.recall(**arguments)  # type: ignore[arg-type]
    assert raised.value.parameter == parameter
    assert fault_server.arrivals == []


async def test_what_it_sends(remote: SekhaClient, fault_server: FaultServer) -> None:
    await store_all(remote)
    await remote.recall("Which hotel in Porto?")
    assert len(fault_server.seen("semantic_query")) == 2
    assert len(fault_server.seen("full_text_search")) == 1
    assert len(fault_server.seen("memory_export")) == 1
    assert fault_server.seen("count_conversations") == fault_server.seen("list_conversations") == []


async def test_a_failure_of_any_part_is_raised(
    remote: SekhaClient, fault_server: FaultServer, no_backoff: None
) -> None:
    await store_all(remote)
    fault_server.script(Gateway(500, "text"))
    with pytest.raises(SekhaServerError):
        await remote.recall("hotel")


async def test_an_answer_of_another_form_is_said(
    remote: SekhaClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store_all(remote)

    def broken(body: object) -> object:
        raise KeyError("results")

    monkeypatch.setattr("sekha._core.recall.answers.matches", broken)
    with pytest.raises(SekhaResponseError, match="full_text_search: a body that is not"):
        await remote.recall("hotel")
