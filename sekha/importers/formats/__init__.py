"""One module for each format: how its records are known, and what they become."""
