"""Each extra alone in a fresh environment: what it gives works, and without it an error says what to install.

    python scripts/extras.py [EXTRA ...]

Takes uv if there is one, otherwise pip, and a minute or more for all of them.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import tomllib
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CONFIG = "from sekha import ClientConfig, SyncSekhaClient\nc = ClientConfig(api_key='k' * 32%s)\n"
OPEN = CONFIG + "SyncSekhaClient(c).close()"
ADAPTERS = (
    *("agent-framework", "anthropic", "google-adk", "langchain", "langgraph", "llama-index"),
    *("mcp", "openai", "openai-agents", "pydantic-ai"),
)
USES = {
    "local": "from sekha import MessageDto, NewConversation, SyncSekhaClient\n"
    "with SyncSekhaClient.local() as c:\n"
    "    c.create_conversation(NewConversation('L', [MessageDto('user', 'boat')]))\n"
    "    assert c.recall('boat').results",
    "fast": OPEN % ", http_backend='fast'",
    "socks": CONFIG
    % ", http_backend='httpx', proxy='socks5://127.0.0.1:9', max_retries=0"
    + "from sekha import SekhaConnectionError\n"
    "try:\n    SyncSekhaClient(c).health()\nexcept SekhaConnectionError:\n    pass",
    "importers": "from sekha._storage.import_index import default_path\n"
    "from sekha.importers.streaming import load_ijson\n"
    "load_ijson()\ndefault_path('http://127.0.0.1:9')",
    "parquet": "import io\nfrom sekha._storage.parquet import ParquetFile\nParquetFile(io.BytesIO())",
    "redis": "from sekha._limits.shared import shared_limits_for\n"
    "shared_limits_for('redis://127.0.0.1:9', 'http://127.0.0.1:9', fallback=True)",
    "distributed": "import sekha.distributed",
    "watch": "import pathlib\nfrom importlib.util import find_spec\nfrom sekha.cli import main\n"
    "find_spec('rich') or main()\n"
    "from sekha.cli.watch import changes\nassert next(changes(pathlib.Path('.'))) == set()",
    "browse": "import sekha.browse",
    "otel": OPEN % ", tracing=True",
    "cli": "import sys\nfrom sekha.cli import main\nsys.argv[1:] = ['--help']\nmain()",
    **{extra: f"import sekha.integrations.{extra.replace('-', '_')}" for extra in ADAPTERS},
}
"""A program for each extra that cannot do without it."""
ASIDE = {
    "docs": "for working on this package",
    "notebooks": "for running the notebooks",
    "release": "for working on this package",
    "embedders": "several gigabytes",
    "bench": "for the benchmarks only",
    "dev": "for working on this package",
    "dev-integrations": "for working on this package",
}


def declared() -> set[str]:
    """The extras of pyproject.toml."""
    with open(ROOT / "pyproject.toml", "rb") as file:
        return set(tomllib.load(file)["project"]["optional-dependencies"])


def environment(folder: Path, extra: str) -> Path:
    """A fresh environment with this package and one extra, or none; its Python."""
    wanted = f"{ROOT}[{extra}]" if extra else str(ROOT)
    python = folder / "bin" / "python"
    if uv := shutil.which("uv"):
        subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, str(folder)], check=True)
        install = [uv, "pip", "install", "--quiet", "--python", str(python), wanted]
    else:
        venv.create(folder, with_pip=True)
        install = [str(python), "-m", "pip", "install", "--quiet", wanted]
    subprocess.run(install, check=True)
    return python


def run(python: Path, program: str, folder: Path) -> subprocess.CompletedProcess[str]:
    # Not from here, where all of this package's sources can be imported.
    command = [str(python), "-I", "-c", program]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)


def trouble_with(extra: str, top: Path, bare: Path) -> str:
    """What is wrong with an extra; empty if nothing is."""
    folder = top / extra
    folder.mkdir()
    without = run(bare, USES[extra], folder)
    said = without.stderr.strip().rpartition("\n")[2]
    if without.returncode == 0 or "pip install" not in said or f"sekha-memory[{extra}]" not in said:
        # The command line needs what it is made with before anything else of it.
        if extra != "watch" or "sekha-memory[cli]" not in said:
            return f"without it: {said or 'no error'}"
    used = run(environment(folder / "venv", extra), USES[extra], folder)
    return used.stderr.strip() if used.returncode else ""


def main(extras: list[str]) -> int:
    if declared() != {*USES, *ASIDE}:
        print(f"neither tried nor left aside: {sorted(declared() ^ {*USES, *ASIDE})}")
        return 1
    failed = 0
    with tempfile.TemporaryDirectory() as name:
        top = Path(name)
        bare = environment(top / "bare", "")
        for extra in extras or USES:
            trouble = trouble_with(extra, top, bare)
            failed += bool(trouble)
            print(f"{extra}: {trouble or 'works alone'}", flush=True)
            shutil.rmtree(top / extra)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
