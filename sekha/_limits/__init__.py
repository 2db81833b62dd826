"""Rate limit and concurrency limit: the rules, in this process, and shared through Redis."""
