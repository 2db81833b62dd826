from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from conftest import ROOT
from support.command_server import write_command
from support.stand_ins import PROGRAMS


@pytest.fixture(scope="session")
def commands(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with the commands that pages use."""
    folder = tmp_path_factory.mktemp("bin")
    path = str(tmp_path_factory.mktemp("s") / "s")
    write_command(folder / "sekha-memory-once", path)
    # Others would use another terminal for a server.
    (folder / "sekha-memory").write_text(
        "#!/bin/bash\n"
        'case "$*" in serve*|*"--transport http"*)\n'
        '    sekha-memory-once "$@" > server.log 2>&1 &\n'
        "    echo $! >> servers\n"
        "    for _ in {1..300}; do\n"
        "        [ ! -s server.log ] || exit 0; sleep 0.1; kill -0 $! || exit 1\n"
        "    done; exit 1 ;;\n"
        "esac\n"
        'exec sekha-memory-once "$@"\n'
    )
    (folder / "sekha-memory").chmod(0o755)
    for name in PROGRAMS:
        stand_in = folder / name
        stand_in.write_text(
            f'#!/bin/sh\nexec "{sys.executable}" -I "{ROOT}/tests/support/stand_ins.py" {name} "$@"\n'
        )
        stand_in.chmod(0o755)
    server = subprocess.Popen(
        [sys.executable, "-m", "support.command_server", path],
        cwd=ROOT / "tests",
        stdout=subprocess.PIPE,
    )
    with server:
        assert server.stdout is not None and server.stdout.readline() == b"ready\n"
        yield folder
        server.terminate()
