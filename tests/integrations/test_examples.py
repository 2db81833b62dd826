"""Each example tells the same story: told something, a new process answers from memory."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import ROOT

from .conftest import TESTED, is_there

EXAMPLES = ROOT / "examples" / "frameworks"
NEEDS = {
    "agent_framework_history.py": ("agent_framework", "agent_framework"),
    "anthropic_memory_tool.py": ("anthropic", "anthropic"),
    "google_adk_memory.py": ("google_adk", "google.adk"),
    "langchain_recall.py": ("langchain", "langchain_core"),
    "langgraph_store.py": ("langgraph", "langgraph.graph"),
    "llama_index_memory.py": ("llama_index", "llama_index.core"),
    "mcp_host.py": ("mcp", "mcp typer"),
    "openai_agents_recall.py": ("openai_agents", "agents"),
    "openai_remember.py": ("openai", "openai"),
    "pydantic_ai_recall.py": ("pydantic_ai", "pydantic_ai"),
}
"""Which framework each is of, and the modules that it cannot do without."""
TRIED = [
    example
    for example, (framework, modules) in NEEDS.items()
    if (is_there(modules) if not TESTED else framework == TESTED)
]


def say(example: str, path: Path, said: str) -> str:
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / example), str(path), said],
        env={**os.environ, "ANONYMIZED_TELEMETRY": "false"},
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


def test_every_example_is_tested() -> None:
    assert {path.name for path in EXAMPLES.glob("*.py")} == {*NEEDS, "script.py"}


@pytest.mark.parametrize("example", TRIED)
def test_a_new_process_answers_from_memory(example: str, tmp_path: Path) -> None:
    path, other = tmp_path / "memory.db", tmp_path / "other.db"
    assert say(example, path, "My boat is called Ada.") == "I will remember that."
    assert say(example, path, "What is my boat called?") == "Your boat is called Ada."
    if example != "anthropic_memory_tool.py":
        assert say(example, other, "What is my boat called?") == "I do not know."
