"""Other people's exports, and this project's own, as conversations to store.

    reading = read("chatgpt-export.zip")
    for record in reading:
        await client.create_conversation(record.conversation)
    print(reading.report.summary())

Needs the extra `importers`: pip install "sekha-memory[importers]".
"""

from .reading import Reading, read
from .records import ImportRecord
from .registry import FORMAT_NAMES, FORMATS, Format
from .report import Report, SkippedRecord

__all__ = [
    "FORMATS",
    "FORMAT_NAMES",
    "Format",
    "ImportRecord",
    "Reading",
    "Report",
    "SkippedRecord",
    "read",
]
