"""Distributed import, export and embedding: many workers of a Dask cluster, one controller.

    with LocalCluster() as cluster, Client(cluster) as dask:
        run = import_files(dask, config, ["chatgpt.zip"], journals="/shared/journals")
        progress(run.futures)
        print(run.result().report.stored)

The work is cut into parts. A worker that dies in the middle of one takes nothing with it: Dask gives
the part to another, which goes on where the first was. Needs the extra `distributed`.
"""

from .._core.transfer.shares import ReadCount
from ..integrations._missing import requires

with requires("distributed"):
    import distributed as _dask  # noqa: F401
    import pyarrow as _arrow  # noqa: F401

from .embedding import EmbedReport, embed, reembed
from .exporting import ExportParts, export_parts
from .importing import ImportParts, import_files
from .run import PartsProgress, Run
from .stored_vectors import StoredVectors

__all__ = [
    "EmbedReport",
    "ExportParts",
    "ImportParts",
    "PartsProgress",
    "ReadCount",
    "Run",
    "StoredVectors",
    "embed",
    "export_parts",
    "import_files",
    "reembed",
]
