"""Import exports with several processes that keep one controller's limits together.

    python examples/distributed_import.py [FILE ...]

Starts a Dask cluster on this machine; with DASK_SCHEDULER=tcp://... set, it uses the one that is
there. Needs the extra `distributed`, a Redis, whose URL is in SEKHA_SHARED_LIMITS, and a controller
(SEKHA_BASE_URL and SEKHA_API_KEY). SEKHA_RATE_LIMIT says how many requests a minute that one takes
from all of them, 1000 if it is not set. The journals are in SEKHA_JOURNALS, a folder that all
processes reach, ./journals if it is not set: stop it at any time, and it goes on where it was.
"""

import os
import sys
from contextlib import ExitStack
from pathlib import Path

from sekha import ClientConfig, SekhaError, SyncSekhaClient

DEMO_DATA = Path(__file__).parent / "data" / "conversations.json"
WORKERS = 2
PART_BYTES = 16_000
"""Small, so that the demo data makes several parts."""


def settings() -> ClientConfig:
    """The settings of all workers. They pickle; the key is in no text that Dask shows or logs."""
    url = os.environ.get("SEKHA_SHARED_LIMITS")
    if not url:
        sys.exit("set SEKHA_SHARED_LIMITS to the redis:// URL that all workers share")
    limit = int(os.environ.get("SEKHA_RATE_LIMIT", "1000"))
    return ClientConfig.load(shared_limits=url, rate_limit_requests=limit)


def main(arguments: list[str]) -> int:
    config = settings()
    paths = [Path(each) for each in arguments] or [DEMO_DATA]
    try:
        from distributed import Client, LocalCluster

        from sekha.distributed import PartsProgress, import_files
    except ImportError:
        sys.exit('this example needs Dask: pip install "sekha-memory[distributed]"')

    def tell(progress: PartsProgress) -> None:
        print(f"  {progress.done} of {progress.total} parts")

    with ExitStack() as stack:
        try:
            with SyncSekhaClient(config) as client:
                before = client.count()
            address = os.environ.get("DASK_SCHEDULER") or stack.enter_context(
                LocalCluster(n_workers=WORKERS, processes=True, dashboard_address=None)
            )
            dask = stack.enter_context(Client(address))
            run = import_files(
                dask,
                config,
                paths,
                journals=os.environ.get("SEKHA_JOURNALS", "journals"),
                part_bytes=PART_BYTES,
            )
            done = run.result(tell)
            with SyncSekhaClient(config) as client:
                after = client.count()
        except (ImportError, SekhaError) as error:
            sys.exit(str(error))
    report = done.report
    print(f"Imported {report.stored}, known {report.already + report.unchanged}, ", end="")
    print(f"failed {report.failed}, skipped {done.count.skipped}")
    for failure in report.failures:
        print(f"  {failure.where}: {failure.reason}")
    print(f"The controller holds {after} conversations, {before} before")
    return 0 if report.complete else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
