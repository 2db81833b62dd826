"""Find what is old and unimportant, look at the reasons, archive it.

    python examples/intelligent_pruning.py

Runs on the embedded controller; with SEKHA_BASE_URL and SEKHA_API_KEY set, on a real one, where it
touches nothing but the conversations that it stored itself.
"""

import asyncio

from connect import open_client, tidy

from sekha import MessageDto, NewConversation

LABEL = "Example:Pruning"
FOLDER = "/examples/intelligent-pruning"

# What is said, how important it is, and whether it is pinned.
NOTES = [
    ("The lunch place is closed on Monday.", 1, False),
    ("A draft of the agenda, replaced since.", 3, False),
    ("The wifi code for guests is on the fridge.", 2, True),
    ("The migration plan that we all agreed on.", 9, False),
]


async def main() -> None:
    async with open_client() as client:
        ids: list[str] = []
        try:
            for content, importance, pinned in NOTES:
                conversation = NewConversation(
                    label=LABEL,
                    folder=FOLDER,
                    messages=[MessageDto("user", content)],
                    importance_score=importance,
                )
                ids.append((await client.create_conversation(conversation)).id)
                if pinned:
                    await client.pin(ids[-1])
            print(f"Stored {len(ids)} conversations")

            # 0 days, since they are new; a real clean-up would say 90.
            suggestions = await client.get_pruning_suggestions(
                threshold_days=0, importance_threshold=5.0
            )
            mine = [suggestion for suggestion in suggestions if suggestion.id in ids]
            print(f"{len(mine)} of them could be archived:")
            for suggestion in mine:
                print(
                    f"  {suggestion.id}: {suggestion.age_days} days old,"
                    f" importance {suggestion.importance_score}/10: {suggestion.reason}"
                )

            await client.execute_prune([suggestion.id for suggestion in mine])
            for (content, _, _), conversation_id in zip(NOTES, ids, strict=True):
                status = (await client.get_conversation(conversation_id)).status
                print(f"  {status}: {content}")
        finally:
            await tidy(client, ids)


if __name__ == "__main__":
    asyncio.run(main())
