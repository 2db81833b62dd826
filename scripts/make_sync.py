"""The async code -> its sync twin, or, with --check, whether the two still agree.

    python scripts/make_sync.py            write sekha/_sync and tests/_sync
    python scripts/make_sync.py --check    compare only: edited, stale and missing files fail

A substitution that matches nothing fails in both cases: it is either dead or misspelt.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import unasync
from tree import compare_trees, copy_tree, files_below

ROOT = Path(__file__).resolve().parent.parent
TREES = [
    ("sekha/_async", "sekha/_sync"),
    ("sekha/integrations/_async", "sekha/integrations/_sync"),
    ("tests/_async", "tests/_sync"),
]

# Beyond what the library itself knows (async, await, __aenter__, AsyncIterator, ...).
SUBSTITUTIONS = {
    "_async": "_sync",
    "SekhaClient": "SyncSekhaClient",
    "aclose": "close",
    "AsyncGenerator": "Generator",
    "aread": "read",
    "async_sleep": "sleep",
    "async_time_limit": "time_limit",
    "async_in_thread": "in_thread",
    "async_acquire": "acquire",
    "async_run_in_loop": "run_in_loop",
    "async_gather": "gather",
    "async_current_loop": "current_loop",
    "async_is_closed": "is_closed",
    "async_cancellable": "cancellable",
    "async_check_time_limit": "check_time_limit",
    "async_release": "release",
    "AsyncSlots": "ThreadSlots",
    "asyncio_network": "thread_network",
    "AsyncNetwork": "Network",
    "AsyncPool": "Pool",
    "async_transport_over": "transport_over",
    "AsyncConnectionPool": "ConnectionPool",
    "AsyncHTTPProxy": "HTTPProxy",
    "AsyncSOCKSProxy": "SOCKSProxy",
    "AsyncByteStream": "SyncByteStream",
    "aiter_raw": "iter_raw",
    "async_bounded_map": "bounded_map",
    "async_workers": "workers",
    "set_async_httpx_client": "set_httpx_client",
    "asyncio_detailed": "sync_detailed",
    "AsyncWaiter": "ThreadWaiter",
    "AsyncTransport": "Transport",
    "AsyncHttpxTransport": "HttpxTransport",
    "AiohttpTransport": "Urllib3Transport",
    "aiohttp_transport": "urllib3_transport",
    "AsyncLocalTransport": "LocalTransport",
    "AsyncClient": "Client",
    "AsyncBaseTransport": "BaseTransport",
    "handle_async_request": "handle_request",
}


def convert(source: Path, target: Path) -> set[str]:
    """Write the sync twin of a folder; the substitutions that matched come back."""
    matched: set[str] = set()

    class Recorded(dict[str, str]):
        def __contains__(self, key: object) -> bool:
            found = super().__contains__(key)
            if found and key in SUBSTITUTIONS:
                matched.add(str(key))
            return found

    rule = unasync.Rule(
        fromdir=f"{source}/", todir=f"{target}/", additional_replacements=SUBSTITUTIONS
    )
    rule.token_replacements = Recorded(rule.token_replacements)
    shutil.rmtree(target, ignore_errors=True)
    unasync.unasync_files([str(path) for path in sorted(source.rglob("*.py"))], [rule])
    if target.exists():
        ruff = [sys.executable, "-m", "ruff"]
        settings = ["--quiet", "--config", str(ROOT / "pyproject.toml"), str(target)]
        for tool in (["check", "--select", "I", "--fix"], ["format"]):
            subprocess.run([*ruff, *tool, *settings], check=True, cwd=ROOT)
    return matched


def convert_all(base: Path) -> set[str]:
    matched: set[str] = set()
    for source, target in TREES:
        matched |= convert(ROOT / source, base / target)
    return matched


def write() -> set[str]:
    with tempfile.TemporaryDirectory() as scratch:
        matched = convert_all(Path(scratch))
        for _, target in TREES:
            copy_tree(source=Path(scratch) / target, target=ROOT / target)
    return matched


def check() -> list[str]:
    differences: list[str] = []
    with tempfile.TemporaryDirectory() as scratch:
        matched = convert_all(Path(scratch))
        for source, target in TREES:
            (ROOT / target).mkdir(parents=True, exist_ok=True)
            differences += [
                f"{target}/{line}"
                for line in compare_trees(expected=Path(scratch) / target, actual=ROOT / target)
            ]
            not_python = [name for name in files_below(ROOT / source) if not name.endswith(".py")]
            differences += [f"{source}/{name}: is not Python" for name in not_python]
    return differences + unmatched(matched)


def unmatched(matched: set[str]) -> list[str]:
    return [f"substitution {name!r} matched nothing" for name in SUBSTITUTIONS.keys() - matched]


def main() -> int:
    parser = argparse.ArgumentParser(description="Write the sync twin of the async code.")
    parser.add_argument("--check", action="store_true", help="write nothing, fail on drift")
    if parser.parse_args().check:
        problems = check()
        if problems:
            problems.append("run `make generate`, and commit what it writes")
    else:
        problems = unmatched(write())
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
