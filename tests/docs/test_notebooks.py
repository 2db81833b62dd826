"""The notebooks run from top to bottom, in a kernel of their own, and are stored without outputs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from conftest import ROOT

FOLDER = ROOT / "examples" / "notebooks"
# What each prints when it does its work, and how many plots it draws.
SHOWS = {
    "first_steps.ipynb": (["Indoors, eight weeks", "# Garden (/home", "# Garden and yard"], 0),
    "chatgpt_history.ipynb": (["150 read, 150 stored, 0 failed", "0 stored, 150 unchanged"], 3),
    "agent_with_memory.ipynb": (["without: The trattoria by the river; their", "leave the"], 0),
}


def test_every_notebook_is_tested() -> None:
    assert {path.name for path in FOLDER.glob("*.ipynb")} == set(SHOWS)


@pytest.mark.parametrize("name", SHOWS)
def test_a_notebook_is_stored_without_outputs(name: str) -> None:
    notebook: Any = nbformat.read(FOLDER / name, as_version=4)
    for cell in notebook.cells:
        assert not cell.get("outputs") and cell.get("execution_count") is None


@pytest.mark.slow
@pytest.mark.parametrize("name", SHOWS)
def test_a_notebook_runs(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    monkeypatch.setenv("MPLCONFIGDIR", str(tmp_path))
    monkeypatch.delenv("CHATGPT_EXPORT", raising=False)
    notebook: Any = nbformat.read(FOLDER / name, as_version=4)
    client = NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(FOLDER)}})
    client.execute()
    outputs = [each for cell in notebook.cells for each in cell.get("outputs", ())]
    printed = "".join(each.get("text", "") for each in outputs)
    lines, plots = SHOWS[name]
    assert not [line for line in lines if line not in printed], printed
    assert sum("image/png" in each.get("data", {}) for each in outputs) == plots
