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
from typing import Any

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
    document = yaml.safe_load(SPEC.read_text("utf-8"))
    contract = json.dumps(document, ensure_ascii=False, indent=1)
    (package / "openapi.json").write_text(contract + "\n", "utf-8")
    (package / "results.py").write_text(results_module(document), "utf-8")
    run("ruff", "format", "--isolated", "--line-length", "100", "--silent", package / "results.py")


KEPT = ("$ref", "type", "required", "items", "anyOf", "properties", "additionalProperties")


def results_module(document: dict[str, Any]) -> str:
    """What each operation answers when it succeeds, as a module: a client checks every answer by it,
    and reading it from JSON would hold up the first one."""
    results: dict[str, dict[int, Any]] = {}
    for item in document["paths"].values():
        for method, operation in item.items():
            if method == "parameters":
                continue
            results[operation["operationId"]] = {
                int(status): _content(answer)
                for status, answer in operation["responses"].items()
                if status.startswith("2")
            }
    named = document["components"]["schemas"]
    used: dict[str, Any] = {}

    def use(node: Any) -> None:
        if isinstance(node, list):
            for each in node:
                use(each)
        elif isinstance(node, dict):
            for each in node.values():
                use(each)
            name = str(node.get("$ref", "")).rpartition("/")[2]
            if name and name not in used:
                used[name] = _bare(named[name])
                use(used[name])

    use(results)
    return (
        '"""What operations answer when they succeed, by operationId and status: the schema of the '
        'JSON, \n"text", or None for no body"""\n\nfrom __future__ import annotations\n\n'
        "from typing import Any\n\n"
        f"RESULTS: dict[str, dict[int, Any]] = {results!r}\n\n"
        f"SCHEMAS: dict[str, dict[str, Any]] = {dict(sorted(used.items()))!r}\n"
    )


def _content(answer: dict[str, Any]) -> Any:
    content = answer.get("content", {})
    if "application/json" in content:
        return _bare(content["application/json"]["schema"])
    return "text" if content else None


def _bare(schema: Any) -> Any:
    """A schema without what says nothing of the types."""
    if not isinstance(schema, dict):
        return schema
    bare = {name: schema[name] for name in KEPT if name in schema}
    if "properties" in bare:
        bare["properties"] = {name: _bare(each) for name, each in schema["properties"].items()}
    if "items" in bare:
        bare["items"] = _bare(schema["items"])
    if "anyOf" in bare:
        bare["anyOf"] = [_bare(each) for each in schema["anyOf"]]
    if "$ref" in bare:
        bare["$ref"] = schema["$ref"].rpartition("/")[2]
    return bare


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
