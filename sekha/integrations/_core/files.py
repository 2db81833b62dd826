"""Text files of a language model: paths, lines and edits. What is said is what Anthropic's memory tool
says, for that is what models know."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from posixpath import normpath

TOP = "/memories"
MAX_LINES = 999_999
WIDTH = len(str(MAX_LINES))
SHOWN_DEPTH = 2
SNIPPET_LINES = 2


class FileError(Exception):
    """A command that cannot be carried out; the message is for the model."""


def resolved(path: str) -> str:
    """A path without dots and double slashes.

    Raises:
        FileError: it is not in the memory.
    """
    if not path.startswith(TOP):
        raise FileError(f"Path must start with {TOP}, got: {path}")
    whole = normpath(path.replace(TOP, TOP + "/", 1))
    if whole != TOP and not whole.startswith(TOP + "/"):
        raise FileError(f"Path {path} would escape {TOP} directory")
    return whole


def not_there(path: str) -> FileError:
    return FileError(f"The path {path} does not exist. Please provide a valid path.")


def below(paths: Iterable[str], folder: str) -> list[str]:
    """The files of a folder and of all folders in it."""
    top = folder.rstrip("/") + "/"
    return sorted(path for path in paths if path.startswith(top))


def numbered(path: str, content: str, view_range: Sequence[int] | None) -> str:
    """The lines of a file, or those from one number to another, with their numbers."""
    lines = content.split("\n")
    if len(lines) > MAX_LINES:
        raise FileError(f"File {path} exceeds maximum line limit of 999,999 lines.")
    start = 0
    if view_range and len(view_range) == 2:
        start = max(1, view_range[0]) - 1
        lines = lines[start : None if view_range[1] == -1 else view_range[1]]
    return f"Here's the content of {path} with line numbers:\n" + _with_numbers(lines, start + 1)


def listing(path: str, sizes: Mapping[str, int]) -> str:
    """What is in a folder, two levels deep.

    Args:
        path: the folder, as it was asked for.
        sizes: the bytes of all files in it, by their resolved paths.
    """
    top = resolved(path)
    found = {"": sum(sizes.values())}
    for file, size in sizes.items():
        parts = file[len(top) :].strip("/").split("/")
        if any(part.startswith(".") for part in parts[:SHOWN_DEPTH]):
            continue
        for depth in range(1, min(len(parts), SHOWN_DEPTH) + 1):
            name = "/".join(parts[:depth]) + ("/" if depth < len(parts) else "")
            found[name] = found.get(name, 0) + size
    shown = path.rstrip("/")
    lines = [f"{size_text(size)}\t{shown}/{name}" for name, size in sorted(found.items()) if name]
    head = (
        f"Here're the files and directories up to 2 levels deep in {path}, excluding hidden items:"
    )
    return "\n".join([head, f"{size_text(found[''])}\t{path}", *lines])


def replaced(path: str, content: str, old: str, new: str) -> tuple[str, str]:
    """The content with a text replaced that occurs in it once, and what to say."""
    count = content.count(old)
    if not old or count == 0:
        raise FileError(
            f"No replacement was performed, old_str `{old}` did not appear verbatim in {path}."
        )
    if count > 1:
        lines = ", ".join(str(number) for number in _lines_with(content, old))
        raise FileError(
            f"No replacement was performed. Multiple occurrences of old_str `{old}` in lines: "
            f"{lines}. Please ensure it is unique"
        )
    changed = content.replace(old, new)
    line = content[: content.index(old)].count("\n")
    start = max(0, line - SNIPPET_LINES)
    snippet = changed.split("\n")[start : line + SNIPPET_LINES + 1]
    told = (
        "The memory file has been edited. Here is the snippet showing the change "
        "(with line numbers):\n" + _with_numbers(snippet, start + 1)
    )
    return changed, told


def inserted(content: str, line: int, text: str) -> str:
    """The content with text after so many of its lines; it ends with a line break."""
    lines = content.split("\n")
    if lines[-1] == "":
        lines.pop()
    if not 0 <= line <= len(lines):
        raise FileError(
            f"Invalid `insert_line` parameter: {line}. "
            f"It should be within the range [0, {len(lines)}]."
        )
    lines.insert(line, text.rstrip("\n"))
    changed = "\n".join(lines)
    return changed if changed.endswith("\n") else changed + "\n"


def size_text(size: int) -> str:
    """A size for people: 812B, 1.5K, 2M."""
    value, unit = float(size), "B"
    for unit in "BKMG":
        if value < 1024 or unit == "G":
            break
        value /= 1024
    return f"{value:.0f}{unit}" if value == int(value) else f"{value:.1f}{unit}"


def _lines_with(content: str, text: str) -> list[int]:
    numbers, at = [], content.find(text)
    while at != -1:
        numbers.append(content[:at].count("\n") + 1)
        at = content.find(text, at + 1)
    return numbers


def _with_numbers(lines: Sequence[str], first: int) -> str:
    return "\n".join(f"{number:>{WIDTH}}\t{line}" for number, line in enumerate(lines, first))
