"""Finding by meaning and by word, and contexts, on the embedded controller."""

from __future__ import annotations

import pytest

from sekha import SyncSekhaClient
from support.recorded_controller import talk

COOKING = "How long do I bake a chocolate cake in the oven?"
SECURITY = "Rotate the signing keys of our access tokens every month."
TRAVEL = "Which train goes from Lisbon to Porto?"


def store_all(client: SyncSekhaClient) -> None:
    for label, text in [("Cooking", COOKING), ("Security", SECURITY), ("Travel", TRAVEL)]:
        client.create_conversation(talk(text, label=label, folder=f"/{label.lower()}"))


def test_smart_query_finds_by_meaning(client: SyncSekhaClient) -> None:
    store_all(client)
    response = client.smart_query("a recipe for dessert", limit=2)
    assert len(response) == len(response.results) == 2
    assert list(response) == list(response.results)
    assert response.query == "a recipe for dessert"
    best = response[0]
    assert (best.content, best.label, best.folder, best.role) == (
        COOKING,
        "Cooking",
        "/cooking",
        "user",
    )
    assert best.similarity > response[1].similarity
    assert best.timestamp is not None and best.timestamp.tzinfo is not None


def test_similarity_of_the_same_text_is_one(client: SyncSekhaClient) -> None:
    store_all(client)
    best = (client.smart_query(SECURITY, limit=1))[0]
    assert best.similarity == pytest.approx(1.0, abs=0.01)


def test_nothing_stored_is_nothing_found(client: SyncSekhaClient) -> None:
    assert (client.smart_query("anything")).results == ()
    assert client.search("anything") == []
    context = client.assemble_context("anything")
    assert (context.formatted_context, context.estimated_tokens) == ("", 0)
    assert context.conversations == () and context.messages == ()


def test_search_wants_all_words_and_carries_what_matched(client: SyncSekhaClient) -> None:
    made = client.create_conversation(talk("the signing keys", "nothing", "keys, signing"))
    client.create_conversation(talk("only keys"))
    (found,) = client.search("signing keys")
    assert found.id == made.id
    assert {each.content for each in found.messages or ()} == {"the signing keys", "keys, signing"}
    assert (found.label, found.status, found.importance_score) == ("Talk", "active", 5)


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ('"signing keys"', 1),
        ('"keys signing"', 0),
        ("Signing KEYS", 1),
        ("it's", 1),
        ("short-lived", 1),
        ("Project:AI", 1),
        ("C++", 1),
        ("日本", 1),
        ('"lone', 1),
        ("keys NOT signing", 0),
    ],
)
def test_whatever_is_typed_is_looked_for(client: SyncSekhaClient, query: str, count: int) -> None:
    client.create_conversation(
        talk(
            "the signing keys, it's short-lived; Project:AI in C++ 私は日本語を話します alone lone"
        )
    )
    assert len(client.search(query)) == count


def test_search_filters_by_label_exactly_and_ranks(client: SyncSekhaClient) -> None:
    for label in ("Security", "Security:Old", "Other"):
        client.create_conversation(talk("tokens and much else around it", label=label))
    best = client.create_conversation(talk("tokens, tokens, tokens", label="Security"))
    found = client.search("tokens", label="Security")
    assert len(found) == 2 and found[0].id == best.id
    assert {each.label for each in found} == {"Security"}
    assert len(client.search("tokens", limit=3)) == 3
    assert client.search("tokens", label="security") == []


def test_search_carries_all_that_matched_each_time(client: SyncSekhaClient) -> None:
    """Whatever was learnt from an earlier search, and however often the word occurs."""
    for number in range(60):
        texts = (f"tokens {number}", f"tokens, and much else beside them in a long text, {number}")
        client.create_conversation(talk(*texts))
    for _ in range(2):
        found = client.search("tokens")
        assert [len(each.messages or ()) for each in found] == [2] * 10


def test_search_goes_through_all_matches_up_to_the_cap(
    client: SyncSekhaClient, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(130):
        client.create_conversation(talk(f"tokens tokens {number}", label="many"))
    for number in range(3):
        text = f"tokens, and much else beside them, {number}"
        client.create_conversation(talk(text, label="few"))
    client.search("tokens")
    assert [each.label for each in client.search("tokens", label="few")] == ["few"] * 3
    assert len(client.search("tokens", limit=120)) == 120
    assert len(client.search("tokens", limit=500)) == 133
    # The controller ranks conversations and knows the label: nothing is lost to the cap.
    assert len(client.search("tokens", label="few", max_matches=50)) == 3
    assert caplog.messages == []
    client.search("tokens", limit=120, max_matches=50)
    assert "more than 50 messages match" in caplog.text


def test_search_carries_each_match_of_the_best_conversations_and_no_other(
    client: SyncSekhaClient,
) -> None:
    long = "and very much else beside it, in a text that goes on and on " * 4
    best = client.create_conversation(talk("walrus", f"a walrus {long}", "no match"))
    for number in range(30):
        client.create_conversation(talk(f"one walrus more, number {number}"))
    (found,) = client.search("walrus", limit=1)
    assert found.id == best.id
    assert [each.content for each in found.messages or ()] == ["walrus", f"a walrus {long}"]


def test_search_finds_more_conversations_than_are_read_one_by_one(
    client: SyncSekhaClient,
) -> None:
    for number in range(12):
        client.create_conversation(talk(f"token {number}", label=f"L{number % 3}"))
    assert len(client.search("token", limit=20)) == 12
    assert len(client.search("token", label="L1", limit=20)) == 4


def test_a_context_cites_where_it_comes_from(client: SyncSekhaClient) -> None:
    store_all(client)
    context = client.assemble_context("baking", preferred_labels=["Cooking"])
    assert f"user: {COOKING}" in context.formatted_context
    assert "# Cooking (/cooking, " in context.formatted_context
    assert context.messages[0].label == "Cooking"
    assert context.context_budget == 8000
    assert context.query == "baking"
    size = len(context.formatted_context.encode())
    assert context.estimated_tokens == -(-size // 4)


@pytest.mark.parametrize("budget", [1, 25, 60, 200])
def test_a_context_keeps_to_its_budget(client: SyncSekhaClient, budget: int) -> None:
    store_all(client)
    context = client.assemble_context("train", context_budget=budget)
    assert context.estimated_tokens <= budget
    assert (budget >= 25) == bool(context.messages)


def test_a_context_holds_each_message_once_in_order(client: SyncSekhaClient) -> None:
    words = [f"the cake of layer {number} and its cream" for number in range(9)]
    client.create_conversation(talk(*words, label="Cake"))
    context = client.assemble_context("cake layers", preferred_labels=["Cake"])
    (conversation,) = context.conversations
    assert [each.content for each in conversation.messages or ()] == words
    assert len(context.messages) == 9


def test_a_context_counts_with_a_counter_of_ones_own(client: SyncSekhaClient) -> None:
    store_all(client)

    def count_words(text: str) -> int:
        return len(text.split())

    context = client.assemble_context("train", context_budget=20, token_counter=count_words)
    assert context.estimated_tokens == count_words(context.formatted_context) <= 20
    assert context.messages


def test_a_context_leaves_folders_out(client: SyncSekhaClient) -> None:
    store_all(client)
    context = client.assemble_context("baking", excluded_folders=["/cooking"])
    assert {each.folder for each in context.messages} == {"/security", "/travel"}
