"""OpenAI Agents SDK: sessions in a memory, and a tool that recalls all of them.

Run it twice, as two processes that share nothing but the memory file:

    python examples/frameworks/openai_agents_recall.py memory.db "My boat is called Ada."
    python examples/frameworks/openai_agents_recall.py memory.db "What is my boat called?"
"""

import asyncio
from typing import Any
from uuid import uuid4

from agents import Agent, RunConfig, Runner
from agents.testing import ScriptedModel, assistant_message, function_call
from script import arguments, reply

from sekha import SekhaClient
from sekha.integrations.openai_agents import SekhaSession, recall_tool


class Script(ScriptedModel):
    """Calls the tool first, and answers from what it gave."""

    async def get_response(self, *args: Any, **kwargs: Any) -> Any:
        given = kwargs["input"]
        said = [each["content"] for each in given if each.get("role") == "user"][-1]
        if given[-1].get("type") == "function_call_output":
            self.enqueue([assistant_message(reply(said, given))])
        else:
            self.enqueue([function_call("recall", {"query": said}, call_id="call_1")])
        return await super().get_response(*args, **kwargs)


async def main() -> None:
    path, said = arguments()
    async with SekhaClient.local(path) as memory:
        agent = Agent(name="Assistant", model=Script(), tools=[recall_tool(memory, "anna")])
        session = SekhaSession(str(uuid4()), memory, "anna")
        quiet = RunConfig(tracing_disabled=True)
        result = await Runner.run(agent, said, session=session, run_config=quiet)
        print(result.final_output)


if __name__ == "__main__":
    asyncio.run(main())
