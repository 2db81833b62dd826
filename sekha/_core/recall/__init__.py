"""Hybrid retrieval: candidates from words and vectors, ranked together."""
