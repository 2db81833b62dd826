"""What Claude's export holds beside conversations: projects with their documents, and what Claude
remembers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .. import texts
from ..drafts import Conversion, Draft, Skip, Turn
from ..texts import as_text, text_of
from ..times import moment

_PROJECT = frozenset(("docs", "prompt_template", "is_starter_project"))


def recognises(record: Mapping[str, Any]) -> bool:
    """Whether it is a project or the memory."""
    project = "uuid" in record and "name" in record and bool(_PROJECT & record.keys())
    return project or "conversations_memory" in record


def convert(record: Mapping[str, Any], work: Conversion) -> list[Draft] | Draft | Skip:
    if "conversations_memory" in record or "project_memories" in record:
        return _memories(record, work)
    return _project(record, work)


def _project(record: Mapping[str, Any], work: Conversion) -> Draft | Skip:
    """A project: what it is for, its instructions, and each of its documents."""
    created = moment(record.get("created_at"))
    turns = [
        Turn("system", text, created)
        for text in (text_of(record.get("description")), text_of(record.get("prompt_template")))
        if text.strip()
    ]
    docs = record.get("docs")
    for doc in docs if isinstance(docs, list) else ():
        if isinstance(doc, dict):
            said = texts.file(work, doc.get("filename"), doc.get("content"))
            turns.append(Turn("user", said, moment(doc.get("created_at")) or created))
    if not turns:
        return Skip("a project without instructions and documents", harmless=True)
    return work.draft(
        turns,
        source_id=f"project-{as_text(record.get('uuid'))}",
        title=text_of(record.get("name")) or None,
        project="projects",
        created_at=created,
        updated_at=moment(record.get("updated_at")),
    )


def _memories(record: Mapping[str, Any], work: Conversion) -> list[Draft] | Skip:
    """What is remembered of all conversations, and of each project."""
    told = {"Memory": record.get("conversations_memory")}
    projects = record.get("project_memories")
    for name, text in projects.items() if isinstance(projects, dict) else ():
        told[f"Memory of project {name}"] = text
    account = text_of(record.get("account_uuid"))
    drafts = [
        Draft(
            turns=[Turn("assistant", text_of(text))],
            source_id=f"memory-{account}-{title}",
            title=title,
            project="memories",
        )
        for title, text in told.items()
        if text_of(text).strip()
    ]
    return drafts or Skip("a memory with nothing in it", harmless=True)
