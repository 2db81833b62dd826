"""Anthropic SDK: the memory tool, whose files are in a memory.

Run it twice, as two processes that share nothing but the memory file:

    python examples/frameworks/anthropic_memory_tool.py memory.db "My boat is called Ada."
    python examples/frameworks/anthropic_memory_tool.py memory.db "What is my boat called?"
"""

import json

import httpx2
from anthropic import Anthropic
from script import arguments, reply

from sekha import SyncSekhaClient
from sekha.integrations.anthropic import SekhaMemoryTool

NOTES = "/memories/notes.md"


class Script:
    """The API in this process: its model reads its notes, and writes down what it is told."""

    def __init__(self, said: str) -> None:
        self._said = said
        self._turn = 0

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self._turn += 1
        asks = self._said.endswith("?")
        if self._turn == 1:
            command = {"command": "view", "path": NOTES if asks else "/memories"}
        elif self._turn == 2 and not asks:
            command = {"command": "create", "path": NOTES, "file_text": self._said}
        else:
            given = json.loads(request.content)["messages"]
            return answered([{"type": "text", "text": reply(self._said, given)}], "end_turn")
        use = {"type": "tool_use", "id": f"use_{self._turn}", "name": "memory", "input": command}
        return answered([use], "tool_use")


def answered(content: list[dict[str, object]], stop_reason: str) -> httpx2.Response:
    usage = {"input_tokens": 1, "output_tokens": 1}
    shape = {"id": "msg_1", "type": "message", "role": "assistant", "model": "script"}
    return httpx2.Response(
        200, json={**shape, "content": content, "stop_reason": stop_reason, "usage": usage}
    )


def main() -> None:
    path, said = arguments()
    transport = httpx2.Client(transport=httpx2.MockTransport(Script(said)))
    with (
        SyncSekhaClient.local(path) as memory,
        Anthropic(api_key="none", http_client=transport) as client,
    ):
        runner = client.beta.messages.tool_runner(
            model="script",
            max_tokens=1024,
            messages=[{"role": "user", "content": said}],
            tools=[SekhaMemoryTool(memory, "anna")],
        )
        print(runner.until_done().content[0].text)


if __name__ == "__main__":
    main()
