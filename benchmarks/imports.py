"""What `import sekha` costs beside `import httpx`, each in a fresh interpreter."""

from __future__ import annotations

import subprocess
import sys

from compare import Row, side_by_side

OURS = "from sekha import SekhaClient, SyncSekhaClient, ClientConfig"


def rows() -> list[Row]:
    def run(code: str) -> None:
        subprocess.run([sys.executable, "-c", code], check=True)

    return [
        side_by_side(
            "import SekhaClient, SyncSekhaClient, ...",
            "import httpx",
            lambda: run("import httpx"),
            lambda: run(OURS),
            times=2,
            goal=1.2,
        )
    ]
