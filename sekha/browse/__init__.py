"""A page to look at a memory, to find things in it and to tidy it: see docs/guides/browse.md.

An application of the public client: whatever it shows, `SekhaClient` gave it, so that it works over a
memory file and over any controller. It needs the extra `browse`: without it, importing this package
raises a SekhaMissingExtraError that says what to install.
"""

from importlib.util import find_spec

from ..errors import SekhaMissingExtraError

_NEEDED = ("starlette", "uvicorn", "jinja2", "markdown_it", "nh3", "pygments", "latex2mathml")
_missing = [name for name in _NEEDED if find_spec(name) is None]
if _missing:
    raise SekhaMissingExtraError(f"the page needs {', '.join(_missing)} of", "browse")

from .app import browse_app  # noqa: E402

__all__ = ["browse_app"]
