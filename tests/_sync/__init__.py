"""What both clients do: written for the async one, made for the sync one from it."""
