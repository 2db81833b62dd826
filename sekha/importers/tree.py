"""The way through a tree of messages: from the root to the one that was shown last."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from attrs import frozen

Nodes = Mapping[str, Mapping[str, Any]]


@frozen
class Way:
    """A branch that was not shown: its own nodes, and the shown (or earlier) one it parts from."""

    root: str | None
    nodes: list[str]


def parents(nodes: Nodes, parent_key: str, children_key: str) -> dict[str, str | None]:
    """Each node's parent: as the node says, or, if it names none that is there, as another node's
    list of children says. A node whose parent is null is a root."""
    found: dict[str, str | None] = {}
    lost: set[str] = set()
    for name, node in nodes.items():
        parent = node.get(parent_key)
        known = isinstance(parent, str) and parent in nodes
        found[name] = parent if known else None
        if not known and (parent is not None or parent_key not in node):
            lost.add(name)
    for name, node in nodes.items() if lost else ():
        children = node.get(children_key)
        for child in children if isinstance(children, list) else ():
            if isinstance(child, str) and child in lost and child != name:
                found[child] = name
                lost.discard(child)
    return found


def path(leaf: str, parent_of: Mapping[str, str | None]) -> list[str]:
    """The nodes from the root to `leaf`, both included. A cycle is walked once."""
    way: dict[str, None] = {}
    node: str | None = leaf
    while node is not None and node not in way:
        way[node] = None
        node = parent_of.get(node)
    return list(way)[::-1]


def newest_leaf(parent_of: Mapping[str, str | None], time_of: Callable[[str], float]) -> str | None:
    """The leaf with the latest time, the last one of equals; of a tree without leaves (a cycle)
    the latest node; None if there are no nodes."""
    inner = set(parent_of.values())
    candidates = [name for name in parent_of if name not in inner] or list(parent_of)
    best: str | None = None
    for name in candidates:
        if best is None or time_of(name) >= time_of(best):
            best = name
    return best


def other_branches(shown: list[str], parent_of: Mapping[str, str | None]) -> list[Way]:
    """All branches but the shown one, each with the nodes that no branch before it has."""
    taken = set(shown)
    inner = set(parent_of.values())
    found = []
    # Nodes of a cycle lead to no leaf: they come last, one after the other.
    for name in [*(name for name in parent_of if name not in inner), *parent_of]:
        if name in taken:
            continue
        way: dict[str, None] = {}
        node: str | None = name
        while node is not None and node not in taken and node not in way:
            way[node] = None
            node = parent_of.get(node)
        taken.update(way)
        found.append(Way(node if node in taken and node not in way else None, list(way)[::-1]))
    return found


def line(
    listed: list[dict[str, Any]],
) -> tuple[dict[str, dict[str, Any]], dict[str, str | None], str | None]:
    """A list without branches as a tree: its nodes, their parents, and its leaf."""
    nodes = {str(number): each for number, each in enumerate(listed)}
    parent_of = {name: str(int(name) - 1) if int(name) else None for name in nodes}
    return nodes, parent_of, str(len(listed) - 1) if listed else None
