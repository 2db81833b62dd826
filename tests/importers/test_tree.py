"""The walk through a tree gives the branch that was shown, whatever else the tree holds."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sekha.importers import tree
from sekha.importers.drafts import OTHER_BRANCH, Conversion, Wishes
from sekha.importers.formats import chatgpt, openwebui
from support.import_files import gpt_conversation, gpt_mapping, gpt_message, gpt_node, webui_message

Parents = list[int | None]


@st.composite
def trees(draw: st.DrawFn) -> tuple[Parents, int, list[int]]:
    """Parents by number (None for a root), the node shown last, and an order to write them in."""
    size = draw(st.integers(1, 30))
    parents: Parents = [None]
    for number in range(1, size):
        parents.append(draw(st.none() | st.integers(0, number - 1)))
    current = draw(st.integers(0, size - 1))
    return parents, current, draw(st.permutations(range(size)))


def way_to(parents: Parents, node: int | None) -> list[int]:
    return [] if node is None else [*way_to(parents, parents[node]), node]


def name_of(number: int | None) -> str | None:
    return None if number is None else f"node-{number}"


@settings(deadline=None)
@given(trees())
def test_chatgpt_gives_exactly_the_way_to_the_current_node(
    case: tuple[Parents, int, list[int]],
) -> None:
    parents, current, order = case
    mapping = gpt_mapping(
        *(
            gpt_node(f"node-{n}", name_of(parents[n]), gpt_message("user", f"text {n}"))
            for n in order
        )
    )
    record = gpt_conversation(mapping=mapping, current_node=f"node-{current}")
    (draft,) = chatgpt.convert(record, Conversion())
    shown = [f"text {n}" for n in way_to(parents, current)]
    assert [turn.text for turn in draft.turns] == shown
    assert draft.notes[OTHER_BRANCH] == len(parents) - len(shown)


@settings(deadline=None)
@given(trees())
def test_all_branches_give_every_message_once_beside_where_they_part(
    case: tuple[Parents, int, list[int]],
) -> None:
    parents, current, order = case
    mapping = gpt_mapping(
        *(
            gpt_node(f"node-{n}", name_of(parents[n]), gpt_message("user", f"text {n}"))
            for n in order
        )
    )
    record = gpt_conversation(mapping=mapping, current_node=f"node-{current}")
    shown, *others = chatgpt.convert(record, Conversion(Wishes(branches="all")))
    found = [turn.text for turn in shown.turns]
    for draft in others:
        own = [int(turn.text.split()[1]) for turn in draft.turns]
        # Each goes on from the message above it, and begins with the one it parts from.
        assert [parents[n] for n in own[1:]] == own[:-1]
        assert parents[own[0]] is None or f"text {own[0]}" in found
        found += [f"text {n}" for n in own if f"text {n}" not in found]
    assert sorted(found) == sorted(f"text {n}" for n in range(len(parents)))
    assert shown.notes[OTHER_BRANCH] == 0
    assert len({draft.source_id for draft in [shown, *others]}) == len(others) + 1


@settings(deadline=None)
@given(trees())
def test_a_missing_parent_key_is_made_up_for_by_the_children(
    case: tuple[Parents, int, list[int]],
) -> None:
    parents, current, order = case
    nodes = [gpt_node(f"node-{n}", name_of(parents[n])) for n in order]
    mapping = gpt_mapping(*nodes)
    for node in nodes:
        if node["parent"] is not None:
            del node["parent"]
    found = tree.path(f"node-{current}", tree.parents(mapping, "parent", "children"))
    assert found == [f"node-{n}" for n in way_to(parents, current)]


@settings(deadline=None)
@given(trees(), st.data())
def test_the_newest_leaf_is_a_leaf_and_none_is_newer(
    case: tuple[Parents, int, list[int]], data: st.DataObject
) -> None:
    parents, _, order = case
    times = {
        f"node-{n}": data.draw(st.integers(0, 3), label=f"time of {n}") for n in range(len(parents))
    }
    parent_of = {f"node-{n}": name_of(parents[n]) for n in order}
    leaf = tree.newest_leaf(parent_of, lambda name: float(times[name]))
    leaves = [name for name in parent_of if name not in parent_of.values()]
    newest = max(times[name] for name in leaves)
    assert leaf == [name for name in leaves if times[name] == newest][-1]


@settings(deadline=None)
@given(st.dictionaries(st.integers(0, 8), st.integers(0, 8), min_size=1))
def test_any_graph_ends_and_gives_no_node_twice(links: dict[int, int]) -> None:
    nodes: dict[str, dict[str, Any]] = {
        f"node-{n}": {"parent": f"node-{parent}"} for n, parent in links.items()
    }
    parent_of = tree.parents(nodes, "parent", "children")
    for name in nodes:
        way = tree.path(name, parent_of)
        assert way[-1] == name
        assert len(set(way)) == len(way)
    assert tree.newest_leaf(parent_of, lambda name: 0.0) in nodes


@settings(deadline=None)
@given(trees())
def test_open_webui_gives_exactly_the_way_to_the_current_message(
    case: tuple[Parents, int, list[int]],
) -> None:
    parents, current, order = case
    messages = {
        f"node-{n}": webui_message(f"node-{n}", name_of(parents[n]), "user", f"text {n}")
        for n in order
    }
    chat = {"chat": {"history": {"messages": messages, "currentId": f"node-{current}"}}}
    (draft,) = openwebui.convert(chat, Conversion())
    assert [turn.text for turn in draft.turns] == [f"text {n}" for n in way_to(parents, current)]
