"""Parquet export: a table with one row a message, for analysis."""

from __future__ import annotations

from contextlib import suppress
from typing import IO, Any

from .._core.wire.times import parse_time
from ..errors import SekhaMissingExtraError

_ROWS = 10_000
_CHARACTERS = 8_000_000
"""After so many rows, or so much text, a group of rows is written."""
_LARGEST_INTEGER = 2**31 - 1


class ParquetFile:
    """A table that is written in flat memory: an `add` for each record of an export, then `end`.

    Args:
        file: where to.

    Raises:
        SekhaMissingExtraError: the extra `parquet` is not installed.
    """

    def __init__(self, file: IO[bytes]) -> None:
        try:
            import pyarrow
            import pyarrow.parquet
        except ModuleNotFoundError:
            raise SekhaMissingExtraError("Parquet needs pyarrow of", "parquet") from None
        text, moment = pyarrow.string(), pyarrow.timestamp("us", tz="UTC")
        self._arrow = pyarrow
        self._schema = pyarrow.schema(
            [
                ("conversation_id", text),
                ("message_id", text),
                ("position", pyarrow.int32()),
                ("label", text),
                ("folder", text),
                ("status", text),
                ("importance", pyarrow.int32()),
                ("source", text),
                ("source_id", text),
                ("role", text),
                ("content", pyarrow.large_string()),
                ("time", moment),
                ("created_at", moment),
                ("updated_at", moment),
            ]
        )
        self._rows: list[dict[str, Any]] = []
        self._characters = 0
        self._writer = pyarrow.parquet.ParquetWriter(file, self._schema, compression="zstd")

    def add(self, conversation: dict[str, Any]) -> None:
        """The messages of a record of an export."""
        importance = conversation["importance_score"]
        about = {
            "conversation_id": conversation["id"],
            "label": conversation["label"],
            "folder": conversation["folder"],
            "status": conversation["status"],
            "importance": max(-_LARGEST_INTEGER, min(importance, _LARGEST_INTEGER)),
            "source": conversation.get("source"),
            "source_id": conversation.get("source_id"),
            "created_at": parse_time(conversation["created_at"]),
            "updated_at": parse_time(conversation["updated_at"]),
        }
        for position, message in enumerate(conversation["messages"]):
            row = {
                **about,
                "message_id": message["id"],
                "position": position,
                "role": message["role"],
                "content": message["content"],
                "time": parse_time(message["timestamp"]),
            }
            self._rows.append(row)
            self._characters += len(message["content"])
            if len(self._rows) >= _ROWS or self._characters >= _CHARACTERS:
                self._write()

    def end(self) -> None:
        """Write what is left, and the file's end."""
        self._write()
        self._writer.close()

    def abandon(self) -> None:
        """Let go of a file that is not to be kept: its library would write an end to it later."""
        with suppress(Exception):
            self._writer.close()

    def _write(self) -> None:
        if self._rows:
            table = self._arrow.Table.from_pylist(self._rows, schema=self._schema)
            self._writer.write_table(table)
        self._rows.clear()
        self._characters = 0
