"""Build the context for the next prompt from what was said before, inside a token budget.

    python examples/context_assembly.py

Runs on the embedded controller; with SEKHA_BASE_URL and SEKHA_API_KEY set, on a real one.
"""

import asyncio

from connect import open_client, tidy

from sekha import MessageDto, NewConversation

PLANNING = "Example:Planning"
DESIGN = "Example:Design"
FOLDER = "/examples/context-assembly"

CONVERSATIONS = [
    NewConversation(
        label=PLANNING,
        folder=FOLDER,
        messages=[
            MessageDto("user", "What did we promise for the bulk import feature?"),
            MessageDto("assistant", "Bad rows are skipped and reported; release on the 28th."),
        ],
    ),
    NewConversation(
        label=DESIGN,
        folder=FOLDER,
        messages=[
            MessageDto("user", "How does the bulk import report progress?"),
            MessageDto("assistant", "It answers 202 with a job id; a second endpoint is polled."),
        ],
    ),
    NewConversation(
        label="Example:Kitchen",
        folder=FOLDER,
        messages=[
            MessageDto("user", "How long do I bake a flourless chocolate cake?"),
            MessageDto("assistant", "35 minutes at 170 degrees."),
        ],
    ),
]


async def main() -> None:
    async with open_client() as client:
        ids: list[str] = []
        try:
            for conversation in CONVERSATIONS:
                ids.append((await client.create_conversation(conversation)).id)
            print(f"Stored {len(ids)} conversations")

            for budget in (400, 60):
                context = await client.assemble_context(
                    "Continue working on the bulk import",
                    preferred_labels=[PLANNING, DESIGN],
                    context_budget=budget,
                )
                print(
                    f"\nBudget {budget}: {context.estimated_tokens} tokens"
                    f" from {len(context.conversations)} conversation(s)\n"
                )
                print(context.formatted_context)
        finally:
            await tidy(client, ids)


if __name__ == "__main__":
    asyncio.run(main())
