"""Folder names: whose a conversation is, and what may be searched for whom.

A user, a session and a namespace can have any name; each becomes one segment of a folder. A name is
percent-encoded, so that no two names share a folder and none leaves its own. Segments that begin with
`=` are this package's: no encoded name does.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote, unquote

from ..._core import validate
from ...errors import SekhaValidationError

ROOT = "/agents"
"""Below which all adapters store, unless told otherwise."""
REMOVED = "/removed"
"""Where a conversation goes that a controller cannot delete (compatibility row 22)."""


def segment(parameter: str, name: object) -> str:
    """A name as one segment of a folder.

    Raises:
        SekhaValidationError: it is no text, is empty, or holds half a character.
    """
    text = validate.text(parameter, name)
    encoded = quote(text, safe="@ ")
    # Dots alone mean other folders to whatever reads paths; outer spaces could get lost.
    if not encoded.strip("."):
        return encoded.replace(".", "%2E")
    return quote(encoded, safe="%@") if encoded != encoded.strip() else encoded


def name(encoded: str) -> str:
    """The name that `segment` made this of."""
    return unquote(encoded)


def join(root: str, *segments: str) -> str:
    """A folder below a root; the root's own slashes at the end do not count."""
    return "/".join([root.rstrip("/"), *segments])


def root(value: object) -> str:
    """A root folder that adapters can store below.

    Raises:
        SekhaValidationError: it does not begin with a slash, or is where removed things go.
    """
    text = validate.text("root", value)
    if not text.startswith("/"):
        raise SekhaValidationError("root", f"must begin with '/', not {text!r}")
    if is_under(text, REMOVED):
        raise SekhaValidationError("root", f"{REMOVED} is where removed conversations go")
    return text.rstrip("/")


def user_folder(root_folder: str, user_id: object) -> str:
    """All that a user has, and nothing that another has."""
    return join(root_folder, segment("user_id", user_id))


def is_under(folder: str, top: str) -> bool:
    """Whether a folder is another one or lies below it."""
    top = top.rstrip("/")
    return folder == top or folder.startswith(top + "/")


def removed(folder: str) -> str:
    """Where conversations of this folder go when they cannot be deleted."""
    return REMOVED + "/" + folder.lstrip("/")


def segments_below(folder: str, top: str) -> list[str]:
    """The segments of a folder below another one."""
    return [each for each in folder[len(top.rstrip("/")) :].split("/") if each]


def names(parameter: str, values: Iterable[object]) -> list[str]:
    """Several names as segments."""
    return [segment(f"{parameter}[{index}]", value) for index, value in enumerate(values)]
