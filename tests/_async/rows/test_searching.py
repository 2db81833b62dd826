"""Rows 15 to 18, 32, 33 and 35: what is found, and what it means when nothing is."""

from __future__ import annotations

import pytest

from sekha import (
    SekhaClient,
    SekhaServerError,
    SekhaUnavailableError,
    SekhaValidationError,
)
from sekha_api.api.retrieval import assemble_context, full_text_search
from sekha_api.models import AssembleContextRequest, FullTextSearchRequest
from support.recorded_controller import Scene, talk

TEXTS = {
    "apostrophe": "I think it's time to go",
    "hyphen": "Use short-lived access tokens; rotate keys.",
    "colon": "The label Project:AI is taken",
    "phrase": "You need the exact phrase here",
    "no phrase": "A phrase that is not exact",
    "plus": "Written in C++ and Rust",
    "cjk": "héllo wörld 日本語",
    "quote": 'Five " is a monitor of five inch',
    "accent": "Das Café schließt um acht",
}


async def store_texts(client: SekhaClient) -> dict[str, str]:
    """One conversation a text; the texts' names by id."""
    return {
        (await client.create_conversation(talk(text, label=f"L {name}"))).id: name
        for name, text in TEXTS.items()
    }


async def test_row_15_similarity_falls_from_the_first_result_on(client: SekhaClient) -> None:
    names = await store_texts(client)
    response = await client.smart_query(TEXTS["hyphen"], limit=6)
    similarities = [each.similarity for each in response]
    assert similarities == sorted(similarities, reverse=True)
    assert len(similarities) == len(set(similarities)) == 6
    assert names[response[0].conversation_id] == "hyphen"
    assert response[0].similarity == pytest.approx(1.0, abs=0.01)
    assert all(-1.0 <= each <= 1.0 + 1e-6 for each in similarities)
    assert (response[0].label, response[0].role) == ("L hyphen", "user")


async def test_row_15_a_limit_is_kept(client: SekhaClient, here: Scene) -> None:
    await store_texts(client)
    assert len(await client.smart_query("keys", limit=1)) == 1
    assert len(await client.smart_query("keys", limit=500)) == len(TEXTS)
    before = here.sent()
    with pytest.raises(SekhaValidationError, match="limit"):
        await client.smart_query("keys", limit=0)
    assert here.sent() == before


async def test_row_16_a_dead_vector_store_is_not_an_empty_answer(
    client: SekhaClient, here: Scene
) -> None:
    await store_texts(client)
    here.stack.chroma = False
    with pytest.raises(SekhaUnavailableError, match="unhealthy"):
        await client.smart_query("keys")
    health = await client.health()
    assert (health.healthy, health.status) == (False, "unhealthy")


async def test_row_16_nothing_stored_is_nothing_found(client: SekhaClient) -> None:
    assert len(await client.smart_query("keys")) == 0
    await client.create_conversation(talk())
    assert len(await client.smart_query("keys")) == 0


QUERIES = {
    "it's": {"apostrophe"},
    "short-lived": {"hyphen"},
    "Project:AI": {"colon"},
    '"exact phrase"': {"phrase"},
    "exact phrase": {"phrase", "no phrase"},
    "C++": {"plus"},
    "日本語": {"cjk"},
    "Cafe": {"accent"},
    "HÉLLO": {"cjk"},
    'inch "': {"quote"},
    'monitor" five': {"quote"},
    "keys. tokens;": {"hyphen"},
    "(keys)": {"hyphen"},
    "keys AND": set(),
    "NOT keys": set(),
    "keys^2 tokens": set(),
    "ke*": set(),
    "keys OR nothing": set(),
    "time NEAR go": set(),
    "no such words": set(),
}


async def test_row_17_whatever_is_typed_is_searched_for(client: SekhaClient) -> None:
    names = await store_texts(client)
    for query, expected in QUERIES.items():
        found = await client.search(query)
        assert {names[each.id] for each in found} == expected, query


@pytest.mark.parametrize("query", ['"', "'", "--", ":", "++", '""', "()", "*"])
async def test_row_17_what_holds_no_word_is_refused(
    client: SekhaClient, here: Scene, query: str
) -> None:
    with pytest.raises(SekhaValidationError, match="no letter"):
        await client.search(query)
    assert here.sent() == 0


async def test_row_17_the_controller_alone_fails_on_it(client: SekhaClient) -> None:
    with pytest.raises(SekhaServerError, match="syntax error"):
        await client.call(full_text_search, body=FullTextSearchRequest(query="it's"))


async def test_row_17_the_best_match_comes_first_though_stored_last(client: SekhaClient) -> None:
    for number in range(15):
        await client.create_conversation(talk(f"Filler {number} with a token in long text " * 3))
    best = await client.create_conversation(talk("Not this", "token token token", label="Best"))
    found = await client.search("token", limit=3)
    assert len(found) == 3
    assert found[0].id == best.id
    assert [each.content for each in found[0].messages or ()] == ["token token token"]
    assert (found[0].label, found[0].status) == ("Best", "active")


