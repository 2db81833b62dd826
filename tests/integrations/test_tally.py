"""What the documentation says of the frameworks' own suites is what is run here."""

from __future__ import annotations

import re
from importlib.metadata import version

import pytest

from conftest import ROOT

from .conftest import TESTED
from .foreign import NOT_INSTALLED

PAGE = ROOT / "docs" / "agents-and-frameworks.md"
LINE = re.compile(
    r"^\| `(?P<suite>[\w-]+)` (?P<version>[\d.]+), .*? \| (?P<passed>\d+) \| (?P<left>\d+|none)",
    re.MULTILINE,
)
SUITES = {
    "anthropic": "anthropic",
    "langchain": "langchain-tests",
    "langgraph": "langgraph-checkpoint-sqlite",
    "openai_agents": "openai-agents",
}
"""The suites of other people, by the folder that runs them."""


def is_of_suite(item: pytest.Item) -> bool:
    """Whether a test is another package's: it stands in its suite, or in a class of it."""
    ours = (ROOT / "tests" / "integrations").as_posix()
    function = getattr(item, "function", None)
    code = getattr(function, "__code__", None)
    return code is not None and not code.co_filename.startswith(ours)


def test_every_suite_is_told_of() -> None:
    told = {found["suite"] for found in LINE.finditer(PAGE.read_text("utf-8"))}
    assert told == set(SUITES.values())


@pytest.mark.skipif(TESTED not in SUITES, reason="no framework with a suite of its own is tested")
def test_the_tally_is_the_one_that_is_told(request: pytest.FixtureRequest) -> None:
    suite = SUITES[TESTED]
    lines = {found["suite"]: found for found in LINE.finditer(PAGE.read_text("utf-8"))}
    told = lines[suite]
    there = NOT_INSTALLED.get(suite) or version(suite)
    if not f"{there}.".startswith(told["version"] + "."):
        pytest.skip(f"told is the tally of {suite} {told['version']}, and {there} is here")
    folder = ROOT / "tests" / "integrations" / TESTED
    every = [
        item for item in request.session.items if folder in item.path.parents and is_of_suite(item)
    ]
    if not every or request.config.option.keyword:
        pytest.skip("this run leaves some of the suite out")
    left = [item for item in every if item.get_closest_marker("skip")]
    assert len(left) == int(told["left"].replace("none", "0"))
    assert len(every) - len(left) == int(told["passed"])
