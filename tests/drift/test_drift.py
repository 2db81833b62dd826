"""The drift checks, run on a copy of the tree that is then spoilt in every way there is."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import ROOT

COPIED = (
    "openapi.yaml",
    "pyproject.toml",
    "templates",
    "scripts",
    "generated/sekha_api",
    "sekha/_async",
    "sekha/_sync",
    "sekha/integrations/_async",
    "sekha/integrations/_sync",
    "tests/_async/facade",
    "tests/_sync/facade",
)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    copy = tmp_path / "tree"
    for name in COPIED:
        source, target = ROOT / name, copy / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    return copy


def run(tree: Path, script: str, *arguments: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, str(tree / "scripts" / script), *arguments],
        cwd=tree,
        capture_output=True,
        text=True,
        timeout=300,
    )
    return done.returncode, done.stderr


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), "utf-8")


def contents(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


@pytest.mark.slow
def test_generated_code_that_drifted_is_seen_and_mended(tree: Path) -> None:
    package = tree / "generated" / "sekha_api"
    committed = contents(package)
    with (package / "types.py").open("a") as file:
        file.write("# by hand\n")
    (package / "models" / "from_long_ago.py").write_text("")
    (package / "api" / "system" / "get_metrics.py").unlink()
    (package / "py.typed").unlink()

    status, errors = run(tree, "generate.py", "--check")
    assert status == 1
    assert errors.splitlines() == [
        "generated/sekha_api: api/system/get_metrics.py: missing",
        "generated/sekha_api: models/from_long_ago.py: nothing makes this file",
        "generated/sekha_api: py.typed: missing",
        "generated/sekha_api: types.py: differs from what would be generated",
        "run `make generate`, and commit what it writes",
    ]
    assert (package / "models" / "from_long_ago.py").exists()  # a check writes nothing

    assert run(tree, "generate.py") == (0, "")
    assert contents(package) == committed


@pytest.mark.slow
def test_a_field_added_to_the_contract_is_drift_until_it_is_generated(tree: Path) -> None:
    model = tree / "generated" / "sekha_api" / "models" / "conversation_count.py"
    head = (
        "    ConversationCount:\n      type: object\n      required: [count]\n"
        "      additionalProperties: false\n      properties:\n"
    )
    added = "        counted_at: {type: string, description: When it was counted.}\n"
    edit(tree / "openapi.yaml", head, head + added)

    status, errors = run(tree, "generate.py", "--check")
    assert status == 1
    assert "models/conversation_count.py: differs" in errors and "openapi.json: differs" in errors
    assert "counted_at" not in model.read_text("utf-8")

    assert run(tree, "generate.py") == (0, "")
    assert "counted_at: str | Unset = UNSET" in model.read_text("utf-8")
    # The same a second time, byte for byte.
    assert run(tree, "generate.py", "--check") == (0, "")


@pytest.mark.slow
def test_sync_code_that_drifted_is_seen_and_mended(tree: Path) -> None:
    sync = tree / "sekha" / "_sync"
    committed = contents(sync), contents(tree / "tests" / "_sync")
    edit(sync / "api" / "system.py", "def metrics(", "def metric(")
    (sync / "from_long_ago.py").write_text("")
    (tree / "tests" / "_sync" / "facade" / "test_system.py").unlink()
    (tree / "sekha" / "_async" / "notes.txt").write_text("is converted by nothing")
    edit(
        tree / "scripts" / "make_sync.py",
        "SUBSTITUTIONS = {\n",
        'SUBSTITUTIONS = {\n    "misspelt": "never",\n',
    )

    status, errors = run(tree, "make_sync.py", "--check")
    assert status == 1
    # A substitution can have its only match among the tests that were not copied.
    unmatched = {each for each in errors.splitlines() if each.endswith("matched nothing")}
    assert "substitution 'misspelt' matched nothing" in unmatched
    assert [each for each in errors.splitlines() if each not in unmatched] == [
        "sekha/_sync/api/system.py: differs from what would be generated",
        "sekha/_sync/from_long_ago.py: nothing makes this file",
        "sekha/_async/notes.txt: is not Python",
        "tests/_sync/facade/test_system.py: missing",
        "run `make generate`, and commit what it writes",
    ]

    (tree / "sekha" / "_async" / "notes.txt").unlink()
    edit(tree / "scripts" / "make_sync.py", '    "misspelt": "never",\n', "")
    run(tree, "make_sync.py")
    assert (contents(sync), contents(tree / "tests" / "_sync")) == committed


@pytest.fixture
def compare_trees() -> Callable[..., list[str]]:
    spec = importlib.util.spec_from_file_location("tree", ROOT / "scripts" / "tree.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: Callable[..., list[str]] = module.compare_trees
    return found


def test_each_difference_alone_is_a_difference(
    compare_trees: Callable[..., list[str]], tmp_path: Path
) -> None:
    def differences(expected: dict[str, str], actual: dict[str, str]) -> list[str]:
        for side, files in (("expected", expected), ("actual", actual)):
            shutil.rmtree(tmp_path / side, ignore_errors=True)
            (tmp_path / side).mkdir()
            for name, text in files.items():
                (tmp_path / side / name).parent.mkdir(parents=True, exist_ok=True)
                (tmp_path / side / name).write_text(text)
        return compare_trees(expected=tmp_path / "expected", actual=tmp_path / "actual")

    same = {"a.py": "1", "b/c.py": "2"}
    assert differences(same, same) == []
    assert differences(same, {**same, "__pycache__/a.pyc": "x"}) == []
    assert differences(same, {**same, "a.py": "1 "}) == [
        "a.py: differs from what would be generated"
    ]
    assert differences(same, {**same, "b/d.py": ""}) == ["b/d.py: nothing makes this file"]
    assert differences(same, {"a.py": "1"}) == ["b/c.py: missing"]
    assert differences({"a.py": ""}, {"a.py": "longer, beginning alike"}) != []
