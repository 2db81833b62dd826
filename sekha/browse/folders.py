"""The tree of folders, with how many conversations are in each and below it."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import define, field

SHOWN = 400


@define
class Folder:
    """A folder.

    Attributes:
        path: as it is stored.
        name: its last part.
        count: conversations in it and below it.
    """

    path: str
    name: str
    count: int = 0
    below: dict[str, Folder] = field(factory=dict)

    @property
    def children(self) -> list[Folder]:
        """Those in it, in the order of their names."""
        return sorted(self.below.values(), key=lambda each: each.name.lower())


def tree(counts: Mapping[str, int]) -> list[Folder]:
    """The folders at the top.

    Args:
        counts: conversations in each folder alone.
    """
    root = Folder("", "")
    for path, count in sorted(counts.items(), key=lambda item: -item[1])[:SHOWN]:
        folder = root
        parts = [each for each in path.split("/") if each]
        for depth, name in enumerate(parts):
            full = ("/" if path.startswith("/") else "") + "/".join(parts[: depth + 1])
            folder = folder.below.setdefault(name, Folder(full, name))
            folder.count += count
    return root.children
