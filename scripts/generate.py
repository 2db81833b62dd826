"""openapi.yaml -> generated/sekha_api, or, with --check, whether the two still agree.

python scripts/generate.py            write
python scripts/generate.py --check    compare only: edited, stale and missing files fail
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml
from tree import compare_trees

ROOT = Path(__file__).resolve().parent.parent
SPEC = ROOT / "openapi.yaml"
TEMPLATES = ROOT / "templates"
PACKAGE = ROOT / "generated" / "sekha_api"


def run(module: str, *arguments: str | Path) -> None:
    command = [sys.executable, "-m", module, *map(str, arguments)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def generate(package: Path) -> None:
    """Write the whole package afresh; what stood there before is gone."""
    shutil.rmtree(package, ignore_errors=True)
    package.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        config = Path(scratch) / "config.yaml"
        config.write_text("post_hooks: []\n")
        run("openapi_python_client", "generate", "--meta", "none", "--fail-on-warning",
            "--path", SPEC, "--custom-template-path", TEMPLATES, "--config", config,
            "--output-path", package)  # fmt: skip
    run("ruff", "check", "--isolated", "--fix-only", "--select", "F401,I", "--silent", package)
    run("ruff", "format", "--isolated", "--line-length", "100", "--silent", package)
    shutil.rmtree(package / ".ruff_cache", ignore_errors=True)
    (package / "py.typed").touch()
    # The contract travels with the code made from it: the embedded controller routes and validates by it.
    contract = json.dumps(yaml.safe_load(SPEC.read_text("utf-8")), ensure_ascii=False, indent=1)
    (package / "openapi.json").write_text(contract + "\n", "utf-8")


def check() -> int:
    with tempfile.TemporaryDirectory() as scratch:
        fresh = Path(scratch) / PACKAGE.name
        generate(fresh)
        differences = compare_trees(expected=fresh, actual=PACKAGE)
    for difference in differences:
        print(f"generated/sekha_api: {difference}", file=sys.stderr)
    if differences:
        print("run `make generate`, and commit what it writes", file=sys.stderr)
    return 1 if differences else 0


def main() -> int:
    parser = argparse.ArgumentParser(description="Write generated/sekha_api from openapi.yaml.")
    parser.add_argument("--check", action="store_true", help="write nothing, fail on drift")
    if parser.parse_args().check:
        return check()
    generate(PACKAGE)
    return 0


if __name__ == "__main__":
    sys.exit(main())
