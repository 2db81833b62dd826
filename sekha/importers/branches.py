"""The drafts of a conversation that is a tree: the branch that was shown, and the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from attrs import evolve

from . import tree
from .drafts import OTHER_BRANCH, Conversion, Draft, Turn

Node = TypeVar("Node")
MakeTurn = Callable[[Any, Conversion], Turn | None]


def drafts(
    base: Draft,
    nodes: Mapping[str, Any],
    parent_of: Mapping[str, str | None],
    leaf: str | None,
    turn: MakeTurn,
    work: Conversion,
    says: Callable[[Any], bool] | None = None,
) -> list[Draft]:
    """The conversation from the root to `leaf`; beside it, if that is wished, one for each other
    branch, from the message at which it parts on.

    Args:
        base: what is known of the conversation; its turns and notes are filled in.
        turn: a node as a message, or None if it is none.
        says: whether a node is a message, without making one of it: to count those left out.
    """
    shown = [] if leaf is None else tree.path(leaf, parent_of)
    base.turns.extend(turns(shown, nodes, turn, work))
    base.notes, base.unshown = work.notes, work.unshown
    base.models = tuple(work.models)
    found = [base]
    for number, way in enumerate(tree.other_branches(shown, parent_of), start=1):
        if says is not None and work.wishes.branches != "all":
            work.note(OTHER_BRANCH, sum(says(nodes[name]) for name in way.nodes))
            continue
        apart = work.apart()
        own = turns(way.nodes, nodes, turn, apart)
        if not own:
            continue
        if work.wishes.branches != "all":
            work.note(OTHER_BRANCH, len(own))
            continue
        start = [] if way.root is None else turns([way.root], nodes, turn, work.apart())
        found.append(
            evolve(
                base,
                turns=start + own,
                source_id=f"{base.source_id}#{way.nodes[-1]}" if base.source_id else None,
                title=f"{base.title} (branch {number})" if base.title else None,
                notes=apart.notes,
                unshown=apart.unshown,
                models=tuple(apart.models),
                created_at=own[0].time or base.created_at,
            )
        )
    return found


def beside(whole: Draft, others: Iterable[list[Turn]]) -> list[Draft]:
    """Other branches whose messages are known already, as conversations of their own."""
    return [
        Draft(
            turns=list(said),
            source_id=f"{whole.source_id}#{number}" if whole.source_id else None,
            title=f"{whole.title} (branch {number})" if whole.title else None,
            project=whole.project,
            created_at=said[-1].time or whole.created_at,
        )
        for number, said in enumerate(others, start=1)
        if said
    ]


def turns(
    names: Iterable[str], nodes: Mapping[str, Any], turn: MakeTurn, work: Conversion
) -> list[Turn]:
    """The messages of these nodes."""
    made = (turn(nodes[name], work) for name in names)
    return [each for each in made if each is not None]
