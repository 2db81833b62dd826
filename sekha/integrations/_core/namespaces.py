"""Items in namespaces: where they are kept, and which of them are meant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from . import folders

Namespace = tuple[str, ...]
ANY = "*"
OPERATORS = ("$eq", "$ne", "$gt", "$gte", "$lt", "$lte")


def folder_of(root: str, namespace: Sequence[str]) -> str:
    """The folder of a namespace."""
    return folders.join(root, *folders.names("namespace", namespace))


def item_folder(root: str, namespace: Sequence[str], key: str) -> str:
    """The folder of an item, which is its own: nothing else has to be listed to find it."""
    return folders.join(folder_of(root, namespace), "=" + folders.segment("key", key))


def place_of(root: str, folder: str) -> tuple[Namespace, str] | None:
    """The namespace and key that a folder is of; None if it is no item's."""
    *path, last = folders.segments_below(folder, root) or [""]
    if not last.startswith("=") or any(each.startswith("=") for each in [*path, last[1:]]):
        return None
    return tuple(map(folders.name, path)), folders.name(last[1:])


def fits(value: Mapping[str, Any], wanted: Mapping[str, Any] | None) -> bool:
    """Whether a value passes a filter: keys, dotted into nested ones, with a value or operators.

    Raises:
        ValueError: an operator or a key that there is not.
    """
    return all(_fits(_at(value, key), each) for key, each in (wanted or {}).items())


def check_filter(wanted: Mapping[str, Any] | None) -> None:
    """Raises ValueError for a filter that could fit nothing by a slip."""
    for key, each in (wanted or {}).items():
        if not key or any(char in key for char in "'\"()$"):
            raise ValueError(f"Invalid filter key: {key!r}")
        if isinstance(each, Mapping) and any(str(name).startswith("$") for name in each):
            if unknown := [name for name in each if name not in OPERATORS]:
                raise ValueError(f"Unsupported operator: {unknown[0]}")


def _at(value: Any, key: str) -> Any:
    if isinstance(value, Mapping) and key in value:
        return value[key]
    head, dot, rest = key.partition(".")
    if dot and isinstance(value, Mapping) and head in value:
        return _at(value[head], rest)
    return None


def _fits(value: Any, wanted: Any) -> bool:
    if isinstance(wanted, Mapping):
        if any(str(name).startswith("$") for name in wanted):
            return all(_compares(value, name, each) for name, each in wanted.items())
        return isinstance(value, Mapping) and all(
            _fits(value.get(name), each) for name, each in wanted.items()
        )
    return bool(value == wanted)


def _compares(value: Any, operator: str, wanted: Any) -> bool:
    match operator:
        case "$eq":
            return bool(value == wanted)
        case "$ne":
            return bool(value != wanted)
    try:
        match operator:
            case "$gt":
                return bool(value > wanted)
            case "$gte":
                return bool(value >= wanted)
            case "$lt":
                return bool(value < wanted)
            case "$lte":
                return bool(value <= wanted)
    except TypeError:
        return False
    raise ValueError(f"Unsupported operator: {operator}")


def matches(namespace: Namespace, kind: str, path: Sequence[str]) -> bool:
    """Whether a namespace begins or ends with a path; `*` stands for one label."""
    if len(path) > len(namespace):
        return False
    part = namespace[: len(path)] if kind == "prefix" else namespace[len(namespace) - len(path) :]
    return all(wanted in (ANY, label) for label, wanted in zip(part, path, strict=True))
