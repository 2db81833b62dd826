"""The model of these examples is a script: it answers from what it is given, and knows nothing else.

Put a real model in its place; all the rest stays as it is.
"""

import re
import sys


def reply(said: str, given: object) -> str:
    """What the model answers to the user, with all that it was given before it."""
    if not said.rstrip().endswith("?"):
        return "I will remember that."
    found = re.search(r"boat is called (\w+)", str(given))
    return f"Your boat is called {found[1]}." if found else "I do not know."


def arguments() -> tuple[str, str]:
    """The memory file, and what the user says: `python EXAMPLE.py memory.db "..."`."""
    if len(sys.argv) != 3:
        sys.exit(f'usage: python {sys.argv[0]} memory.db "My boat is called Ada."')
    return sys.argv[1], sys.argv[2]
