"""Full-text search: what a user types, in any script."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sekha.local import Controller
from sekha.local.cancellation import Cancellation, RequestCancelled
from sekha.local.fulltext import index_text, match_expression
from support.local_api import Api


@pytest.fixture(scope="module")
def shared() -> Iterator[Api]:
    controller = Controller()
    api = Api(controller)
    api.create("one message")
    yield api
    controller.close()


JWT = "Use short-lived JWT access tokens; it's the Project:AI way in C++."


@pytest.mark.parametrize(
    "query",
    ["short-lived", '"short-lived"', "it's", "it’s", "Project:AI", "C++", "JWT", "jwt tokens"]
    + ['"access tokens"', "“access tokens”", "tokens access", "(JWT)", "JWT*", "^JWT", '"JWT']
    + ["JWT -", "{JWT}", "JWT;--", "ＪＷＴ"],
)
def test_what_a_user_types_is_found(api: Api, query: str) -> None:
    api.create(JWT)
    api.create("something else entirely")
    assert api.words(query) == [JWT]


@pytest.mark.parametrize("query", ["tokens missing", '"tokens access"', "shortlived", "jw"])
def test_all_words_and_whole_phrases_are_required(api: Api, query: str) -> None:
    api.create(JWT)
    assert api.words(query) == []


@pytest.mark.parametrize("query", ["", " ", '"', '""', "'", "-", ":", "*", "++ !!", "\x00", "🎉"])
def test_a_query_without_a_word_finds_nothing(api: Api, query: str) -> None:
    api.create(JWT)
    assert match_expression(query) is None
    assert api.words(query) == []


def test_a_word_that_is_said_again_is_required_once() -> None:
    assert match_expression("tea tea coffee tea") == '"tea" "coffee"'


def test_a_long_query_is_given_up_when_nobody_waits_for_it() -> None:
    with Cancellation() as cancellation:
        cancellation.cancel()
        with pytest.raises(RequestCancelled):
            match_expression("tea " * 10)


@pytest.mark.parametrize(
    ("content", "query"),
    [
        ("私は日本語を話します", "日本語"),
        ("私は日本語を話します", "話"),
        ("私は日本語を話します", '"語を"'),
        ("ｶﾀｶﾅの文字", "カタカナ"),
        ("我们讨论了向量数据库的选择", "数据库"),
        ("벡터데이터베이스를 사용합니다", "데이터베이스"),
        ("ภาษาไทยไม่มีช่องว่าง", "ไทย"),
        ("検索APIの設計", "api 設計"),
        ("𠮷野家で食べる", "𠮷野"),
        ("Das Gespräch über Größen", "gesprach größen"),
        ("हिन्दी में लिखा", "हिन्दी"),
        ("Привет мир", "привет"),
        ("naïve café", "naive CAFE"),
    ],
)
def test_scripts_of_the_world(api: Api, content: str, query: str) -> None:
    api.create(content)
    assert api.words(query) == [content]


def test_characters_of_a_run_must_stand_together(api: Api) -> None:
    api.create("日曜に本を読む")
    assert api.words("日本") == []
    assert api.words("日 本") == ["日曜に本を読む"]


def test_words_match_their_other_forms(api: Api) -> None:
    # As on the public controller, whose index has the same stemmer.
    api.create("rotating the keys")
    assert api.words("rotate key") == ["rotating the keys"]


def test_the_best_match_comes_first_and_the_limit_cuts_after_ranking(api: Api) -> None:
    api.create("a long text about many things, one of which is tokens " + "and others " * 40)
    api.create("nothing of the kind")
    api.create("tokens, tokens, tokens")
    assert api.words("tokens")[0] == "tokens, tokens, tokens"
    assert api.words("tokens", limit=1) == ["tokens, tokens, tokens"]
    assert api.words("tokens", limit=0) == []
    assert len(api.words("tokens", limit=4294967295)) == 2


def test_label_and_folder_are_not_words_of_the_message(api: Api) -> None:
    api.create("text", label="Zebra", folder="/zebra")
    assert api.words("zebra") == []


def test_result_shape(api: Api) -> None:
    conversation_id = api.create("only this")
    answer = api.post("/api/v1/search/fts", {"query": "this"}).json()
    (message,) = answer["results"]
    assert message["conversation_id"] == conversation_id
    assert (message["role"], message["embedding_id"]) == ("user", None)
    assert answer["ranked"] is True
    stored = api.get(f"/api/v1/conversations/{conversation_id}").json()
    told = {**message["metadata"]["conversation"]}
    assert told.pop("updated_at") == told["created_at"]
    assert told.pop("importance_score") == 5
    assert told == {name: stored[name] for name in ("label", "folder", "status", "created_at")}


@settings(deadline=None, max_examples=300)
@given(st.text(st.characters(codec="utf-8"), max_size=60))
def test_no_query_is_an_error(shared: Api, text: str) -> None:
    shared.words(text)


@settings(deadline=None, max_examples=200)
@given(st.text(st.characters(codec="utf-8"), max_size=40))
def test_deleting_leaves_the_word_index_sound(text: str) -> None:
    controller = Controller()
    api = Api(controller)
    conversation_id = api.create(text, "marker")
    api.call("DELETE", f"/api/v1/conversations/{conversation_id}")
    assert api.words("marker") == []
    assert index_text(index_text(text)).split() == index_text(text).split()
    controller.close()


def test_a_huge_query_is_answered(api: Api) -> None:
    api.create("word")
    assert api.words("word " * 5000) == ["word"]
    assert api.words('"' + "word " * 5000 + '"') == []
