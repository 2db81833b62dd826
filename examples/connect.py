"""Which controller the examples talk to: the embedded one, or the one at SEKHA_BASE_URL."""

import os
from collections.abc import Iterable

from sekha import ClientConfig, SekhaAPIError, SekhaClient


def open_client() -> SekhaClient:
    """A client for the real controller if SEKHA_BASE_URL is set, else for one in this process."""
    if os.environ.get("SEKHA_BASE_URL"):
        return SekhaClient(ClientConfig.load())
    return SekhaClient.local()


async def tidy(client: SekhaClient, conversation_ids: Iterable[str]) -> None:
    """Takes an example's own conversations away again."""
    for conversation_id in conversation_ids:
        try:
            await client.delete(conversation_id)
        except SekhaAPIError:
            # A controller with embeddings refuses every delete (compatibility row 22).
            await client.archive(conversation_id)
