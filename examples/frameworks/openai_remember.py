"""An OpenAI client that remembers.

Run it twice, as two processes that share nothing but the memory file:

    python examples/frameworks/openai_remember.py memory.db "My boat is called Ada."
    python examples/frameworks/openai_remember.py memory.db "What is my boat called?"
"""

import json

import httpx
from openai import OpenAI
from script import arguments, reply

from sekha import SyncSekhaClient
from sekha.integrations.openai import remember


def scripted(request: httpx.Request) -> httpx.Response:
    """The API in this process."""
    messages = json.loads(request.content)["messages"]
    text = reply(messages[-1]["content"], messages)
    choice = {
        "index": 0,
        "finish_reason": "stop",
        "message": {"role": "assistant", "content": text},
    }
    shape = {"id": "chat_1", "object": "chat.completion", "created": 1, "model": "script"}
    return httpx.Response(200, json={**shape, "choices": [choice]})


def main() -> None:
    path, said = arguments()
    transport = httpx.Client(transport=httpx.MockTransport(scripted))
    with (
        SyncSekhaClient.local(path) as memory,
        OpenAI(api_key="none", http_client=transport) as plain,
    ):
        client = remember(plain, memory, "anna")
        answer = client.chat.completions.create(
            model="script", messages=[{"role": "user", "content": said}]
        )
        print(answer.choices[0].message.content)


if __name__ == "__main__":
    main()
