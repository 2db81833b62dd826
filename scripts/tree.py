"""Compare two folders of files, both ways, or make one like the other."""

from __future__ import annotations

from pathlib import Path

IGNORED = {"__pycache__", ".ruff_cache", ".mypy_cache"}


def files_below(root: Path) -> dict[str, bytes]:
    """Every file below a folder: its path relative to it, and its bytes."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and not IGNORED.intersection(path.relative_to(root).parts)
    }


def compare_trees(*, expected: Path, actual: Path) -> list[str]:
    """One line for each file that is missing, is there though nothing makes it, or differs."""
    wanted, found = files_below(expected), files_below(actual)
    missing = [f"{name}: missing" for name in wanted.keys() - found.keys()]
    orphans = [f"{name}: nothing makes this file" for name in found.keys() - wanted.keys()]
    edited = [
        f"{name}: differs from what would be generated"
        for name in wanted.keys() & found.keys()
        if wanted[name] != found[name]
    ]
    return sorted(missing + orphans + edited)


def copy_tree(*, source: Path, target: Path) -> None:
    """Make a folder's files those of another; what is the same already is not touched."""
    wanted, found = files_below(source), files_below(target)
    for name in found.keys() - wanted.keys():
        (target / name).unlink()
    for name, content in wanted.items():
        if found.get(name) != content:
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            (target / name).write_bytes(content)
