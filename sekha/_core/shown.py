"""Values of a caller's as an error message shows them."""

from __future__ import annotations

SHOWN = 100
"""Characters of a bad value that its error shows."""


def shown(value: object) -> str:
    """A value as an error message shows it: no more than fits into one, whatever it is."""
    try:
        words = repr(value)
    except Exception:  # a repr of the caller's own; Python's own refuses numbers of 4,300 digits
        words = f"a {type(value).__name__}"
    return words if len(words) <= SHOWN else f"{words[:SHOWN]}..."
