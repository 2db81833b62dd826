"""What all adapters store with; the sync twin is made from it."""
