"""kill -9 of the workers of a Dask cluster in the middle of an import over it, again and again.

    python benchmarks/killed_workers.py [--conversations 2000] [--kills 6] [--files 4] [--seed 1]

Two processes import into `sekha-memory serve` on a file, with a Redis for their limits; every so many
conversations one of them is killed. At the end every conversation must be stored exactly once, those
that are equal on purpose as often as the files have them.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

import dask
from distributed import Client, LocalCluster
from texts import messages

from cluster.conftest import Cluster, killing
from sekha import ClientConfig, SekhaError, SyncSekhaClient
from sekha.distributed import import_files
from support.import_files import sharegpt_record
from support.redis_server import RedisServer, free_port

KEY = "obviously-fake-key-of-killed-workers-0001"
EACH = 10
EQUAL = 10
"""One in so many conversations of a file is equal to another."""


def written(folder: Path, conversations: int, files: int) -> tuple[list[Path], Counter[str]]:
    """Files without ids, and how often each conversation of them is to be stored."""
    texts = messages(conversations * EACH, seed=7)
    expected: Counter[str] = Counter()
    paths = []
    for number in range(files):
        lines = []
        for at in range(number, conversations, files):
            own = texts[at * EACH : (at + 1) * EACH]
            first = f"conversation {at}: {own[0]}"
            if (at // files) % EQUAL == 0:
                first, own = f"equal in file {number}", ["the same"] * EACH
            turns = [first, *own[1:]]
            lines.append(sharegpt_record(*zip(("human", "gpt") * (EACH // 2), turns, strict=True)))
            expected[first] += 1
        path = folder / f"export-{number}.jsonl"
        path.write_text("".join(json.dumps(each) + "\n" for each in lines))
        paths.append(path)
    return paths, expected


def run(conversations: int, kills: int, files: int, seed: int) -> dict[str, Any]:
    """Import with kills; what came of it."""
    chance = random.Random(seed)
    moments = sorted(chance.randrange(conversations * 9 // 10) for _ in range(kills))
    with tempfile.TemporaryDirectory() as name, RedisServer(Path(name)) as redis:
        folder = Path(name)
        paths, expected = written(folder, conversations, files)
        url = f"http://127.0.0.1:{(port := free_port())}"
        command = [sys.executable, "-m", "sekha.cli", "serve", "--path", str(folder / "memory.db")]
        server = subprocess.Popen(
            [*command, "--port", str(port)],
            env={**os.environ, "SEKHA_API_KEY": KEY},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        config = ClientConfig(
            api_key=KEY, base_url=url, rate_limit_requests=None, shared_limits=redis.url
        )
        try:
            with SyncSekhaClient(config) as client:
                wait_for(client)
                settings = {"temporary-directory": name}
                # A cluster on one machine drops a worker that is not back in time.
                settings["distributed.deploy.lost-worker-timeout"] = "1h"
                with (
                    dask.config.set(settings),
                    LocalCluster(
                        n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0"
                    ) as local,
                    Client(local) as connected,
                ):
                    cluster = Cluster(local, connected)
                    began = time.perf_counter()
                    size = max(path.stat().st_size for path in paths) // 4 + 1
                    with killing(cluster, *(at(client, moment) for moment in moments)):
                        given = import_files(
                            connected, config, paths, journals=folder / "journals", part_bytes=size
                        )
                        done = given.result()
                    took = time.perf_counter() - began
                stored = Counter(each["messages"][0]["content"] for each in client.iter_export())
        finally:
            server.terminate()
            server.wait()
    return {
        "parts": done.parts,
        "workers killed": len(cluster.killed),
        "conversations": expected.total(),
        "of these equal to another": expected.total() - len(expected),
        "stored": stored.total(),
        "by the last worker at their part": done.report.stored,
        "of these found when looked up": done.report.recovered,
        "by those before it": done.report.already + done.report.unchanged,
        "twice": (stored - expected).total(),
        "lost": (expected - stored).total(),
        "failed": done.report.failed,
        "seconds": round(took, 1),
    }


def at(client: SyncSekhaClient, count: int) -> Any:
    return lambda: client.count() >= count


def wait_for(client: SyncSekhaClient) -> None:
    for _ in range(300):
        try:
            client.health()
            return
        except SekhaError:
            time.sleep(0.1)
    raise SystemExit("the controller does not answer")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--conversations", type=int, default=2000)
    parser.add_argument("--kills", type=int, default=6)
    parser.add_argument("--files", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    figures = run(**vars(parser.parse_args()))
    for name, value in figures.items():
        print(f"{name:32} {value}")
    return 1 if figures["twice"] or figures["lost"] or figures["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
