"""The Model Context Protocol's own conformance suite, on the server over an empty memory.

    python scripts/mcp_conformance.py

Wants npm: the suite and the Node that it needs are installed below .cache. Fails if a scenario ends
otherwise than tests/integrations/mcp/conformance.yml says.
"""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from pathlib import Path

import uvicorn

from sekha import SekhaClient
from sekha.integrations.mcp import memory_server

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / ".cache" / "mcp-conformance"
PACKAGES = ["node@22", "@modelcontextprotocol/conformance@0.1.16"]
SUITE = TOOLS / "node_modules" / "@modelcontextprotocol" / "conformance" / "dist" / "index.js"
EXPECTED = ROOT / "tests" / "integrations" / "mcp" / "conformance.yml"


def install() -> None:
    if not SUITE.exists():
        TOOLS.mkdir(parents=True, exist_ok=True)
        command = ["npm", "install", "--silent", "--prefix", str(TOOLS), *PACKAGES]
        subprocess.run(command, check=True)


async def run() -> int:
    """Serve without a key, which the suite cannot send, and run the suite."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/mcp"
        async with SekhaClient.local() as client:
            app = memory_server(client).streamable_http_app()
            server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
            serving = asyncio.create_task(server.serve([listening]))
            node = TOOLS / "node_modules" / ".bin" / "node"
            options = ["server", "--url", url, "--expected-failures", str(EXPECTED)]
            suite = await asyncio.create_subprocess_exec(str(node), str(SUITE), *options)
            code = await suite.wait()
            server.should_exit = True
            await serving
    return code


if __name__ == "__main__":
    install()
    sys.exit(asyncio.run(run()))
