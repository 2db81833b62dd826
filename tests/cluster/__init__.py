"""Imports, exports and embeddings over a real Dask cluster of processes, whose workers are killed."""
