"""A server of the Model Context Protocol over a memory, for Claude, Cursor and every other host.

`sekha-memory mcp` runs it; `memory_server(client)` is what it runs, for a program of one's own.
"""

from .._missing import requires

with requires("mcp"):
    import mcp.server  # noqa: F401

from .http import http_app, serve_http
from .server import memory_server

__all__ = ["http_app", "memory_server", "serve_http"]
