"""A host of the Model Context Protocol that uses `sekha-memory mcp`.

Run it twice, as two processes that share nothing but the memory file:

    python examples/frameworks/mcp_host.py memory.db "My boat is called Ada."
    python examples/frameworks/mcp_host.py memory.db "What is my boat called?"
"""

import asyncio
import sys

from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters
from script import arguments, reply


async def main() -> None:
    path, said = arguments()
    command = ["-m", "sekha.cli", "mcp", "--local", path]
    async with Client(StdioServerParameters(command=sys.executable, args=command)) as host:
        found = await host.call_tool("memory_recall", {"query": said})
        answer = reply(said, found.structured_content)
        messages = [
            {"role": "user", "content": said},
            {"role": "assistant", "content": answer},
        ]
        await host.call_tool("memory_store", {"label": "Chat", "messages": messages})
        print(answer)


if __name__ == "__main__":
    asyncio.run(main())
