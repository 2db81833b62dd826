"""Google ADK: sessions go into a memory, and are preloaded in later ones.

Run it twice, as two processes that share nothing but the memory file:

    python examples/frameworks/google_adk_memory.py memory.db "My boat is called Ada."
    python examples/frameworks/google_adk_memory.py memory.db "What is my boat called?"
"""

import asyncio
from collections.abc import AsyncGenerator

from google.adk.agents import Agent
from google.adk.models import BaseLlm, LlmRequest, LlmResponse
from google.adk.runners import Runner
from google.adk.sessions import InMemorySessionService
from google.adk.tools.preload_memory_tool import PreloadMemoryTool
from google.genai import types
from script import arguments, reply

from sekha import SekhaClient
from sekha.integrations.google_adk import SekhaMemoryService

PLACE = {"app_name": "boats", "user_id": "anna"}


class Script(BaseLlm):
    """Answers from the request, in which the preloaded memory stands."""

    async def generate_content_async(
        self, llm_request: LlmRequest, stream: bool = False
    ) -> AsyncGenerator[LlmResponse, None]:
        said = llm_request.contents[-1].parts[0].text
        part = types.Part(text=reply(said, llm_request))
        yield LlmResponse(content=types.Content(role="model", parts=[part]))


async def main() -> None:
    path, said = arguments()
    async with SekhaClient.local(path) as memory:
        service, sessions = SekhaMemoryService(memory), InMemorySessionService()
        agent = Agent(name="assistant", model=Script(model="script"), tools=[PreloadMemoryTool()])
        runner = Runner(
            app_name="boats", agent=agent, session_service=sessions, memory_service=service
        )
        session = await sessions.create_session(**PLACE)
        message = types.Content(role="user", parts=[types.Part(text=said)])
        async for event in runner.run_async(
            user_id="anna", session_id=session.id, new_message=message
        ):
            if event.content and event.content.parts:
                print(event.content.parts[0].text)
        done = await sessions.get_session(**PLACE, session_id=session.id)
        await service.add_session_to_memory(done)


if __name__ == "__main__":
    asyncio.run(main())
