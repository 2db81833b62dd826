"""One request: what it is, how it failed, whether it is sent again, what its answer means."""
