# Two commands do it all on a machine with Python 3.11+, git and make: `make run` and `make test`.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

# More processes than processors: many tests wait.
PYTEST_ARGS ?= --dist worksteal -n $(shell $(PYTHON) -c "import os; print((os.cpu_count() or 1) + 2)")

.DEFAULT_GOAL := help

INTEGRATIONS := .venv-integrations
RELEASE := .venv-release
FRAMEWORKS := agent-framework anthropic google-adk langchain langgraph llama-index mcp openai \
	openai-agents pydantic-ai
# What the tests of a framework need that its extra does not bring.
TESTS_OF_langchain := langchain-tests
TESTS_OF_langgraph := langgraph

.PHONY: help run test compiled test-integrations test-extras test-mcp-conformance coverage lint check-drift generate docs record bench bench-full bench-scale bench-check long-life release-check clean

help:  ## say what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 16

$(READY): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade pip
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[dev]"
	@touch $@

run: $(READY)  ## store, find, assemble and export conversations on the embedded controller (DATA=FILE for your own)
	$(BIN)/python examples/tour.py $(if $(DATA),"$(DATA)")

test: $(READY)  ## everything that CI checks
	$(MAKE) --no-print-directory -j 2 lint check-drift compiled
	$(BIN)/python -m pytest $(PYTEST_ARGS)

# As what pip installs is, and the tests as pytest rewrites them: each process of a run reads all of
# them, and not every machine lets Python write bytecode as it goes.
unexport PYTHONDONTWRITEBYTECODE
compiled: $(READY)
	$(BIN)/python -m compileall -q sekha generated pytest_sekha
	$(BIN)/python -m pytest --collect-only --quiet --quiet >/dev/null

# One framework after the other: some exclude each other, and the machine may be small.
test-integrations:  ## the adapters, each with its framework in an environment of its own (FRAMEWORKS=... for some)
	@set -e; for name in $(FRAMEWORKS); do $(MAKE) --no-print-directory test-integration-$$name; done

# uv, where there is one, does in seconds what takes pip minutes.
$(INTEGRATIONS)/%/.ready: pyproject.toml
	$(PYTHON) -m venv $(INTEGRATIONS)/$*
	$(if $(shell command -v uv),uv pip install --python $(INTEGRATIONS)/$*/bin/python,$(INTEGRATIONS)/$*/bin/python \
		-m pip install --disable-pip-version-check) --quiet -e ".[$*,dev-integrations]" $(TESTS_OF_$*)
	@touch $@

.PRECIOUS: $(INTEGRATIONS)/%/.ready
test-integration-%: $(INTEGRATIONS)/%/.ready
	$(INTEGRATIONS)/$*/bin/python -m mypy sekha/integrations/$(subst -,_,$*)$(if $(filter mcp,$*),,.py)
	SEKHA_TEST_INTEGRATION=$* $(INTEGRATIONS)/$*/bin/python -m pytest -ra --quiet tests/integrations

test-extras: $(READY)  ## each extra alone in a fresh environment, and what is said where it is missing (EXTRAS=... for some)
	$(BIN)/python scripts/extras.py $(EXTRAS)

# Wants npm. What does not pass on purpose stands in tests/integrations/mcp/conformance.yml.
test-mcp-conformance: $(INTEGRATIONS)/mcp/.ready  ## the Model Context Protocol's own suite, on the MCP server
	$(INTEGRATIONS)/mcp/bin/python scripts/mcp_conformance.py

coverage: $(READY)  ## branch coverage of what runs in one process, without the slow tests; fails under the bound
	$(BIN)/python -m pytest $(PYTEST_ARGS) -m "not slow" --cov --cov-report=term:skip-covered \
		tests/unit tests/_async tests/local tests/importers tests/cli

lint: $(READY)  ## style, import order and types; black and isort change nothing either
	$(BIN)/ruff check --quiet sekha pytest_sekha scripts tests examples benchmarks
	$(BIN)/ruff format --check --quiet sekha pytest_sekha scripts tests examples benchmarks
	$(BIN)/black --check --quiet sekha
	$(BIN)/isort --check --quiet sekha
	$(BIN)/mypy sekha/ pytest_sekha/
	$(BIN)/mypy examples/ scripts/

check-drift: $(READY)  ## fail if generated code and what it is made from disagree
	$(BIN)/python scripts/generate.py --check
	$(BIN)/python scripts/make_sync.py --check
	$(BIN)/python scripts/command_reference.py --check

generate: $(READY)  ## openapi.yaml -> generated/, _async -> _sync, the command line -> its page
	$(BIN)/python scripts/generate.py
	$(BIN)/python scripts/make_sync.py
	$(BIN)/python scripts/command_reference.py

docs: $(READY)  ## the documentation in site/: built strictly, links checked, nothing fetched
	$(BIN)/zensical build --clean --strict
	$(BIN)/python scripts/finish_site.py

record: $(READY)  ## record the cassettes anew from SEKHA_BASE_URL, an empty controller, with SEKHA_API_KEY
	$(BIN)/python -m pytest tests/_sync/cassettes --record -p no:xdist

bench: $(READY)  ## ratios beside plain httpx, aiohttp, chromadb and SQLite, on one table
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[bench]"
	$(BIN)/python benchmarks/bench.py

bench-full: $(READY)  ## the same, with 100,000 conversations to read
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[bench]"
	$(BIN)/python benchmarks/bench.py --full

bench-scale: $(READY)  ## how cost grows up to 1,000,000 messages: figures and a plot in docs
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[bench]"
	$(BIN)/python benchmarks/scale.py --results docs/scale.json --plot docs/scale.svg

long-life: $(READY)  ## a day of use of one memory file by four processes, in ten minutes (LENGTH=600 seconds)
	$(BIN)/python benchmarks/long_life.py --seconds $(or $(LENGTH),600)

bench-check: $(READY)  ## the quick ratios; fails if one is far over its goal
	$(BIN)/python -m compileall -q sekha generated pytest_sekha
	$(BIN)/python benchmarks/bench.py --check

$(RELEASE)/.ready: pyproject.toml
	$(PYTHON) -m venv $(RELEASE)
	$(RELEASE)/bin/python -m pip install --quiet --disable-pip-version-check -e ".[release]"
	@touch $@

release-check: $(RELEASE)/.ready  ## whether a release can go out: built, checked, installed and tried on each Python (TAG=v0.1.0)
	$(RELEASE)/bin/python scripts/release_check.py $(if $(TAG),--tag $(TAG))

clean:
	rm -rf $(VENV) $(INTEGRATIONS) $(RELEASE) .cache build dist site .mypy_cache .pytest_cache
