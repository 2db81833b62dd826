"""What acts, written by hand; sekha/_sync is made from it by scripts/make_sync.py."""
