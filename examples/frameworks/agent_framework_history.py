"""Microsoft Agent Framework: a session goes on in a new process.

Run it twice, as two processes that share nothing but the memory file:

    python examples/frameworks/agent_framework_history.py memory.db "My boat is called Ada."
    python examples/frameworks/agent_framework_history.py memory.db "What is my boat called?"
"""

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from typing import Any

from agent_framework import Agent, BaseChatClient, ChatResponse, Message
from script import arguments, reply

from sekha import SekhaClient
from sekha.integrations.agent_framework import SekhaHistoryProvider


class Script(BaseChatClient):
    """Answers from the messages, the loaded history among them."""

    def _inner_get_response(
        self,
        *,
        messages: Sequence[Message],
        stream: bool,
        options: Mapping[str, Any],
        **kwargs: Any,
    ) -> Awaitable[ChatResponse]:
        said = messages[-1].text

        async def respond() -> ChatResponse:
            text = reply(said, [each.text for each in messages])
            return ChatResponse(messages=[Message("assistant", [text])])

        return respond()


async def main() -> None:
    path, said = arguments()
    async with SekhaClient.local(path) as memory:
        history = SekhaHistoryProvider(memory, "anna")
        agent = Agent(client=Script(), context_providers=[history])
        session = agent.create_session(session_id="chat-1")
        print((await agent.run(said, session=session)).text)


if __name__ == "__main__":
    asyncio.run(main())
