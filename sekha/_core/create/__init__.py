"""Creates: outcomes that are unknown, and text that cannot be stored as it is."""
