"""What one user says is never given to another, whatever their names are."""

from __future__ import annotations

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from sekha import SekhaValidationError, SyncSekhaClient
from sekha.integrations._core import folders
from sekha.integrations._core.words import item_words
from sekha.integrations._sync.files import Files
from sekha.integrations._sync.finding import recall_under
from sekha.integrations._sync.namespaces import Namespaces
from sekha.integrations._sync.session import Session

TRICKY = [
    "ann",
    "anna",
    "ann/a",
    "ann%2Fa",
    "..",
    ".",
    "*",
    "_",
    "an_",
    "=none",
    "ann ",
    "ANN",
    "%",
]
names = st.one_of(
    st.sampled_from(TRICKY), st.text(alphabet="an_%/.=* é\\'", min_size=1, max_size=5)
)


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(names, min_size=2, max_size=4, unique=True), names)
def test_nothing_of_one_user_is_found_for_another(users: list[str], session: str) -> None:
    assume(all(name.strip() for name in [*users, session]))
    with SyncSekhaClient.local() as client:
        for number, user in enumerate(users):
            under = folders.user_folder(folders.ROOT, user)
            folder = folders.join(under, folders.segment("session", session))
            talk = Session(client, folder, title=session, describe=item_words)
            talk.add([{"role": "user", "content": f"The boat is called secret{number}."}])
            Files(client, user).create("/memories/boat.md", f"boat in a file, secret{number}")
            store = Namespaces(client)
            store.put(("users", user), "boat", {"text": f"boat item secret{number}"}, "boat")
        for number, user in enumerate(users):
            under = folders.user_folder(folders.ROOT, user)
            found = [each.content for each in recall_under(client, "boat called secret", 20, under)]
            assert found and all(f"secret{number}" in text for text in found)
            folder = folders.join(under, folders.segment("session", session))
            talk = Session(client, folder, title=session, describe=item_words)
            assert [each["content"] for each in talk.items()] == [
                f"The boat is called secret{number}."
            ]
            assert Files(client, user).contents() == {
                "/memories/boat.md": f"boat in a file, secret{number}"
            }
            items = Namespaces(client).search(
                ("users", user), query="boat", wanted=None, limit=20, offset=0
            )
            assert [each.value["text"] for each in items] == [f"boat item secret{number}"]


@given(st.lists(st.text(min_size=1, max_size=8), min_size=2, max_size=6, unique=True))
def test_no_two_names_share_a_folder(given_names: list[str]) -> None:
    encoded = []
    for name in given_names:
        try:
            encoded.append(folders.segment("name", name))
        except SekhaValidationError:
            continue  # white space alone, or half a character
    assert len(set(encoded)) == len(encoded)
    for each in encoded:
        assert "/" not in each and each.strip(".") == each.strip(".") != ""
        assert not each.startswith("=") and each == each.strip()
        assert folders.name(each) in given_names
