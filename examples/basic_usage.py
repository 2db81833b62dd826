"""Store a conversation, read it, find it, change it, take it away.

    python examples/basic_usage.py

Runs on the embedded controller; with SEKHA_BASE_URL and SEKHA_API_KEY set, on a real one.
"""

import asyncio

from connect import open_client, tidy

from sekha import MessageDto, NewConversation, SekhaNotFoundError

LABEL = "Example:Basic Usage"
FOLDER = "/examples/basic-usage"


async def main() -> None:
    async with open_client() as client:
        created = await client.create_conversation(
            NewConversation(
                label=LABEL,
                folder=FOLDER,
                importance_score=8,
                messages=[
                    MessageDto(role="user", content="How long may a prompt for our model be?"),
                    MessageDto(role="assistant", content="The context window has 200K tokens."),
                ],
            )
        )
        print(f"Stored as {created.id}")

        try:
            conversation = await client.get_conversation(created.id)
            print(f"Read back: importance {conversation.importance_score}, {conversation.status}")
            for message in conversation.messages or ():
                print(f"  {message.role}: {message.content}")

            print("By meaning, 'how much text fits':")
            for result in await client.smart_query("how much text fits", limit=3):
                print(f"  {result.similarity:.2f} {result.label}: {result.content}")

            found = await client.search("context window", label=LABEL)
            print(f"By words, 'context window': {len(found)} conversation(s)")

            await client.update_label(created.id, label=f"{LABEL} (done)", folder=FOLDER)
            await client.move(created.id, folder=f"{FOLDER}/done")
            await client.pin(created.id)
            changed = await client.get_conversation(created.id)
            print(f"Changed: {changed.label} in {changed.folder}, pinned: {changed.pinned}")

            for suggestion in await client.suggest_labels(created.id):
                print(f"Suggested label: {suggestion.label} ({suggestion.confidence:.2f})")
        finally:
            await tidy(client, [created.id])

        try:
            gone = await client.get_conversation(created.id)
        except SekhaNotFoundError:
            print("Deleted.")
        else:
            print(f"Now {gone.status}.")


if __name__ == "__main__":
    asyncio.run(main())
