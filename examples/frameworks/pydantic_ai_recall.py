"""Pydantic AI: conversations in a memory, and a capability that recalls them.

Run it twice, as two processes that share nothing but the memory file:

    python examples/frameworks/pydantic_ai_recall.py memory.db "My boat is called Ada."
    python examples/frameworks/pydantic_ai_recall.py memory.db "What is my boat called?"
"""

import asyncio

from pydantic_ai import Agent
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models.function import AgentInfo, FunctionModel
from script import arguments, reply

from sekha import SekhaClient
from sekha.integrations.pydantic_ai import SekhaConversationStore, SekhaMemory


async def main() -> None:
    path, said = arguments()

    def model(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        if len(messages) == 1:
            return ModelResponse(parts=[ToolCallPart("recall", {"query": said})])
        return ModelResponse(parts=[TextPart(reply(said, messages))])

    async with SekhaClient.local(path) as memory:
        agent = Agent(FunctionModel(model), capabilities=[SekhaMemory(memory, "anna")])
        result = await agent.run(said)
        await SekhaConversationStore(memory).save(result, scope="anna")
        print(result.output)


if __name__ == "__main__":
    asyncio.run(main())
