"""What `import sekha` costs beside `import httpx`, each in a fresh interpreter."""

from __future__ import annotations

import subprocess
import sys
from functools import partial

from compare import Row, in_turn

OURS = "from sekha import SekhaClient, SyncSekhaClient, ClientConfig"


def rows() -> list[Row]:
    def run(code: str) -> None:
        subprocess.run([sys.executable, "-c", code], check=True)

    bare, peer, ours = in_turn(
        partial(run, "pass"), partial(run, "import httpx"), partial(run, OURS), times=1, rounds=21
    )
    return [Row("import the clients and the config", "import httpx", peer - bare, ours - bare, 1.2)]