async def test_row_17_a_label_filter_is_exact(client: SekhaClient) -> None:
    ids = {}
    for label in ("Security", "security", "Security2", "Other"):
        made = await client.create_conversation(talk("JWT implementation", label=label))
        ids[label] = made.id
    found = await client.search("JWT", label="Security")
    assert [each.id for each in found] == [ids["Security"]]
    assert await client.search("JWT", label="Nothing") == []


async def test_row_18_a_context_has_no_repeats_and_is_full_but_never_over(
    client: SekhaClient,
) -> None:
    for number in range(40):
        label = "Planning" if number % 4 == 0 else f"L{number}"
        made = await client.create_conversation(
            talk(
                f"Question {number} about the new feature " + "word " * (number % 7 * 9),
                f"Answer {number} " + "text " * (number % 5 * 11),
                label=label,
            )
        )
        if number == 8:
            await client.pin(made.id)
    for budget in (1, 30, 100, 400, 1500):
        context = await client.assemble_context(
            "the new feature", preferred_labels=["Planning"], context_budget=budget
        )
        ids = [each.message_id for each in context.messages]
        assert len(ids) == len(set(ids))
        assert context.estimated_tokens <= budget
        assert context.estimated_tokens == -(-len(context.formatted_context.encode()) // 4)
        unused = [
            each
            for each in (await client.smart_query("the new feature", limit=200))
            if each.message_id not in ids
        ]
        used = {each.conversation_id for each in context.messages}
        for each in unused:
            line = f"{each.role}: {each.content}\n"
            if each.conversation_id not in used:
                gap = "\n" if used else ""
                line = f"{gap}## {each.label} ({each.folder}, {each.timestamp:%Y-%m-%d})\n{line}"
            assert len((context.formatted_context + line).encode()) > budget * 4, each.content
        for used_one in context.messages:
            assert used_one.content in context.formatted_context


async def test_row_18_the_controller_alone_repeats(client: SekhaClient) -> None:
    made = await client.create_conversation(talk("the new feature", label="Planning"))
    await client.pin(made.id)
    body = AssembleContextRequest(
        query="feature", preferred_labels=["Planning"], context_budget=8000
    )
    assert len(await client.call(assemble_context, body=body)) == 3
    context = await client.assemble_context("feature", ["Planning"])
    assert len(context.messages) == 1
    assert [each.id for each in context.conversations] == [made.id]


async def test_row_18_the_best_come_first(client: SekhaClient) -> None:
    names = await store_texts(client)
    context = await client.assemble_context(TEXTS["hyphen"])
    assert names[context.messages[0].conversation_id] == "hyphen"
    scores = [each.score or 0.0 for each in context.messages]
    assert scores == sorted(scores, reverse=True)


async def test_row_32_dead_embeddings_behind_a_healthy_health(
    client: SekhaClient, here: Scene
) -> None:
    await store_texts(client)
    here.stack.embeddings = False
    assert (await client.health()).healthy
    with pytest.raises(SekhaUnavailableError, match="embeddings"):
        await client.smart_query("keys")
    assert len(await client.search("keys")) == 1


async def test_row_32_stored_while_the_embeddings_were_dead(
    client: SekhaClient, here: Scene
) -> None:
    here.stack.embeddings = False
    await client.create_conversation(talk("never embedded"))
    here.stack.embeddings = True
    with pytest.raises(SekhaUnavailableError, match="nothing was embedded"):
        await client.smart_query("embedded")


@pytest.mark.parametrize("dead", ["embeddings", "chroma"])
async def test_row_33_a_context_that_could_not_be_looked_for(
    client: SekhaClient, here: Scene, dead: str
) -> None:
    made = await client.create_conversation(talk("keys and tokens", label="Security"))
    await client.pin(made.id)
    setattr(here.stack, dead, False)
    with pytest.raises(SekhaUnavailableError):
        await client.assemble_context("keys", preferred_labels=["Security"])


async def test_row_33_a_context_of_nothing(client: SekhaClient) -> None:
    context = await client.assemble_context("keys")
    assert (context.formatted_context, context.estimated_tokens) == ("", 0)
    assert context.messages == () and context.conversations == ()


async def test_row_35_a_run_of_characters_is_one_word_there(client: SekhaClient) -> None:
    inside = await client.create_conversation(talk("私は日本語を話します"))
    alone = await client.create_conversation(talk("日本語 です"))
    assert [each.id for each in await client.search("日本語")] == [alone.id]
    assert [each.id for each in await client.search("私は日本語を話します")] == [inside.id]
    assert inside.id in {each.conversation_id for each in await client.smart_query("日本語")}
