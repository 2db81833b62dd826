"""LlamaIndex: what leaves the short-term memory comes back from a memory.

Run it twice, as two processes that share nothing but the memory file:

    python examples/frameworks/llama_index_memory.py memory.db "My boat is called Ada."
    python examples/frameworks/llama_index_memory.py memory.db "What is my boat called?"
"""

import asyncio
from uuid import uuid4

from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.memory import Memory
from script import arguments, reply

from sekha import SekhaClient
from sekha.integrations.llama_index import SekhaMemoryBlock


async def main() -> None:
    path, said = arguments()
    async with SekhaClient.local(path) as client:
        block = SekhaMemoryBlock(client=client, user_id="anna")
        memory = Memory.from_defaults(session_id=str(uuid4()), memory_blocks=[block])
        user = ChatMessage(role="user", content=said)
        await memory.aput(user)
        answer = ChatMessage(role="assistant", content=reply(said, await memory.aget()))
        await memory.aput(answer)
        # At its end, a session goes over to the long-term memory.
        await block.aput([user, answer], session_id=memory.session_id)
        print(answer.content)


if __name__ == "__main__":
    asyncio.run(main())
