"""Taking conversations out."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

from sekha_api import models as api
from sekha_api.api.tools import memory_export

from .._concurrency import async_bounded_map
from .._core import exports, validate
from .._core.answers import tool_data
from .._core.listing import PAGE_SIZE, Filter
from ..errors import SekhaNotFoundError
from .base import READS_AT_ONCE, Base, known_id
from .pipeline import Call


class Exporting(Base):
    """Conversations as text."""

    async def export(
        self, label: str | None = None, format: str = "json", *, folder: str | None = None
    ) -> str:
        """All conversations with all their messages, or those of one label or folder.

        Args:
            label: only those of exactly this label.
            format: "json", which holds everything the controller tells (docs/export-format.md), or
                "markdown", for reading.
            folder: only those of exactly this folder.
        """
        validate.one_of("format", format, exports.FORMATS)
        validate.optional_text("label", label)
        validate.optional_text("folder", folder)
        records = [record async for record in self._records(Filter(label=label, folder=folder))]
        return "".join(exports.write(records, format))

    async def export_single(self, conversation_id: str, format: str = "json") -> str:
        """One conversation with all its messages.

        Args:
            format: "json" or "markdown", as for `export`.

        Raises:
            SekhaNotFoundError: there is none of this id.
        """
        validate.one_of("format", format, exports.FORMATS)
        record = await self._record(self._pipeline.begin(), known_id(conversation_id))
        return exports.write_one(record, format)

    async def _records(self, wanted: Filter) -> AsyncGenerator[dict[str, Any]]:
        call = self._pipeline.begin()
        async for page in self._pages(wanted, call=call, page_size=PAGE_SIZE):
            ids = [conversation.id for conversation in page]
            async for record in async_bounded_map(
                lambda conversation_id: self._record_if_there(call, conversation_id),
                ids,
                READS_AT_ONCE,
            ):
                if record is not None:
                    yield record

    async def _record_if_there(self, call: Call, conversation_id: str) -> dict[str, Any] | None:
        try:
            return await self._record(call, conversation_id)
        except SekhaNotFoundError:
            return None  # deleted since it was listed

    async def _record(self, call: Call, conversation_id: str) -> dict[str, Any]:
        answer = await call(
            memory_export, body=api.MemoryExportRequest(conversation_id=conversation_id)
        )
        aligned = self._pipeline.config.align_multibyte
        return exports.record(tool_data("memory_export", answer), aligned=aligned)
